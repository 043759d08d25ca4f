import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import websocket from "@fastify/websocket";
import fastify, { type FastifyInstance } from "fastify";
import { agentConnectPath } from "../contracts/agent-protocol.ts";
import { terminalPath } from "../contracts/terminals.ts";
import { agentTunnelPath, tunnelPath } from "../contracts/tunnel.ts";
import { CodedError } from "../contracts/errors.ts";
import { agentMessageBytesMax } from "../contracts/limits.ts";
import { serverVersionHeader } from "../contracts/server-version.ts";
import type { Logger } from "../platform/logger.ts";
import { AppGate } from "./apps/app-gate.ts";
import { registerAuthorizePage } from "./apps/authorize-page.ts";
import { AddressConnections } from "./address-connections.ts";
import { dashboardAnswer } from "./dashboard/serve-dashboard.ts";
import { serveAgent } from "./agent-socket.ts";
import { registerAgentDownloads } from "./agent-downloads.ts";
import { agentOf, grantedStream, userOf } from "./credentials.ts";
import { answerError } from "./error-answer.ts";
import { serveExec } from "./exec-socket.ts";
import { serveAgentTunnel } from "./tunnel/agent-tunnel-socket.ts";
import { serveTerminal, type TerminalWish, terminalWish } from "./terminals/terminal-socket.ts";
import { serveTunnel, type TunnelCaller } from "./tunnel/tunnel-socket.ts";
import type { HttpDeps } from "./http-deps.ts";
import { httpLimits } from "./http-limits.ts";
import { closeConnectionsWhileLeaving } from "./leaving.ts";
import { registerLive } from "./live/live-hub.ts";
import { measureRequests, registerMetricsPage } from "./metrics-page.ts";
import { onceClosed } from "./once-closed.ts";
import { registerApiPages } from "./openapi.ts";
import { registerRoutes } from "./register-routes.ts";
import { registerSetUpPage } from "./setup-page.ts";
import { limitSlowBodies } from "./slow-bodies.ts";
import { checkTexts } from "./storable-input.ts";
import { refuseWhileStopping } from "./stop-http.ts";
import { validatorCompiler } from "./validation.ts";
import { nameAnswers } from "./weak-etags.ts";

/** Longest request line and headers that are read. */
const headersBytesMax = 32 * 1_024;
const keepAliveMs = 65_000;
const keepAliveDelayMs = 30_000;
/** Refused connections are logged once in so long. */
const dropsSaidMs = 60_000;

/** Builds the HTTP server, ready to listen. */
export async function buildHttpServer(deps: HttpDeps): Promise<FastifyInstance> {
  const limits = deps.limits ?? httpLimits;
  const gate = new AppGate(deps);
  const app = fastify({
    logger: false,
    serverFactory: (handler, options) => serverOf(gate, handler, options),
    genReqId: () => deps.random.uuid(),
    keepAliveTimeout: keepAliveMs,
    requestTimeout: limits.requestMs,
    http: {
      maxHeaderSize: headersBytesMax,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: limits.checkMs,
      // Who waits long, and whose machine is gone, is found by the kernel.
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelayMs,
    },
    // The last that it names and that is no proxy of ours: what stands before it is whatever the caller wrote.
    trustProxy: (address) => deps.trustedProxies.has(address),
    routerOptions: { maxParamLength: 256 },
    // A path that cannot be decoded comes to no route and no hook.
    frameworkErrors: (error, request, reply) => answerError(deps.logger, error, request, reply),
    // Requests under way are answered; what comes after them is refused with a code of ours (stop-http.ts).
    forceCloseConnections: "idle",
    return503OnClosing: false,
  });
  limitConnections(app, limits.connectionsMax, deps.logger);
  const { trustedProxies, logger } = deps;
  const byAddress = new AddressConnections({ perAddressMax: limits.connectionsPerAddressMax, trustedProxies, logger });
  byAddress.watch(app);
  deps.outgoing.watch(app);
  refuseWhileStopping(app, deps.stopping);
  closeConnectionsWhileLeaving(app, deps.leaving);
  limitSlowBodies(app, limits);
  checkTexts(app);
  app.setValidatorCompiler(validatorCompiler);
  // The views are made field by field from the contract; writing them again by schema would only cost time.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error, request, reply) => answerError(deps.logger, error, request, reply));
  const version = versionOf(deps);
  answerUnknown(app, deps, version);
  app.addContentTypeParser("application/gzip", { parseAs: "buffer" }, (_, body, done) => done(null, body));
  app.addContentTypeParser("multipart/form-data", { parseAs: "buffer" }, (_, body, done) => done(null, body));
  app.addHook("onSend", async (_, reply) => {
    void reply.header("x-content-type-options", "nosniff");
    void reply.header("referrer-policy", "no-referrer");
    void reply.header("x-frame-options", "DENY");
    void reply.header(serverVersionHeader, version);
  });
  nameAnswers(app);
  measureRequests(app, deps.metrics);
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  await app.register(websocket, { options: { maxPayload: agentMessageBytesMax * 2 } });
  takeUpgrades(app, gate);
  await registerApiPages(app, deps);
  await app.register(async (scope) => {
    registerRoutes(scope, deps);
    registerSockets(scope, deps, byAddress);
    registerPeoplesSockets(scope, deps);
    registerLive(scope, deps);
  });
  registerAgentDownloads(app, deps.agentFiles);
  registerSetUpPage(app, deps);
  registerAuthorizePage(app, deps);
  registerMetricsPage(app, deps);
  return app;
}

