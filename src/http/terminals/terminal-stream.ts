import type { FastifyRequest } from "fastify";
import type { Actor } from "../../app/authorize.ts";
import { CodedError, isErrorCode } from "../../contracts/errors.ts";
import type { TunnelService } from "../../contracts/tunnel.ts";
import { openTunnel } from "../../tunnel/tunnel-client.ts";
import { type TunnelDuplex, TunnelResetError } from "../../tunnel/tunnel-duplex.ts";
import type { HttpDeps } from "../http-deps.ts";
import { localLine } from "../tunnel/local-line.ts";
import { serveTunnel } from "../tunnel/tunnel-socket.ts";

export interface Asker {
  readonly request: FastifyRequest;
  readonly actor: Actor;
  readonly workspace: string;
  /** Null: the workspace's first agent. */
  readonly agent: string | null;
}

/**
 * A stream to an agent for somebody who has none of his own: it is opened and checked as if he had opened it, also where
 * another server holds the agent. Errors: those of a stream; `agent_outdated` for an agent that does not know the service.
 */
export async function openForPerson(deps: HttpDeps, asker: Asker, service: TunnelService): Promise<TunnelDuplex> {
  const { request, actor, workspace, agent } = asker;
  const dial = () => {
    const { near, far } = localLine();
    serveTunnel(deps, { socket: far, request, actor, workspace });
    return near;
  };
  try {
    return await openTunnel({ url: "", token: "", dial, service, agent });
  } catch (error) {
    throw codedReset(error);
  }
}

/** What a stream's end is told as. */
export function codedReset(error: unknown): unknown {
  if (!(error instanceof TunnelResetError)) return error;
  const { code, message } = error;
  // A stream that is well formed is a fault only to an agent that knows no such service.
  if (code === "tunnel_fault") return new CodedError("agent_outdated", "The workspace's agent knows no terminals yet.");
  if (isErrorCode(code)) return new CodedError(code, message);
  return new CodedError("conflict", `${message.charAt(0).toUpperCase()}${message.slice(1)}.`.replace(/\.\.$/, "."));
}
