import type { FastifyRequest } from "fastify";
import type { AppContext } from "../app/app-context.ts";
import type { OtherServer } from "../app/agents/exec-target.ts";
import { mintRelayTicket, type RelayHolder } from "../app/agents/relay-tickets.ts";
import type { Actor } from "../app/authorize.ts";
import { CodedError } from "../contracts/errors.ts";
import { relayScheme, shownCredential } from "./credentials.ts";

/** Set on a connection that one server makes to another, so that none is relayed in a circle. */
export const relayHeader = "x-prewarm-relayed";

export interface Relay {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

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
export function relayTo(context: AppContext, { request, actor, elsewhere, path }: Relayed): Relay {
  if (request.headers[relayHeader] !== undefined) throw movedOn();
  const relay = relayWith(context, { elsewhere, path, holder: { kind: "person", tokenId: actor.tokenId } });
  if (elsewhere.takesTickets) return relay;
  // One of the release before, while servers are replaced one after another.
  return { ...relay, headers: { ...relay.headers, authorization: `Bearer ${shownCredential(request) ?? ""}` } };
}

/** Where to, and with what, this server itself goes on to another one. */
export function relayWith(
  context: AppContext,
  input: { readonly elsewhere: OtherServer; readonly path: string; readonly holder: RelayHolder },
): Relay {
  const { elsewhere, path, holder } = input;
  const ticket = mintRelayTicket(context, { holder, path, serverId: elsewhere.id }, elsewhere.keyId);
  const headers = { [relayHeader]: "1", authorization: `${relayScheme} ${ticket}` };
  return { url: socketUrl(path, elsewhere.url), headers };
}

export function movedOn(): CodedError {
  return new CodedError("agent_unavailable", "The agent moved to another server; try again.", {
    retryAfterSeconds: 1,
  });
}

/** @param server base address, `http://` or `https://`. */
export function socketUrl(path: string, server: string): URL {
  const url = new URL(path, server);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}