/** Pages of the dashboard, and what there is nothing at. */
function answerUnknown(app: FastifyInstance, deps: HttpDeps, version: string): void {
  const answerFromDashboard = dashboardAnswer({ files: deps.dashboard, version, below: () => belowOf(deps) });
  app.setNotFoundHandler((request, reply) => {
    if (answerFromDashboard(request, reply)) return;
    const error = new CodedError("not_found", `There is nothing at ${request.method} ${request.url.split("?")[0]}.`, {
      next: "`/api/docs` lists every route.",
    });
    answerError(deps.logger, error, request, reply);
  });
}

/** The release, and after it what the dashboard was built from: a page of another build has to be loaded anew. */
function versionOf({ options, dashboard }: HttpDeps): string {
  return dashboard === null ? options.version : `${options.version}+${dashboard.fingerprint}`;
}

/** Path of the reverse proxy below which this server lies; empty where it lies below none. */
function belowOf({ options }: HttpDeps): string {
  return new URL(options.accessUrl()).pathname.replace(/\/+$/, "");
}

/** As the framework makes one, but for what comes to an app's address: that is nothing of the framework's. */
function serverOf(gate: AppGate, handler: RequestListener, options: Readonly<Record<string, unknown>>): Server {
  const server = createServer(options["http"] as ServerOptions, (request, response) => {
    if (gate.takes(request)) gate.serve(request, response);
    else handler(request, response);
  });
  server.keepAliveTimeout = keepAliveMs;
  server.requestTimeout = Number(options["requestTimeout"]);
  return server;
}

/** The same for WebSockets, which the framework's own listener would answer first. */
function takeUpgrades(app: FastifyInstance, gate: AppGate): void {
  const own = app.server.listeners("upgrade");
  app.server.removeAllListeners("upgrade");
  app.server.on("upgrade", (request, socket, head) => {
    if (gate.takes(request)) return gate.upgrade(request, socket, head);
    for (const listener of own) listener.call(app.server, request, socket, head);
  });
}

/** Beyond the limit a connection is closed at once: those that are there, agents before all, keep theirs. */
function limitConnections(app: FastifyInstance, connectionsMax: number, logger: Logger): void {
  app.server.maxConnections = connectionsMax;
  let saidMs = Number.NEGATIVE_INFINITY;
  app.server.on("drop", () => {
    if (performance.now() - saidMs < dropsSaidMs) return;
    saidMs = performance.now();
    logger.warn("a connection was refused: the server has as many as it may", { limit: connectionsMax });
  });
}

