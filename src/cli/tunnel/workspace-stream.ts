import type { ErrorResponse } from "../../contracts/api/error-response.ts";
import { CodedError, isErrorCode, isPassingStatus } from "../../contracts/errors.ts";
import { tunnelPath, type TunnelService } from "../../contracts/tunnel.ts";
import { underUrl } from "../../contracts/under-url.ts";
import { openTunnel, type TunnelTarget } from "../../tunnel/tunnel-client.ts";
import { type TunnelDuplex, TunnelResetError } from "../../tunnel/tunnel-duplex.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";

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
  const url = new URL(underUrl(client.url, tunnelPath(workspace.id)));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return { url: url.href, token: client.token ?? "", agent, refusal };
}

/** A stream to a service of the agent. Errors: `CodedError` for what is refused. */
export async function openService(way: Omit<TunnelTarget, "service">, service: TunnelService): Promise<TunnelDuplex> {
  try {
    return await openTunnel({ ...way, service });
  } catch (error) {
    throw told(error);
  }
}

/** The end of a stream as the command line tells it. */
export function told(error: unknown): unknown {
  if (!(error instanceof TunnelResetError)) return error;
  const { code, message } = error;
  if (code === "tunnel_fault") {
    const text = "The workspace's agent, or the server, is of an older release, which cannot do this yet.";
    return new CodedError("agent_outdated", text);
  }
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith(".") ? "" : "."}`;
  return new CodedError(isErrorCode(code) ? code : "conflict", text);
}

function refusal(status: number, body: string): Error {
  try {
    const { error } = JSON.parse(body) as ErrorResponse;
    if (isErrorCode(error.code)) {
      return new CodedError(error.code, error.message, error.next === undefined ? {} : { next: error.next });
    }
  } catch {
    // It is not an answer of ours: a proxy's.
  }
  const code = isPassingStatus(status) ? "transient" : "internal";
  return new CodedError(code, `The server refused the stream with status ${status}.`);
}
