// What people are shown of a state: its structure, and nothing that opens anything.
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { maskedText, shownState } from "../../../src/app/workspaces/shown-state.ts";

const token = "pw_agent_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcdefg";

function terraformState(tfstate: unknown): unknown {
  return {
    driver: "terraform",
    exists: true,
    tfstate: gzipSync(JSON.stringify(tfstate)).toString("base64"),
    agents: [{ id: "one", name: "main", token, bootstrap: "#!/bin/sh" }],
  };
}

const instance = (attributes: unknown, marks: unknown = []): unknown => ({
  version: 4,
  outputs: {},
  resources: [
    {
      mode: "managed",
      type: "thing",
      name: "a",
      instances: [{ attributes, sensitive_attributes: marks, private: "cHJpdmF0ZQ==" }],
    },
  ],
});

it("an agent's token is masked wherever it stands, and the rest is as it was", () => {
  const state = shownState(terraformState(instance({ id: "7", env: [`PREWARM_AGENT_TOKEN=${token}`], size: 3 })));
  expect(JSON.stringify(state)).not.toContain(token);
  expect(state).toMatchObject({
    driver: "terraform",
    agents: [{ id: "one", name: "main", token: maskedText, bootstrap: "#!/bin/sh" }],
    tfstate: {
      version: 4,
      resources: [{ instances: [{ attributes: { id: "7", env: [`PREWARM_AGENT_TOKEN=${maskedText}`], size: 3 } }] }],
    },
  });
});

it.each([0, 1, 2])("a token within base64 is masked, %i bytes after the beginning of a group", (skipped) => {
  const userData = Buffer.from(`${"x".repeat(skipped)}${token} and more`).toString("base64");
  const shown = JSON.stringify(shownState(terraformState(instance({ user_data: userData }))));
  const [text = ""] = /[A-Za-z0-9+/=]{24,}/.exec(shown.replaceAll(maskedText, " ")) ?? [];
  expect(Buffer.from(text, "base64").toString()).not.toContain(token.slice(9, 40));
  expect(shown).toContain(maskedText);
});

it("a token that the state's own list does not name is known by its form", () => {
  expect(shownState({ note: `curl -H "Bearer ${token}"` })).toEqual({ note: `curl -H "Bearer ${maskedText}"` });
});

it("what Terraform marks as sensitive is masked, in outputs and in attributes, and what providers keep", () => {
  const tfstate = instance({ id: "7", settings: { a: "hush" }, plain: "seen" }, [
    [
      { type: "get_attr", value: "settings" },
      { type: "get_attr", value: "a" },
    ],
  ]) as Record<string, unknown>;
  const outputs = { open: { value: "seen too" }, closed: { value: "hush", sensitive: true } };
  const text = JSON.stringify(shownState(terraformState({ ...tfstate, outputs })));
  expect(text).not.toMatch(/hush|cHJpdmF0ZQ/);
  expect(text).toMatch(/"plain":"seen".*|seen too/);
});

it("a path to everything masks every attribute", () => {
  const text = JSON.stringify(shownState(terraformState(instance({ one: "hush", two: "hush" }, [[]]))));
  expect(text).not.toContain("hush");
});

it("a value with the name of a secret is masked, whatever marks it", () => {
  const attributes = {
    password: "hush",
    db: { client_secret: "hush" },
    private_key: "hush",
    token_count: 4,
    keys: "x",
  };
  const text = JSON.stringify(shownState(terraformState(instance(attributes))));
  expect(text).not.toContain("hush");
  expect(text).toContain('"token_count":4,"keys":"x"');
});

it.each([
  null,
  "text",
  7,
  [{ made: 3 }],
  { made: 3 },
  { tfstate: null },
])("a state of another shape is shown as it is: %j", (state) => {
  expect(shownState(state)).toEqual(state);
});
