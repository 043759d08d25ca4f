// A token from the person who links it to the push that works by it, on two servers: agents are connected to the one, and the
// account is linked and unlinked on the other.
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runExecSession } from "../../src/cli/exec/exec-session.ts";
import { execPath } from "../../src/contracts/agent-protocol.ts";
import { type TwoServers, twoServers } from "../support/claimed-workspace.ts";
import { GitHost } from "../support/git-host.ts";
import { root } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const limitMs = 180_000;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;
const host = new GitHost();
let bed: TwoServers;

beforeAll(async () => {
  await host.start();
  bed = await twoServers({ template });
}, limitMs);
afterAll(async () => {
  await bed.system.close();
  await host.stop();
}, limitMs);

async function exec(script: string): Promise<string> {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  stdin.end();
  let printed = "";
  stdout.on("data", (bytes) => {
    printed += String(bytes);
  });
  await runExecSession({
    url: `${bed.other.url.replace("http", "ws")}${execPath(bed.workspaceId)}`,
    token: bed.other.admin.token ?? "",
    command: ["sh", "-c", `{ ${script}; } 2>&1`],
    env: { GIT_TERMINAL_PROMPT: "0" },
    agent: null,
    world: { stdin, stdout, stderr: new PassThrough(), onSignal: () => () => undefined },
  });
  return printed;
}

test(
  "git in a workspace clones and pushes by a token that is linked on another server, and no longer once it is unlinked there",
  async () => {
    const { admin } = bed.other;
    const clone = `git clone -q ${host.url} repo`;
    expect(await exec(clone)).toContain(`prewarm git link ${host.host}`);
    const body = { username: "ada", token: "a-token-of-ada" };
    await admin.call("linkGitAccount", { params: { host: host.host }, query: {}, body });
    expect(await exec(clone)).toContain(`prewarm git allow ${host.host} web`);
    await admin.call("placeGitAccount", { params: { host: host.host }, query: {}, body: { allow: ["web"] } });
    const push = "git -C repo -c user.email=a@example.org commit -q --allow-empty -m inside && git -C repo push -q";
    expect(await exec(`${clone} && ${push} && git -C repo ls-remote -q | wc -l`)).toBe("2\n");
    expect(host.git("-C", "repo.git", "log", "--format=%s", "-1", "main")).toBe("inside\n");
    await admin.call("unlinkGitAccount", { params: { host: host.host }, query: {} });
    expect(await exec("git -C repo fetch")).toContain(`no account is linked for ${host.host}`);
    const log = await admin.call("getAgentLogs", { params: { workspace: "dev" }, query: {} });
    expect(log.entries.map(({ line }) => line).join("\n")).toContain(`Git: no account is linked for ${host.host}`);
    for (const { process } of [bed.one, bed.other]) expect(process.output()).not.toContain(body.token);
  },
  limitMs,
);

test(
  "dotfiles that are set on one server are run by an agent that another holds, when somebody asks for it, and told by its log",
  async () => {
    const { admin } = bed.other;
    host.token = null;
    host.commit({ install: '#!/bin/sh\necho "$PREWARM_OWNER" > "$HOME/of-dotfiles"\n' });
    const run = () => admin.call("runDotfiles", { params: { workspace: "dev" } });
    await expect(run()).rejects.toMatchObject({ code: "conflict" });
    await admin.call("setDotfiles", { body: { repository: host.url } });
    expect(await run()).toEqual({ repository: host.url, isConnected: true });
    const log = async () => (await admin.call("getAgentLogs", { params: { workspace: "dev" }, query: {} })).entries;
    const isThere = async () => (await log()).some((line) => line.stage === "dotfiles" && /are there/.test(line.line));
    await waitUntil("they are there", isThere, 30_000);
    expect(await exec("cat ~/of-dotfiles")).toBe("admin\n");
  },
  limitMs,
);

test("`prewarm agent` is the agent's program, and git's helper with it", async () => {
  const program = [path.join(root, "bin/prewarm"), "agent"];
  const asked = spawnSync(process.execPath, [...program, "git-credential", "/nowhere", "get"], { input: "host=x\n" });
  expect([asked.status, String(asked.stdout)]).toEqual([0, ""]);
  expect(String(asked.stderr)).toContain("prewarm: the workspace's agent was not asked for a token");
  const env = { PREWARM_URL: "http://127.0.0.1:1", PREWARM_AGENT_TOKEN: "none", PREWARM_WORKSPACE_ID: "w" };
  const home = path.join(bed.system.folder, "home-of-agent");
  const agent = spawn(process.execPath, program, { env: { ...process.env, ...env, HOME: home } });
  let said = "";
  agent.stderr.on("data", (bytes) => {
    said += String(bytes);
  });
  const tries = (): number => said.split("the manifest could not be fetched").length - 1;
  await waitUntil("it has tried twice to reach its server", () => tries() > 1, 20_000);
  const ended = new Promise((resolve) => agent.once("exit", resolve));
  agent.kill("SIGTERM");
  await ended;
});
