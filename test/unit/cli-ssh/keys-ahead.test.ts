import { expect, test } from "vitest";
import { keysKnown, type KnownWorkspaces, withKeys, withoutPrefix } from "../../../src/cli/ssh/keys-ahead.ts";
import { withHostKey } from "../../../src/cli/ssh/known-hosts.ts";

const key = (letter: string): string => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)}`;
const dev = { id: "id-dev", name: "dev", owner: "anna" };
const api = { id: "id-api", name: "api", owner: "anna" };
const all = (...workspaces: KnownWorkspaces["workspaces"]): KnownWorkspaces => ({
  prefix: "prewarm.",
  workspaces,
  isWhole: true,
});
const keys = new Map([
  ["id-dev", key("d")],
  ["id-api", key("a")],
]);

test("each workspace gets one line, with its id; the same again changes nothing, also in another order", () => {
  const text = withKeys(`prewarm.dev ${key("x")}\nother ${key("o")}\n`, all(dev, api), keys);
  expect(text).toBe(`other ${key("o")}\nprewarm.dev ${key("d")} id-dev\nprewarm.api ${key("a")} id-api\n`);
  expect(withKeys(text, all(api, dev), keys)).toBe(text);
  // The proxy's own line for the host is the same to it.
  expect(withHostKey(text, "prewarm.dev", key("d"))).toBe(text);
});

test("names of a workspace that is gone go with it, and nobody else's", () => {
  const others = [`work.dev ${key("w")}`, `prewarm.bert--gone ${key("b")}`, `prewarm.dev.main ${key("d")}`];
  const gone = [`prewarm.gone ${key("g")} id-gone`, `prewarm.gone.main ${key("g")}`, `prewarm.anna--gone ${key("g")}`];
  const text = [...others, ...gone].map((line) => `${line}\n`).join("");
  expect(withKeys(text, all(dev), new Map()).trimEnd().split("\n")).toEqual(others);
  // With more workspaces than are listed, it is not known who is gone.
  expect(withKeys(text, { ...all(dev), isWhole: false }, new Map())).toBe(text);
});

test("a workspace that was made anew under the name is another one, and a renamed one keeps its key", () => {
  const text = `prewarm.dev ${key("x")} id-before\nprewarm.old ${key("a")} id-api\n`;
  expect(keysKnown(text, all(dev, api))).toEqual(new Map([["id-api", key("a")]]));
  expect(withKeys(text, all(dev, api), keysKnown(text, all(dev, api)))).toBe(`prewarm.api ${key("a")} id-api\n`);
});

test("a key without an id may be of another workspace, and is asked for again", () => {
  expect(keysKnown(`prewarm.dev ${key("d")}\nprewarm.dev.main ${key("d")} id-dev\n`, all(dev)).size).toBe(0);
});

test("with its prefix a deployment takes its keys along", () => {
  expect(withoutPrefix(`prewarm.dev ${key("d")}\nwork.dev ${key("w")}\n`, "work.")).toBe(`prewarm.dev ${key("d")}\n`);
});
