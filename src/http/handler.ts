import type { FastifyReply, FastifyRequest } from "fastify";
import type { DaemonCaller } from "../app/provisioner/authenticate-daemon.ts";
import type { Actor } from "../app/authorize.ts";
import type { BodyOf, ParamsOf, QueryOf, ResponseOf } from "../contracts/api/route.ts";
import type { RouteId, Routes } from "../contracts/api/routes.ts";
import type { AgentIdentity } from "./credentials.ts";

interface Callers {
  readonly none: undefined;
  readonly user: Actor;
  readonly agent: AgentIdentity;
  readonly daemon: DaemonCaller;
}

/** A request whose shape and credential have been checked. */
export interface Call<Id extends RouteId> {
  readonly caller: Callers[Routes[Id]["credential"]];
  readonly params: ParamsOf<Routes[Id]>;
  readonly query: QueryOf<Routes[Id]>;
  readonly body: Routes[Id] extends { readonly transport: "binary_up" } ? Buffer : BodyOf<Routes[Id]>;
  /** Aborted when the caller hangs up or the server stops; its reason is the error to end with. */
  readonly gone: AbortSignal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Answers the routes of one group; streams write to `reply` themselves and answer nothing. */
export type Handlers<Ids extends RouteId> = {
  readonly [Id in Ids]: (
    call: Call<Id>,
  ) => Promise<Routes[Id] extends { readonly transport: "sse" | "binary_down" } ? unknown : ResponseOf<Routes[Id]>>;
};
