import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { tarArchive } from "../support/tar-archive.ts";

let server: TestServer;
let member: Client;

beforeAll(async () => {
  server = await startTestServer({ templateUploadMaxBytes: 200_000 });
  member = await server.member("mia");
});

afterAll(async () => server.stop());

async function refusal(work: Promise<unknown>): Promise<CodedError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error("It was not refused.");
}

async function push(manifest: string, template = "sample"): Promise<unknown> {
  const bytes = new Uint8Array(tarArchive([{ path: "template.yaml", content: manifest }]));
  return server.admin.call("pushTemplate", { params: { template }, bytes });
}

const preset = (body: string): string => `driver: process\npresets:\n  - name: small\n${body}`;
const prebuilds = (body: string): string => preset(`    prebuilds:\n      instances: 1\n${body}`);
const schedule = (...rows: readonly string[]): string =>
  prebuilds(
    `      scheduling:\n        timezone: Europe/Berlin\n        schedule:\n${rows.map((row) => `          - { cron: "${row}", instances: 2 }\n`).join("")}`,
  );

describe("template.yaml is refused with file, line and field when", () => {
  test.each([
    ["it is no YAML", "driver: [process", ""],
    ["it has the same key twice", "driver: process\ndriver: fake\n", ""],
    ["the driver is missing", "name: x\n", "driver"],
    ["the driver is unknown", "driver: warp\n", "driver"],
    ["a field is unknown", "driver: process\ncolour: red\n", "colour"],
    ["the name has odd characters", "driver: process\nname: 'a b'\n", "name"],
    ["a parameter has no name", "driver: process\nparameters:\n  - type: string\n", "parameters[0].name"],
    [
      "a parameter's type is unknown",
      "driver: process\nparameters:\n  - { name: a, type: date }\n",
      "parameters[0].type",
    ],
    [
      "two parameters have one name",
      "driver: process\nparameters:\n  - { name: a }\n  - { name: a }\n",
      "parameters[1].name",
    ],
    [
      "a default is no number",
      "driver: process\nparameters:\n  - { name: a, type: number, default: many }\n",
      "parameters[0].default",
    ],
    [
      "a pattern is no regular expression",
      "driver: process\nparameters:\n  - { name: a, validation: { regex: '(' } }\n",
      "parameters[0].validation.regex",
    ],
    ["a preset has no name", "driver: process\npresets:\n  - default: true\n", "presets[0].name"],
    [
      "two presets are the default",
      "driver: process\npresets:\n  - { name: a, default: true }\n  - { name: b, default: true }\n",
      "presets[1].default",
    ],
    ["two presets have one name", "driver: process\npresets:\n  - { name: a }\n  - { name: a }\n", "presets[1].name"],
    ["a preset's description is too long", preset(`    description: "${"x".repeat(129)}"\n`), "presets[0].description"],
    ["a preset names an unknown parameter", preset("    parameters: { zone: eu }\n"), 'presets[0].parameters["zone"]'],
    [
      "a preset with a pool leaves a required parameter open",
      "driver: process\nparameters:\n  - { name: a }\npresets:\n  - { name: small, prebuilds: { instances: 1 } }\n",
      'presets[0].parameters["a"]',
    ],
    ["instances are missing", preset("    prebuilds: {}\n"), "presets[0].prebuilds.instances"],
    ["instances are negative", preset("    prebuilds: { instances: -1 }\n"), "presets[0].prebuilds.instances"],
    [
      "the TTL is too short",
      prebuilds("      expiration_policy: { ttl: 60 }\n"),
      "presets[0].prebuilds.expiration_policy.ttl",
    ],
    [
      "the time zone is unknown",
      prebuilds(
        '      scheduling:\n        timezone: Mars/Olympus\n        schedule:\n          - { cron: "* 9 * * 1", instances: 1 }\n',
      ),
      "presets[0].prebuilds.scheduling.timezone",
    ],
    [
      "there is no schedule",
      prebuilds("      scheduling: { timezone: UTC, schedule: [] }\n"),
      "presets[0].prebuilds.scheduling.schedule",
    ],
    ["a cron has six fields", schedule("* 9 * * 1 2026"), "presets[0].prebuilds.scheduling.schedule[0].cron"],
    ["a cron names a minute", schedule("5 9 * * 1"), "presets[0].prebuilds.scheduling.schedule[0].cron"],
    ["schedules overlap", schedule("* 9-14 * * *", "* 12-18 * * *"), "presets[0].prebuilds.scheduling.schedule[1]"],
    ["two agents have one name", "driver: process\nagents:\n  - { name: a }\n  - { name: a }\n", "agents[1].name"],
    [
      "a hook has no script",
      "driver: process\nagents:\n  - { name: a, hooks: { prewarm: { timeout: 5 } } }\n",
      "agents[0].hooks.prewarm.run",
    ],
  ])("%s", async (_, manifest, field) => {
    const error = await refusal(push(manifest));
    expect(error.code).toBe("invalid_manifest");
    expect(error.problems.map((problem) => problem.field).join(" ")).toContain(field);
    expect(error.problems[0]).toMatchObject({
      file: "template.yaml",
      line: expect.any(Number),
      reason: expect.any(String),
    });
    expect(error.next).not.toBe("");
  });
});

