import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { tunnelPath, type TunnelService } from "../../src/contracts/tunnel.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { sleep } from "../../src/platform/sleep.ts";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import type { TunnelDuplex } from "../../src/tunnel/tunnel-duplex.ts";
import { startWholeServer, type WholeServer } from "./whole-server.ts";

const usableWithinMs = 60_000;
const lookMs = 100;

export interface OpenedWorkspace extends WholeServer {
  readonly workspaceId: WorkspaceId;
  /** Of its streams, and whose they are. */
  readonly url: string;
  readonly token: string;
  /** @param by where the server is reached, if not at `url`. */
  open(service: TunnelService, by?: string): Promise<TunnelDuplex>;
}

/** A server with one workspace that is somebody's: server, agent and what listens are all on this machine. */
export async function openedWorkspace(): Promise<OpenedWorkspace> {
  const server = await startWholeServer(new Set(["process"]));
  const { client, folder } = server;
  const source = path.join(folder, "template-access");
  mkdirSync(source);
  writeFileSync(
    path.join(source, "template.yaml"),
    "driver: process\nagents: [{ name: main }]\npresets: [{ name: one }]\n",
  );
  await client.call("pushTemplate", { params: { template: "access" }, bytes: (await packFolder(source)).bytes });
  const workspaceId = (await usable(server)).id as WorkspaceId;
  const url = `${client.url.replace(/^http/, "ws")}${tunnelPath(workspaceId)}`;
  const token = client.token ?? "";
  const open = async (service: TunnelService, by = url): Promise<TunnelDuplex> =>
    await openTunnel({ url: by, token, agent: null, service });
  return { ...server, workspaceId, url, token, open };
}

async function usable({ client }: WholeServer): Promise<{ readonly id: string }> {
  const endMs = performance.now() + usableWithinMs;
  const body = { name: "dev", template: "access" };
  let why: unknown;
  // The template is imported meanwhile.
  while (performance.now() < endMs) {
    try {
      const { workspaces } = await client.call("listWorkspaces", {});
      const [workspace] = workspaces;
      if (workspace?.isUsable === true) return workspace;
      if (workspace === undefined) await client.call("createWorkspace", { body });
    } catch (error) {
      why = error;
    }
    await sleep(lookMs);
  }
  throw new Error("The workspace was not usable in time.", { cause: why });
}
