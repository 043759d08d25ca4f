// A secret from the person who sets it to the hook that works with it, on two servers: and all the places where it is not.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runExecSession } from "../../src/cli/exec/exec-session.ts";
import type { Client } from "../../src/client/client.ts";
import { execPath } from "../../src/contracts/agent-protocol.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const [value, newer, ofTemplate] = ["vault-of-the-first", "vault-of-the-second", "vault-of-the-template"];

let system: SeveralServers;
/** The one has the daemon, and so the agents; secrets are set on the other. */
let one: ServerUnit;
let other: ServerUnit;

beforeAll(async () => {
  system = await SeveralServers.start();
  one = await system.addServer("one");
  other = await system.addServer("other", { env: { PREWARM_PROVISIONER_BUILTIN: "false" } });
}, testLimitMs);
afterAll(async () => system.close(), testLimitMs);

// Each hook says how long what it was given is, and then prints it.
const says = (hook: string): string => `"echo ${hook} has \${#TOKEN} and \${#SHARED}; echo $TOKEN $SHARED"`;
const template = `
driver: process
secrets:
  - { name: TOKEN, required: true, description: of the forge }
  - { name: SHARED, from: template }
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents:
  - name: main
    hooks:
      prewarm: { run: ${says("prewarm")} }
      start: { run: ${says("start")} }
      claim: { run: ${says("claim")} }
`;

async function push(admin: Client): Promise<void> {
  const folder = path.join(system.folder, "template");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "template.yaml"), template);
  await admin.call("pushTemplate", { params: { template: "vaulted" }, bytes: (await packFolder(folder)).bytes });
  const [params, shared] = [{ template: "vaulted", secret: "SHARED" }, ofTemplate];
  await admin.call("setTemplateSecret", { params, body: { value: shared } });
}

const setToken = (token: string) =>
  other.admin.call("setSecret", { params: { secret: "TOKEN" }, body: { value: token, allow: ["vaulted"] } });

const create = () =>
  other.admin.call("createWorkspace", { body: { name: "mine", template: "vaulted", mode: "warm_only" } });

async function exec(workspaceId: string, script: string): Promise<string> {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  stdin.end();
  let printed = "";
  stdout.on("data", (bytes) => {
    printed += String(bytes);
  });
  await runExecSession({
    url: `${other.url.replace("http", "ws")}${execPath(workspaceId)}`,
    token: other.admin.token ?? "",
    command: ["sh", "-c", script],
    env: {},
    agent: null,
    world: { stdin, stdout, stderr: new PassThrough(), onSignal: () => () => undefined },
  });
  return printed;
}

async function logOf(workspace: string): Promise<string> {
  const { entries } = await other.admin.call("getAgentLogs", { params: { workspace }, query: {} });
  return entries.map(({ stage, line }) => `${stage}: ${line}`).join("\n");
}

/** What a process was started with; empty for one that is gone or somebody else's. */
function startOf(processId: string): string {
  try {
    return ["cmdline", "environ"].map((name) => readFileSync(`/proc/${processId}/${name}`, "latin1")).join("\0");
  } catch {
    return "";
  }
}

/** Of the process that is the workspace's agent. */
function agentStart(workspaceId: string): string {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const starts = all.map(startOf).filter((text) => text.includes(`PREWARM_WORKSPACE_ID=${workspaceId}`));
  const agents = starts.filter((text) => text.includes("PREWARM_AGENT_TOKEN_FILE="));
  expect(agents).toHaveLength(1);
  return agents.join("\0");
}

function filesWith(text: string): readonly string[] {
  const entries = readdirSync(system.folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return files.filter((file) => existsSync(file) && readFileSync(file, "latin1").includes(text));
}

test(
  "a secret that is set on one server reaches the agent that another holds, once there is an owner, and nothing else",
  async () => {
    await push(other.admin);
    await waitUntil(
      "the pool is full",
      async () => {
        const { pools } = await other.admin.call("listPools", {});
        return pools.find((pool) => pool.template === "vaulted")?.eligible === 1;
      },
      testLimitMs,
    );
    await expect(create()).rejects.toMatchObject({
      code: "secret_missing",
      next: "`prewarm secrets set TOKEN --for vaulted`",
    });
    await setToken(value);
    const { workspace } = await create();
    await waitUntil("its hook has run", async () => (await logOf("mine")).includes("claim has"), 30_000);
    const log = await logOf("mine");
    expect(log).toContain("prewarm has 0 and 0");
    expect(log).toContain("start has 0 and 0");
    expect(log).toContain(`claim has ${value.length} and ${ofTemplate.length}\nclaim: *** ***`);
    expect(await exec(workspace.id, 'echo "$TOKEN $SHARED"')).toBe(`${value} ${ofTemplate}\n`);

    await setToken(newer);
    await waitUntil(
      "a command has the new one",
      async () => (await exec(workspace.id, 'echo "$TOKEN"')) === `${newer}\n`,
      5_000,
    );
    expect(agentStart(workspace.id)).not.toMatch(/vault-of-/);

    await other.admin.call("createBuild", { params: { workspace: "mine" }, body: { transition: "stop" } });
    const stopped = async (): Promise<boolean> =>
      (await other.admin.call("getWorkspace", { params: { workspace: "mine" } })).status === "stopped";
    await waitUntil("it is stopped", stopped, 30_000);
    await other.admin.call("createBuild", { params: { workspace: "mine" }, body: { transition: "start" } });
    const again = `start has ${newer.length} and ${ofTemplate.length}`;
    await waitUntil("it has started with it", async () => (await logOf("mine")).includes(again), 30_000);

    await other.admin.call("removeSecret", { params: { secret: "TOKEN" }, query: {} });
    await waitUntil("it is gone", async () => (await exec(workspace.id, 'echo "$TOKEN"')) === "\n", 5_000);

    expect(await logOf("mine")).not.toMatch(/vault-of-/);
    for (const { process } of [one, other]) expect(process.output()).not.toMatch(/vault-of-/);
    // Data folders of both, the workspace's among them, and the database with its log.
    expect(filesWith("vault-of-")).toEqual([]);
    expect(filesWith("claim has "), "what is looked through").not.toEqual([]);
  },
  testLimitMs,
);
