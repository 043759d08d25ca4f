import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type StateKeys, stateKeys } from "../../../src/main/state-keys.ts";
import { systemRandom } from "../../../src/platform/random.ts";

let dataDir: string;
beforeEach(() => {
  dataDir = path.join(mkdtempSync(path.join(tmpdir(), "prewarm-keys-")), "data");
});
afterEach(() => rmSync(path.dirname(dataDir), { recursive: true, force: true }));

const open = (option = ""): StateKeys => stateKeys(option, { dataDir, random: systemRandom });
const read = (option = ""): readonly Buffer[] => open(option).keys;
const [one, other] = ["1", "2"].map((letter) => Buffer.alloc(32, letter));

test("without the option a key is made once, readable by its owner alone, and found again", () => {
  const [made] = read();
  expect(made).toHaveLength(32);
  expect(read()).toEqual([made]);
  expect(readdirSync(dataDir)).toEqual(["state.key"]);
  expect(statSync(path.join(dataDir, "state.key")).mode & 0o777).toBe(0o600);
});

test("the option holds one key, or the new and the older ones", () => {
  expect(read(one?.toString("base64"))).toEqual([one]);
  expect(read(`${one?.toString("base64url")} , ${other?.toString("base64")}`)).toEqual([one, other]);
});

test.each([
  "short",
  `${Buffer.alloc(31).toString("base64")}`,
  `${Buffer.alloc(32).toString("base64")},`,
])("%j is no key, and the message says which option and what it must hold", (text) => {
  expect(() => read(text)).toThrow(/state\.key must hold 32 bytes in base64/);
});

test("a file that holds no key is refused with its name, and left as it is", () => {
  read();
  const file = path.join(dataDir, "state.key");
  writeFileSync(file, "");
  expect(() => read()).toThrow(file);
});

test("a key that this start has made is told from one that was there", () => {
  expect(open().madeFile).toBe(path.join(dataDir, "state.key"));
  expect(open().madeFile).toBeNull();
  expect(open(one?.toString("base64")).madeFile).toBeNull();
});

test("keys in a file may stand in a line each", () => {
  expect(read(`${one?.toString("base64")}\n${other?.toString("base64")}\n`)).toEqual([one, other]);
});
