// The key of a workspace's owner, of which the workspace has a socket alone, before OpenSSH's own server.
import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, type TestContext, vi } from "vitest";
import { makeSshKey } from "../../src/platform/ssh-ed25519.ts";
import { type PlainSshd, startPlainSshd } from "../support/plain-sshd.ts";
import { AgentBed } from "../support/running-agent.ts";
import { claimedBy } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const key = makeSshKey();
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

async function claim(privateKey: string): Promise<void> {
  bed.server.sshKey = privateKey;
  bed.server.record = { ...claimedBy("ada"), hasSecrets: true };
  bed.start();
  await until(() => expect(bed.server.acknowledgements).toHaveLength(1));
}

async function inWorkspace(execId: string, line: string): Promise<string> {
  bed.server.send({ kind: "exec_start", execId, command: ["sh", "-c", `${line} 2>&1`], env: {} });
  await until(() => expect(bed.server.exit(execId)).toBeDefined());
  return bed.server.output(execId).toString();
}

/** A server that lets the key in. */
async function server(context: TestContext): Promise<PlainSshd> {
  const folder = path.join(bed.folder, "elsewhere");
  mkdirSync(folder);
  const started = await startPlainSshd(folder, [key.publicKey]);
  if (typeof started === "string") return context.skip(`no sshd: ${started}`);
  onTestFinished(() => started.stop());
  return started;
}

/** What a person would type in his workspace: the key comes by `SSH_AUTH_SOCK` alone. */
function command({ port, knownHosts }: PlainSshd): string {
  const settings = [
    "StrictHostKeyChecking=accept-new",
    `UserKnownHostsFile=${knownHosts}`,
    "BatchMode=yes",
    "LogLevel=ERROR",
  ];
  const options = settings.map((setting) => `-o ${setting}`).join(" ");
  return `ssh -F none ${options} -p ${port} -l ${userInfo().username} 127.0.0.1`;
}

test("ssh in a workspace signs in elsewhere with the owner's key", async (context) => {
  const sshd = await server(context);
  await claim(key.privateKey);
  const said = await inWorkspace("a", `${command(sshd)} 'echo "signed in"; echo \${SSH_CONNECTION:+over ssh}'`);
  expect(said).toBe("signed in\nover ssh\n");
});

test("without the owner's key, or with another, it does not", async (context) => {
  const sshd = await server(context);
  await claim(makeSshKey().privateKey);
  const other = await inWorkspace("a", command(sshd));
  expect(other).toContain("Permission denied (publickey");
  const none = await inWorkspace("b", `SSH_AUTH_SOCK= ${command(sshd)}`);
  expect(none).toContain("Permission denied (publickey");
});
