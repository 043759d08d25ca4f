// What an agent does with the SSH key of its workspace's owner: programs sign with it, and none finds it.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import path from "node:path";
import { utils } from "ssh2";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeSshKey } from "../../src/platform/ssh-ed25519.ts";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy, unclaimed } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const has = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args).error === undefined;
const hasKeygen = has("ssh-add", "-h") && has("ssh-keygen", "-?");
const key = makeSshKey();
const neverPoll = { claimPollMs: 600_000, claimPollConnectedMs: 600_000 };
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const acknowledged = (): Promise<void> => until(() => expect(bed.server.acknowledgements).toHaveLength(1));

function claim(): void {
  bed.server.sshKey = key.privateKey;
  bed.server.record = { ...claimedBy("ada"), hasSecrets: true };
  bed.server.send({ kind: "poke" });
}

async function exec(execId: string, command: string): Promise<string> {
  bed.server.send({ kind: "exec_start", execId, command: ["sh", "-c", `${command} 2>&1`], env: {} });
  await until(() => expect(bed.server.exit(execId)).toBeDefined());
  return bed.server.output(execId).toString();
}

const socketPath = async (execId: string): Promise<string> => await exec(execId, 'printf %s "$SSH_AUTH_SOCK"');

test("the socket of the owner's key is in a folder for him alone, for hooks and commands of the owner, and for none before", async () => {
  const hook = (name: string) => ({ run: `echo "${name}: $SSH_AUTH_SOCK" >> seen`, timeoutMs: 10_000 });
  bed.server.manifest = agentManifest({ hooks: { prewarm: hook("prewarm"), claim: hook("claim") } });
  bed.server.record = { ...unclaimed, hasSecrets: true };
  bed.server.sshKey = key.privateKey;
  bed.start();
  await until(() => expect(bed.server.states().at(-1)).toBe("ready"));
  claim();
  await acknowledged();
  const socket = await socketPath("a");
  expect(bed.read("seen")).toBe(`prewarm: \nclaim: ${socket}\n`);
  expect(statSync(path.dirname(socket)).mode & 0o777).toBe(0o700);
  await bed.stop();
  expect(existsSync(path.dirname(socket))).toBe(false);
});

test("the key is forgotten, and its socket closed, as soon as its owner gives it no longer; another takes its place", async () => {
  claim();
  bed.start({ timing: neverPoll });
  await acknowledged();
  const socket = await socketPath("a");
  const client = createConnection(socket);
  await new Promise((resolve) => client.once("connect", resolve));
  const isClosed = new Promise((resolve) => client.once("close", resolve));
  bed.server.sshKey = undefined;
  bed.server.record = { ...claimedBy("ada"), hasSecrets: false };
  bed.server.send({ kind: "poke" });
  await isClosed;
  expect(existsSync(socket)).toBe(false);
  await until(() => expect(bed.server.claims()).toBeGreaterThan(1));
  expect(await socketPath("b")).not.toBe(socket);
});

test("the private half is in no file, no environment and no log of the workspace", async () => {
  claim();
  bed.start();
  await acknowledged();
  const secret = key.privateKey.split("\n")[1] ?? "";
  expect(await exec("a", "env; cat /proc/$PPID/environ")).not.toContain(secret);
  const entries = readdirSync(bed.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const contents = entries.map((one) => readFileSync(path.join(one.parentPath, one.name), "latin1"));
  expect(contents.length).toBeGreaterThan(0);
  expect(contents.join("\n")).not.toContain(secret);
});

test.runIf(hasKeygen)("ssh-add lists the key, and whatever would add to it or take from it fails", async () => {
  claim();
  bed.start();
  await acknowledged();
  expect(await exec("a", "ssh-add -L")).toBe(`${key.publicKey} prewarm\n`);
  expect(await exec("b", "ssh-add -D; ssh-add -x < /dev/null; ssh-add -L")).toContain(key.publicKey);
});

test("a client of SSH signs with the key through the socket, as a server verifies it", async () => {
  claim();
  bed.start();
  await acknowledged();
  const { OpenSSHAgent } = await import("ssh2");
  const agent = new OpenSSHAgent(await socketPath("a"));
  const parsed = utils.parseKey(key.publicKey);
  if (parsed instanceof Error) throw parsed;
  const data = Buffer.from("what a server asked to be signed");
  const signature = await new Promise<Buffer>((resolve, reject) => {
    agent.sign(parsed, data, {}, (error, signed) =>
      signed === undefined ? reject(error ?? new Error()) : resolve(signed),
    );
  });
  expect(parsed.verify(data, signature)).toBe(true);
});

test.runIf(hasKeygen && has("git", "--version"))("git signs a commit with the key, and verifies it", async () => {
  claim();
  bed.start();
  await acknowledged();
  const script = [
    "git init -q signed && cd signed",
    `git config gpg.format ssh && git config user.signingkey "key::${key.publicKey}"`,
    `echo "* ${key.publicKey}" > allowed && git config gpg.ssh.allowedSignersFile "$PWD/allowed"`,
    "git -c user.name=ada -c user.email=ada@example.org commit -q -S --allow-empty -m first && git verify-commit HEAD",
  ].join(" && ");
  expect(await exec("a", `{ ${script}; }`)).toContain('Good "git" signature');
  expect(execFileSync("git", ["--version"]).toString()).toContain("git");
});
