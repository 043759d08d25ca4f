import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { Actor } from "../app/authorize.ts";
import { ErrorResponse } from "../contracts/api/error-response.ts";
import type { RouteDefinition } from "../contracts/api/route.ts";
import { type RouteId, routes } from "../contracts/api/routes.ts";
import { CodedError } from "../contracts/errors.ts";
import { agentSettingsBytesMax, agentsMax, gitAsksPerMinuteMax, providerStateBytesMax } from "../contracts/limits.ts";
import { subscriberOf } from "../platform/network/address-ranges.ts";
import { boundedIntegers } from "./bounded-integers.ts";
import { type AgentIdentity, agentOf, daemonOf, userOf } from "./credentials.ts";
import type { Call, Handlers } from "./handler.ts";
import { agentHandlers } from "./handlers/agent-handlers.ts";
import { agentMetadataHandlers } from "./handlers/agent-metadata-handlers.ts";
import { ideHandlers } from "./handlers/ide-handlers.ts";
import { appHandlers } from "./handlers/app-handlers.ts";
import { auditHandlers } from "./handlers/audit-handlers.ts";
import { provisionerHandlers } from "./handlers/provisioner-handlers.ts";
import { serverHandlers } from "./handlers/server-handlers.ts";
import { settingHandlers } from "./handlers/setting-handlers.ts";
import { dotfilesHandlers } from "./handlers/dotfiles-handlers.ts";
import { gitAccountHandlers } from "./handlers/git-account-handlers.ts";
import { sshKeyHandlers } from "./handlers/ssh-key-handlers.ts";
import { secretHandlers } from "./handlers/secret-handlers.ts";
import { daemonKeyHandlers } from "./handlers/daemon-key-handlers.ts";
import { daemonHandlers } from "./handlers/daemon-handlers.ts";
import { groupHandlers } from "./handlers/group-handlers.ts";
import { identityHandlers } from "./handlers/identity-handlers.ts";
import { loginKeyHandlers } from "./handlers/login-key-handlers.ts";
import { jobHandlers } from "./handlers/job-handlers.ts";
import { notificationHandlers } from "./handlers/notification-handlers.ts";
import { preferenceHandlers } from "./handlers/preference-handlers.ts";
import { prebuildHandlers } from "./handlers/prebuild-handlers.ts";
import { stateHandlers } from "./handlers/state-handlers.ts";
import { scheduleHandlers } from "./handlers/schedule-handlers.ts";
import { systemHandlers } from "./handlers/system-handlers.ts";
import { templateFileHandlers } from "./handlers/template-file-handlers.ts";
import { templateInsightsHandlers } from "./handlers/template-insights-handlers.ts";
import { templateHandlers } from "./handlers/template-handlers.ts";
import { terminalHandlers } from "./handlers/terminal-handlers.ts";
import { workspaceHandlers } from "./handlers/workspace-handlers.ts";
import type { HttpDeps } from "./http-deps.ts";
import { onceClosed } from "./once-closed.ts";
import type { Reader } from "./outgoing-bytes.ts";
import { serverStopping } from "./stop-http.ts";

/** Sign-ins that one address may try in a minute. */
const signInsPerMinuteMax = 30;
const jsonBodyBytesMax = 1_048_576;
const anybodysBodyBytesMax = 16_384;

/** Registers every route of the contract; one without a handler does not compile. */
export function registerRoutes(app: FastifyInstance, deps: HttpDeps): void {
  const handlers: Handlers<RouteId> = {
    ...systemHandlers(deps),
    ...identityHandlers(deps),
    ...preferenceHandlers(deps),
    ...groupHandlers(deps),
    ...templateHandlers(deps),
    ...templateFileHandlers(deps),
    ...templateInsightsHandlers(deps),
    ...workspaceHandlers(deps),
    ...agentMetadataHandlers(deps),
    ...stateHandlers(deps),
    ...scheduleHandlers(deps),
    ...jobHandlers(deps),
    ...prebuildHandlers(deps),
    ...notificationHandlers(deps),
    ...auditHandlers(deps),
    ...daemonKeyHandlers(deps),
    ...terminalHandlers(deps),
    ...secretHandlers(deps),
    ...sshKeyHandlers(deps),
    ...gitAccountHandlers(deps),
    ...dotfilesHandlers(deps),
    ...loginKeyHandlers(deps),
    ...appHandlers(deps),
    ...ideHandlers(deps),
    ...provisionerHandlers(deps),
    ...serverHandlers(deps),
    ...settingHandlers(deps),
    ...daemonHandlers(deps),
    ...agentHandlers(deps),
  };
  for (const id of Object.keys(routes) as RouteId[]) {
    // The table and the handlers have the same keys, and each handler takes the call of its own route.
    const handler = handlers[id] as (call: Call<RouteId>) => Promise<unknown>;
    app.route(routeOptions(deps, { id, route: routes[id], handler }));
  }
}

interface Registration {
  readonly id: RouteId;
  readonly route: RouteDefinition;
  readonly handler: (call: Call<RouteId>) => Promise<unknown>;
}

