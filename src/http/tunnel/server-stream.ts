import { CodedError, isErrorCode } from "../../contracts/errors.ts";
import type { TunnelService } from "../../contracts/tunnel.ts";
import { openTunnel } from "../../tunnel/tunnel-client.ts";
import { type TunnelDuplex, TunnelResetError } from "../../tunnel/tunnel-duplex.ts";
import type { HttpDeps } from "../http-deps.ts";
import { localLine } from "./local-line.ts";
import { serveTunnel, type TunnelCaller } from "./tunnel-socket.ts";

export interface StreamWanted {
  readonly caller: TunnelCaller;
  readonly workspace: string;
  /** Null: the workspace's first agent. */
  readonly agent: string | null;
  readonly service: TunnelService;
  /** Whether it is taken up again when its line is lost, as by a client of its own. */
  readonly isResumed: boolean;
}

/**
 * A stream to an agent for somebody who has none of his own: it is opened and checked as if he had opened it, also where
 * another server holds the agent. Errors: those of a stream; `agent_outdated` for an agent that does not know the service.
 */
export async function openServerStream(deps: HttpDeps, wanted: StreamWanted): Promise<TunnelDuplex> {
  const { caller, workspace, agent, service, isResumed } = wanted;
  const dial = () => {
    const { near, far } = localLine();
    serveTunnel(deps, { socket: far, caller, workspace });
    return near;
  };
  try {
    return await openTunnel({ url: "", token: "", dial, service, agent, isResumed });
  } catch (error) {
    throw codedReset(error);
  }
}

/** What a stream's end is told as. */
export function codedReset(error: unknown): unknown {
  if (!(error instanceof TunnelResetError)) return error;
  const { code, message } = error;
  // A stream that is well formed is a fault only to an agent that knows no such service.
  if (code === "tunnel_fault") return new CodedError("agent_outdated", "The workspace's agent does not know this yet.");
  if (isErrorCode(code)) return new CodedError(code, message);
  return new CodedError("conflict", `${message.charAt(0).toUpperCase()}${message.slice(1)}.`.replace(/\.\.$/, "."));
}
