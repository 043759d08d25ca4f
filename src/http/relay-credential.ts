import type { FastifyRequest } from "fastify";
import type { AppContext } from "../app/app-context.ts";
import type { OtherServer } from "../app/agents/exec-target.ts";
import type { Actor } from "../app/authorize.ts";
import { CodedError } from "../contracts/errors.ts";
import { relayScheme, shownCredential } from "./credentials.ts";

/** Set on a connection that one server makes to another, so that none is relayed in a circle. */
export const relayHeader = "x-prewarm-relayed";

export interface Relayed {
  /** The person's own request. */
  readonly request: FastifyRequest;
  readonly actor: Actor;
  readonly elsewhere: OtherServer;
  /** Of the route that the other server is asked at. */
  readonly path: string;
}

/**
 * Where to, and with what, a person's socket goes on to another server.
 * Errors: `agent_unavailable` for one that has come from another server: the agent has moved meanwhile.
 */
export function relayTo(
  context: AppContext,
  { request, actor, elsewhere, path }: Relayed,
): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
  if (request.headers[relayHeader] !== undefined) {
    throw new CodedError("agent_unavailable", "The agent moved to another server; try again.", {
      retryAfterSeconds: 1,
    });
  }
  const { tokenId } = actor;
  const { id: serverId, keyId } = elsewhere;
  const authorization = elsewhere.takesTickets
    ? `${relayScheme} ${context.relayTickets.mint({ tokenId, path, serverId }, keyId)}`
    : // One of the release before, while servers are replaced one after another.
      `Bearer ${shownCredential(request) ?? ""}`;
  return { url: socketUrl(path, elsewhere.url), headers: { [relayHeader]: "1", authorization } };
}

/** @param server base address, `http://` or `https://`. */
export function socketUrl(path: string, server: string): URL {
  const url = new URL(path, server);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}
