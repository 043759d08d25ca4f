// The key by which an agent is known besides its token.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { agentKey } from "../../../src/agent/agent-key.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { systemRandom } from "../../../src/platform/random.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-key-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = (token = "token", stateFolder = path.join(folder, "state")): string | null =>
  agentKey({ stateFolder, token, random: systemRandom, logger: silentLogger });

it("is the same after a restart of the agent, and another in each start and each workspace", () => {
  const first = key();
  expect(first).toMatch(/^pw_key_.{43}$/);
  expect(key()).toBe(first);
  expect(key("another start's token")).not.toBe(first);
  expect(key("token", path.join(folder, "another"))).not.toBe(first);
});

it("can be read by the agent's account alone, and leaves nothing else behind", () => {
  key();
  const kept = path.join(folder, "state");
  expect(readdirSync(kept)).toEqual(["key"]);
  expect(statSync(path.join(kept, "key")).mode & 0o777).toBe(0o600);
});

it("is made anew from a file that a crash left empty", () => {
  const first = key();
  truncateSync(path.join(folder, "state", "key"));
  const second = key();
  expect(second).not.toBe(first);
  expect(key()).toBe(second);
});

it("is none where it cannot be kept: an agent must not lock itself out at its restart", () => {
  mkdirSync(path.join(folder, "state", "key"), { recursive: true });
  expect(key()).toBeNull();
});