describe("an archive is refused when", () => {
  test.each([
    ["an entry leaves it", tarArchive([{ path: "../evil", content: "x" }])],
    ["an entry is a link", tarArchive([{ path: "link", type: "SymbolicLink", linkpath: "/etc/passwd" }])],
    ["it unfolds into more than it may", gzipSync(Buffer.alloc(120 * 1_048_576))],
  ])("%s", async (_, archive) => {
    const bytes = new Uint8Array(archive);
    const error = await refusal(server.admin.call("pushTemplate", { params: { template: "evil" }, bytes }));
    expect(error.code).toBe("invalid_archive");
  });

  test("it has no template.yaml", async () => {
    const bytes = new Uint8Array(tarArchive([{ path: "readme.md", content: "x" }]));
    const error = await refusal(server.admin.call("pushTemplate", { params: { template: "empty" }, bytes }));
    expect(error.code).toBe("invalid_manifest");
  });

  test("it is no archive at all", async () => {
    const bytes = new TextEncoder().encode("hello");
    const error = await refusal(server.admin.call("pushTemplate", { params: { template: "text" }, bytes }));
    expect(error.code).toBe("invalid_archive");
  });

  test("it is larger than an upload may be", async () => {
    const bytes = new Uint8Array(300_000);
    const error = await refusal(server.admin.call("pushTemplate", { params: { template: "large" }, bytes }));
    expect(error.code).toBe("too_large");
  });
});

test("nothing of a refused template is stored", async () => {
  await refusal(push("driver: warp\n", "never"));
  const { templates } = await server.admin.call("listTemplates", {});
  expect(templates.map((template) => template.name)).not.toContain("never");
});

describe("a creation is refused when", () => {
  test.each([
    ["the template does not exist", { name: "a", template: "nothing" }, "not_found"],
    ["the name has odd characters", { name: "a/b", template: "nothing" }, "invalid_request"],
    ["the name is too long", { name: "a".repeat(33), template: "nothing" }, "invalid_request"],
    ["the mode is unknown", { name: "a", template: "nothing", mode: "hot" as never }, "invalid_request"],
    ["the wait is too long", { name: "a", template: "nothing", waitMs: 10_000_000 }, "invalid_request"],
    ["a field is unknown", { name: "a", template: "nothing", color: "red" } as never, "invalid_request"],
  ])("%s", async (_, body, code) => {
    expect((await refusal(member.call("createWorkspace", { body }))).code).toBe(code);
  });

  test("its template has not been imported yet", async () => {
    await push("driver: process\n", "fresh");
    const error = await refusal(member.call("createWorkspace", { body: { name: "a", template: "fresh" } }));
    expect(error.code).toBe("template_not_ready");
  });
});

test("a body that is no JSON is refused with a coded error", async () => {
  const answer = await fetch(new URL("/api/v1/auth/login", server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{",
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: "invalid_request" } });
});