function registerSockets(app: FastifyInstance, deps: HttpDeps, byAddress: AddressConnections): void {
  app.get(agentConnectPath, { websocket: true, schema: { hide: true } }, async (socket, request) => {
    // An agent may report as soon as it is connected. Nobody listens until it is known who it is, and frames that
    // came before would be lost, its "ready" among them.
    socket.pause();
    try {
      const agent = await agentOf(deps, request);
      byAddress.discount(request.raw.socket);
      deps.outgoing.note(request.raw.socket, { kind: "agent", id: agent.id }, "open");
      const serving = serveAgent(deps, agent, socket);
      socket.resume();
      await serving;
    } catch (error) {
      socket.resume();
      // 4001 tells the agent that coming back with this token is useless; anything else is worth another try.
      const isRefused = error instanceof CodedError && error.code === "unauthenticated";
      socket.close(isRefused ? 4001 : 1011, isRefused ? "agent retired" : "try again");
    }
  });
  app.get(agentTunnelPath, { websocket: true, schema: { hide: true } }, async (socket, request) => {
    socket.pause();
    try {
      const agent = await agentOf(deps, request);
      byAddress.discount(request.raw.socket);
      deps.outgoing.note(request.raw.socket, { kind: "agent", id: agent.id }, "open");
      await serveAgentTunnel(deps, agent, { socket, request });
    } catch (error) {
      const isRefused = error instanceof CodedError && error.code === "unauthenticated";
      socket.close(isRefused ? 4001 : 1011, isRefused ? "agent retired" : "try again");
    } finally {
      socket.resume();
    }
  });
}

/** Those that people open, each with a session or a token. */
function registerPeoplesSockets(app: FastifyInstance, deps: HttpDeps): void {
  app.get<{ Params: { workspace: string } }>(
    tunnelPath(":workspace"),
    {
      websocket: true,
      schema: { hide: true },
      preValidation: async (request) => {
        const grant = grantedStream(deps, request);
        if (grant !== undefined) return void tunnelCallers.set(request.raw, { kind: "server", grant, isRelayed: true });
        const actor = await userOf(deps, request);
        onceClosed(request.raw.socket, deps.places.take("tunnel", actor, request));
        deps.outgoing.note(request.raw.socket, { kind: "person", id: actor.userId }, "open");
        tunnelCallers.set(request.raw, { kind: "person", actor, request });
      },
    },
    (socket, request) => {
      const caller = tunnelCallers.get(request.raw);
      if (caller === undefined) return socket.close(1008, "unauthenticated");
      serveTunnel(deps, { socket, caller, workspace: request.params.workspace });
    },
  );
  app.get<{ Params: { workspace: string; terminal: string } }>(
    terminalPath(":workspace", ":terminal"),
    {
      websocket: true,
      schema: { hide: true },
      preValidation: async (request) => {
        const actor = await userOf(deps, request);
        terminalWishes.set(request.raw, await terminalWish(deps, actor, request));
        onceClosed(request.raw.socket, deps.places.take("tunnel", actor, request));
        deps.outgoing.note(request.raw.socket, { kind: "person", id: actor.userId }, "open");
        socketActors.set(request.raw, actor);
      },
    },
    (socket, request) => {
      const [actor, wish] = [socketActors.get(request.raw), terminalWishes.get(request.raw)];
      if (actor === undefined || wish === undefined) return socket.close(1008, "unauthenticated");
      serveTerminal(deps, { socket, request, actor, workspace: request.params.workspace, ...wish });
    },
  );
  app.get<{ Params: { workspace: string } }>(
    "/api/v1/workspaces/:workspace/exec",
    {
      websocket: true,
      schema: { hide: true },
      preValidation: async (request) => {
        const actor = await userOf(deps, request);
        onceClosed(request.raw.socket, deps.places.take("command", actor, request));
        deps.outgoing.note(request.raw.socket, { kind: "person", id: actor.userId }, "open");
        socketActors.set(request.raw, actor);
      },
    },
    (socket, request) => {
      const actor = socketActors.get(request.raw);
      if (actor === undefined) return socket.close(1008, "unauthenticated");
      serveExec(deps, { socket, request, actor, workspace: request.params.workspace });
    },
  );
}

const tunnelCallers = new WeakMap<object, TunnelCaller>();
const socketActors = new WeakMap<object, Awaited<ReturnType<typeof userOf>>>();
const terminalWishes = new WeakMap<object, TerminalWish>();
