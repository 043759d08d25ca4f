import type { FastifyRequest } from "fastify";
import type { Actor } from "../../app/authorize.ts";
import type { TunnelService } from "../../contracts/tunnel.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import type { HttpDeps } from "../http-deps.ts";
import { openServerStream } from "../tunnel/server-stream.ts";

export interface Asker {
  readonly request: FastifyRequest;
  readonly actor: Actor;
  readonly workspace: string;
  /** Null: the workspace's first agent. */
  readonly agent: string | null;
}

/** A stream to a person's agent, as if he had opened it himself. */
export async function openForPerson(deps: HttpDeps, asker: Asker, service: TunnelService): Promise<TunnelDuplex> {
  const { request, actor, workspace, agent } = asker;
  const caller = { kind: "person", actor, request } as const;
  return await openServerStream(deps, { caller, workspace, agent, service, isResumed: true });
}
