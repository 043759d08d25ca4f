import { type Static, Type } from "typebox";
import { Instant, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const serverStates = ["alive", "silent"] as const;

export const ServerView = Type.Object({
  id: Uuid,
  url: Type.String(),
  version: Type.String(),
  /** Whether it is the one that answers. */
  isSelf: Type.Boolean(),
  /** `silent`: several of its heartbeats were missed. */
  state: Type.Enum(serverStates),
  startedAt: Instant,
  seenAt: Instant,
  /** Since it was heard of, by the database's clock. */
  silentMs: Type.Number(),
  /** Agents' connections that it holds, and those that the database says it holds. */
  agentsHeld: Type.Integer(),
  agentsListed: Type.Integer(),
  /** Names of the loops that it runs for all: of each, one server holds the lease. */
  leases: Type.Array(Type.String()),
});
export type ServerView = Static<typeof ServerView>;

export const serverRoutes = {
  listServers: {
    method: "GET",
    path: "/api/v1/servers",
    tag: "system",
    summary: "The servers of the deployment, as their last heartbeats told, with the leases that each holds.",
    credential: "user",
    access: "administrator",
    response: Type.Object({ servers: Type.Array(ServerView) }),
  },
} as const satisfies Record<string, RouteDefinition>;