function routeOptions(deps: HttpDeps, { id, route, handler }: Registration): RouteOptions {
  const rate = rateLimitOf(deps, id);
  const bytesMax = bodyLimitOf(deps, id, route);
  return {
    method: route.method,
    url: route.path,
    bodyLimit: bytesMax,
    schema: schemaOf(id, route),
    config: { credential: route.credential, ...(rate === undefined ? {} : { rateLimit: rate }) },
    // Before the body is read: nobody uploads anything without a credential.
    onRequest: async (request, reply) => {
      const caller = await callerOf(deps, route, request);
      callers.set(request, caller);
      const sender = readerOf(route, caller);
      deps.outgoing.note(request.raw.socket, sender);
      deps.incoming.take(request, reply, { sender, bytesMax });
    },
    handler: async (request, reply) => {
      const call = {
        caller: callers.get(request),
        params: request.params,
        query: request.query,
        body: request.body,
        get gone() {
          return goneSignal(deps, reply, callers.get(request));
        },
        request,
        reply,
      } as unknown as Call<RouteId>;
      if (route.status !== undefined) void reply.code(route.status);
      const answer = await handler(call);
      return route.transport === "sse" ? reply : answer;
    },
  };
}

const callers = new WeakMap<FastifyRequest, unknown>();

async function callerOf(deps: HttpDeps, route: RouteDefinition, request: FastifyRequest): Promise<unknown> {
  switch (route.credential) {
    case "none":
      return undefined;
    case "user":
      return await userOf(deps, request);
    case "agent":
      return await agentOf(deps, request);
    case "daemon":
      return await daemonOf(deps, request);
  }
}

function readerOf(route: RouteDefinition, caller: unknown): Reader {
  if (route.credential === "daemon") return { kind: "daemon", id: "" };
  if (route.credential === "user") return { kind: "person", id: (caller as Actor).userId };
  if (route.credential === "agent") return { kind: "agent", id: (caller as AgentIdentity).id };
  return { kind: "unknown", id: "" };
}

/** The session, API token or daemon key that a caller came with; null for whoever came with none that can be ended. */
function credentialOf(caller: unknown): string | null {
  if (typeof caller !== "object" || caller === null) return null;
  if ("tokenId" in caller && typeof caller.tokenId === "string") return caller.tokenId;
  return "keyId" in caller && typeof caller.keyId === "string" ? caller.keyId : null;
}

/**
 * Aborted when the caller hangs up, his credential is ended, or the server stops, with the error that says which. Made only for the few routes that
 * ask for it.
 */
function goneSignal(deps: HttpDeps, reply: FastifyReply, caller: unknown): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort(serverStopping());
  deps.stopping.addEventListener("abort", stop, { once: true });
  if (deps.stopping.aborted) stop();
  const credential = credentialOf(caller);
  const letGo =
    credential === null ? undefined : deps.credentials.hold(credential, (reason) => controller.abort(reason));
  onceClosed(reply.raw, () => {
    letGo?.();
    deps.stopping.removeEventListener("abort", stop);
    controller.abort(new CodedError("canceled", "The caller hung up."));
  });
  return controller.signal;
}

function bodyLimitOf(deps: HttpDeps, id: RouteId, route: RouteDefinition): number {
  if (route.transport === "binary_up") return deps.options.uploadBytesMax;
  // Anybody may send these, and as many as there are connections are held at once.
  if (route.credential === "none") return anybodysBodyBytesMax;
  if (id === "completeJob") return jsonBodyBytesMax + agentsMax * agentSettingsBytesMax;
  return id === "putJobState" || id === "adoptState" ? providerStateBytesMax + jsonBodyBytesMax : jsonBodyBytesMax;
}

interface RateLimit {
  readonly max: number | (() => number);
  readonly timeWindow: number;
  readonly hook?: "preHandler";
  readonly keyGenerator?: (request: FastifyRequest) => string;
}

function rateLimitOf(deps: HttpDeps, id: RouteId): RateLimit | undefined {
  const timeWindow = 60_000;
  if (id === "login" || id === "setUp" || id === "changePassword") {
    return { max: signInsPerMinuteMax, timeWindow, keyGenerator: (request) => subscriberOf(request.ip) };
  }
  if (id === "agentGitCredential" || id === "reportGitCredential") {
    const agentOfRequest = (request: FastifyRequest): string => (callers.get(request) as AgentIdentity).id;
    return { max: gitAsksPerMinuteMax, timeWindow, hook: "preHandler", keyGenerator: agentOfRequest };
  }
  if (id !== "createWorkspace") return undefined;
  // Asked each time, as it may be changed while the server runs.
  const max = (): number => deps.options.creationsPerMinuteMax || Number.MAX_SAFE_INTEGER;
  const keyGenerator = (request: FastifyRequest): string =>
    (callers.get(request) as { readonly userId: string } | undefined)?.userId ?? request.ip;
  return { max, timeWindow, hook: "preHandler", keyGenerator };
}

function schemaOf(id: RouteId, route: RouteDefinition): NonNullable<RouteOptions["schema"]> {
  const isJson = route.transport === undefined || route.transport === "json";
  return {
    operationId: id,
    summary: route.summary,
    description: `Credential: ${route.credential}. Access: ${route.access}.`,
    tags: [route.tag],
    security: route.credential === "none" ? [] : [{ [route.credential]: [] }],
    ...(route.params === undefined ? {} : { params: boundedIntegers(route.params) }),
    ...(route.query === undefined ? {} : { querystring: boundedIntegers(route.query) }),
    ...(route.body === undefined ? {} : { body: boundedIntegers(route.body) }),
    ...(route.transport === "sse" ? { produces: ["text/event-stream"] } : {}),
    response: isJson
      ? { [String(route.status ?? 200)]: route.response, default: ErrorResponse }
      : { default: ErrorResponse },
  };
}
