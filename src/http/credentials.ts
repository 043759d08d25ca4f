import "@fastify/cookie";
import type { FastifyRequest } from "fastify";
import { authenticateAgent } from "../app/agents/authenticate-agent.ts";
import { type RelayHolder, readRelayTicket, type StreamGrant } from "../app/agents/relay-tickets.ts";
import type { AppContext } from "../app/app-context.ts";
import type { Actor } from "../app/authorize.ts";
import { authenticate, authenticateById } from "../app/identity/authenticate.ts";
import { authenticateDaemon, type DaemonCaller } from "../app/provisioner/authenticate-daemon.ts";
import { agentKeyHeader } from "../contracts/agent-protocol.ts";
import { CodedError } from "../contracts/errors.ts";

export const sessionCookie = "prewarm_session";
/** Of the `authorization` header with which one server comes to another for a person. */
export const relayScheme = "Relay";

export type AgentIdentity = Awaited<ReturnType<typeof authenticateAgent>>;

function bearerOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  return header?.startsWith("Bearer ") === true ? header.slice("Bearer ".length).trim() : undefined;
}

/**
 * The user behind a request: a bearer token, another server's ticket, else the session cookie.
 * A cookie travels by itself, so a request that changes something must come from our own page (CSRF). So must one that
 * becomes a WebSocket, which any page may open, and then read and write (only what a page reads by GET is kept from it).
 */
export async function userOf(context: AppContext, request: FastifyRequest): Promise<Actor> {
  const bearer = bearerOf(request);
  if (bearer !== undefined) return await authenticate(context, bearer);
  const ticket = ticketOf(request);
  if (ticket !== undefined) return await passedOn(context, request, ticket);
  const cookie = request.cookies[sessionCookie];
  if (cookie === undefined) {
    throw new CodedError("unauthenticated", "This route needs a session or an API token.");
  }
  if ((request.method !== "GET" || request.headers.upgrade !== undefined) && !isSameOrigin(request)) {
    throw new CodedError("forbidden", "A request with the session cookie must come from this server's own pages.", {
      next: "Programs send an API token in the `authorization` header.",
    });
  }
  return await authenticate(context, cookie);
}

/** What a person's request came with. */
export function shownCredential(request: FastifyRequest): string | undefined {
  return bearerOf(request) ?? request.cookies[sessionCookie];
}

/** Whether a request that has been authenticated comes from another server of the deployment, for a person. */
export function isOfAServer(request: FastifyRequest): boolean {
  return ticketOf(request) !== undefined;
}

function ticketOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  return header?.startsWith(`${relayScheme} `) === true ? header.slice(relayScheme.length + 1).trim() : undefined;
}

function holderOf(context: AppContext, request: FastifyRequest, text: string): RelayHolder | undefined {
  const [path = ""] = request.url.split("?");
  return readRelayTicket(context, text, { path, serverId: context.serverId });
}

/** The one stream that another server may open here; undefined for whoever comes otherwise. */
export function grantedStream(context: AppContext, request: FastifyRequest): StreamGrant | undefined {
  const text = ticketOf(request);
  const holder = text === undefined ? undefined : holderOf(context, request, text);
  return holder?.kind === "stream" ? holder : undefined;
}

/** Errors: `unauthenticated`, `account_suspended`. */
async function passedOn(context: AppContext, request: FastifyRequest, text: string): Promise<Actor> {
  const holder = holderOf(context, request, text);
  if (holder?.kind === "person") return await authenticateById(context, holder.tokenId);
  throw new CodedError("unauthenticated", "This ticket of another server is not for this, or its time is over.", {
    next: "Look whether all servers have the same `state.key` (`prewarm doctor`), and try again.",
  });
}

function isSameOrigin(request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return request.headers["sec-fetch-site"] === "same-origin";
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

export async function agentOf(context: AppContext, request: FastifyRequest): Promise<AgentIdentity> {
  const bearer = bearerOf(request);
  if (bearer === undefined) throw new CodedError("unauthenticated", "This route is for agents, with their token.");
  const key = request.headers[agentKeyHeader];
  return await authenticateAgent(context, bearer, typeof key === "string" && key !== "" ? key : undefined);
}

export async function daemonOf(context: AppContext, request: FastifyRequest): Promise<DaemonCaller> {
  const bearer = bearerOf(request);
  if (bearer === undefined) throw new CodedError("unauthenticated", "This route is for daemons, with a daemon key.");
  return await authenticateDaemon(context, bearer);
}
