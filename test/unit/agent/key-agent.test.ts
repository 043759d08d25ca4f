import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KeyAgent } from "../../../src/agent/keys/key-agent.ts";
import { makeSshKey } from "../../../src/platform/ssh-ed25519.ts";

const { privateKey: pem } = makeSshKey();
const agents: KeyAgent[] = [];
const agent = (): KeyAgent => {
  const made = new KeyAgent();
  agents.push(made);
  return made;
};
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-test-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  for (const made of agents.splice(0)) made.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const folders = (): readonly string[] => readdirSync(folder);

async function identities(socketPath: string): Promise<number> {
  const socket = connect(socketPath);
  socket.write(Buffer.from([0, 0, 0, 1, 11]));
  const answer = await new Promise<Buffer>((resolve, reject) => socket.once("data", resolve).once("error", reject));
  socket.destroy();
  return answer.readUInt32BE(5);
}

test("a key that is withdrawn while its socket is opened leaves none behind", async () => {
  const one = agent();
  const offering = one.offer(pem);
  await one.offer(null);
  await offering;
  expect(one.path).toBeUndefined();
  expect(folders()).toEqual([]);
});

test("two offers at once open one socket", async () => {
  const one = agent();
  await Promise.all([one.offer(pem), one.offer(pem)]);
  expect(folders()).toHaveLength(1);
  expect(await identities(one.path ?? "")).toBe(1);
});

test("a socket whose folder was swept away is opened anew with the next offer", async () => {
  const one = agent();
  await one.offer(pem);
  const { path: swept = "" } = one;
  rmSync(path.dirname(swept), { recursive: true });
  await one.offer(pem);
  expect(one.path).not.toBe(swept);
  expect(existsSync(one.path ?? "")).toBe(true);
  expect(await identities(one.path ?? "")).toBe(1);
});
