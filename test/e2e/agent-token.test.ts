// Somebody has read the token of a workspace's agent: he is not the agent, and the agent goes on.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { agentConnectPath } from "../../src/contracts/agent-protocol.ts";
import { agentRoutes } from "../../src/contracts/api/system.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

let server: WholeServer;
beforeEach(async () => {
  server = new WholeServer({ PREWARM_PROVISIONER_DRIVERS: "process" });
  await server.start();
  const template =
    "driver: process\nagents: [ { name: main } ]\npresets: [ { name: one, prebuilds: { instances: 1 } } ]\n";
  expect((await server.push("plain", { "template.yaml": template })).exitCode).toBe(0);
});
afterEach(() => server.close());

const workspaces = (): string => path.join(server.folder, "data", "provisioner", "workspaces");

interface WorkspaceRecord {
  readonly templateName: string;
  readonly agents: readonly { readonly process: { readonly processId: number } | null }[];
}

function recordOf(folder: string): WorkspaceRecord {
  const file = path.join(workspaces(), folder, "workspace.json");
  return JSON.parse(readFileSync(file, "utf8")) as WorkspaceRecord; // as the driver writes it
}

/** The folder of the pool's one workspace; the example template has others. */
function workspaceFolder(): string | undefined {
  return readdirSync(workspaces()).find(
    (name) => existsSync(path.join(workspaces(), name, "workspace.json")) && recordOf(name).templateName === "plain",
  );
}

const agentFile = (folder: string, name: string): string => path.join(workspaces(), folder, "agents", "main", name);

async function ready(): Promise<string> {
  await waitUntil("the pool is full", async () => /one +1 +1 +1 /.test(await server.must("prebuilds list")), 60_000);
  const folder = workspaceFolder();
  if (folder === undefined) throw new Error("a process workspace has a folder");
  return folder;
}

/** The code with which the server closes a connection that comes with the token alone. */
async function closedWith(token: string): Promise<number> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}${agentConnectPath}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return await new Promise((resolve) => socket.on("close", (code) => resolve(code)));
}

/** 0 between two runs. */
function agentProcess(folder: string): number {
  return recordOf(folder).agents[0]?.process?.processId ?? 0;
}

function killAgent(folder: string): number {
  const processId = agentProcess(folder);
  if (processId === 0) throw new Error("the agent does not run");
  process.kill(processId, "SIGKILL");
  return processId;
}

test("a copied token is refused before and after the claim, and the agent outlives its own restart", {
  timeout: 180_000,
}, async () => {
  const folder = await ready();
  const token = readFileSync(agentFile(folder, "token"), "utf8");
  const manifest = async (): Promise<number> => {
    const answer = await fetch(`${server.url}${agentRoutes.agentManifest.path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return answer.status;
  };
  expect(await manifest()).toBe(401);
  await server.must("create mine --template plain --preset one");
  expect(await manifest()).toBe(401);
  expect(await closedWith(token)).toBe(4001);
  const before = killAgent(folder);
  await waitUntil("the agent was started again", () => ![0, before].includes(agentProcess(folder)), 60_000);
  await waitUntil(
    "the workspace answers",
    async () => (await server.run(["exec", "mine", "--", "true"])).exitCode === 0,
    60_000,
  );
});

test("an agent that has lost its memory is refused, says so, and a new start of the workspace helps", {
  timeout: 180_000,
}, async () => {
  const folder = await ready();
  await server.must("create mine --template plain --preset one");
  rmSync(agentFile(folder, "state/key"));
  killAgent(folder);
  await waitUntil("it is told", async () => (await server.must("show mine")).includes("without its key"), 60_000);
  await server.must("restart mine");
  await server.must(["exec", "mine", "--", "true"]);
});
