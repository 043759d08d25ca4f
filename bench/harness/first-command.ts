import { WebSocket } from "ws";
import type { Client } from "../../src/client/client.ts";
import { execPath, type ExecToClient } from "../../src/contracts/agent-protocol.ts";
import type { Workspace } from "../../src/contracts/api/workspaces.ts";

const usableWithinMs = 120_000;
const goneWithinMs = 120_000;

/** Milliseconds from the request for a workspace to the end of a first command in it, run as its owner. */
export async function firstCommand(
  client: Client,
  body: { readonly name: string; readonly template: string; readonly parameters?: Record<string, string> },
): Promise<{ readonly elapsedMs: number; readonly outcome: "claimed" | "cold" }> {
  const begun = performance.now();
  const { workspace, outcome } = await client.call("createWorkspace", { body });
  await untilUsable(client, workspace.id);
  const exitCode = await runTrue(client, workspace.id);
  if (exitCode !== 0) throw new Error(`The first command ended with ${exitCode}.`);
  return { elapsedMs: performance.now() - begun, outcome };
}

async function untilUsable(client: Client, id: string): Promise<void> {
  const signal = AbortSignal.timeout(usableWithinMs);
  for await (const event of client.watch("watchWorkspace", { params: { workspace: id }, signal })) {
    const workspace = event.data as Workspace;
    if (event.event === "workspace" && workspace.isUsable) return;
    if (event.event === "workspace" && workspace.status === "failed") {
      throw new Error(`A build failed: ${workspace.latestBuild.error}`);
    }
  }
  throw new Error("The workspace was not usable in time.");
}

async function runTrue(client: Client, id: string): Promise<number | null> {
  const url = new URL(execPath(id), client.url.replace(/^http/, "ws"));
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${client.token}` } });
  return new Promise((resolve, reject) => {
    socket.on("open", () => socket.send(JSON.stringify({ kind: "start", command: ["true"], env: {}, agent: null })));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as ExecToClient;
      if (frame.kind !== "exit") return;
      if (frame.error === null) resolve(frame.exitCode);
      else reject(new Error(`The first command could not be run: ${frame.error}`));
    });
    socket.on("error", reject);
    // Settled already where the exit was told: whatever cuts the connection before it must not be waited for.
    socket.on("close", () => reject(new Error("The connection of the first command was closed before its end.")));
  });
}

/** Deletes a workspace and waits until it is gone. */
export async function removeWorkspace(client: Client, workspace: string): Promise<void> {
  const { id } = await client.call("createBuild", { params: { workspace }, body: { transition: "delete" } });
  const signal = AbortSignal.timeout(goneWithinMs);
  for await (const event of client.watch("watchWorkspace", { params: { workspace: id }, signal })) {
    const { status, latestBuild } = event.data as Workspace;
    if (status === "deleted") return;
    if (latestBuild.transition === "delete" && latestBuild.status === "failed") {
      throw new Error(`${workspace} could not be deleted: ${latestBuild.error}`);
    }
  }
}
