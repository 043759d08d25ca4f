import type { TunnelService } from "../../contracts/tunnel.ts";
import { codedReset } from "../../tunnel/coded-reset.ts";
import { openTunnel, type TunnelTarget } from "../../tunnel/tunnel-client.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { refusedBy, tunnelUrl } from "./tunnel-target.ts";

export interface WorkspaceWay {
  readonly workspace: string;
  readonly agent: string | null;
}

/** Where the streams of a workspace are opened, and by whom. */
export async function wayInto(
  { workspace: name, agent }: WorkspaceWay,
  invocation: Invocation,
): Promise<Omit<TunnelTarget, "service">> {
  const client = await invocation.connect();
  const workspace = await findWorkspace(client, name, invocation);
  return { url: tunnelUrl(client.url, workspace.id), token: client.token ?? "", agent, refusal: refusedBy };
}

/** A stream to a service of the agent. Errors: `CodedError` for what is refused. */
export async function openService(way: Omit<TunnelTarget, "service">, service: TunnelService): Promise<TunnelDuplex> {
  try {
    return await openTunnel({ ...way, service });
  } catch (error) {
    throw codedReset(error);
  }
}
