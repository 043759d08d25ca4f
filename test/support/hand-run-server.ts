import { AccessLog } from "../../src/app/access/access-log.ts";
import { createHeldOpen } from "../../src/http/held-open.ts";
import { httpLimits } from "../../src/http/http-limits.ts";
import { buildHttpServer } from "../../src/http/http-server.ts";
import { createAgentPrograms } from "../../src/main/agent-programs.ts";
import { createLeaving } from "../../src/http/leaving.ts";
import { stopHttp } from "../../src/http/stop-http.ts";
import { Client } from "../../src/client/client.ts";
import { ensureFirstRun } from "../../src/app/identity/first-run.ts";
import type { Controller } from "../../src/controllers/controller.ts";
import { observeController } from "../../src/controllers/observed-controller.ts";
import type { AgentId } from "../../src/contracts/ids.ts";
import { openNotifications } from "../../src/main/open-notifications.ts";
import { allControllers } from "../../src/main/start-controllers.ts";
import { loadConfig } from "../../src/platform/config/load-config.ts";
import { type ServerConfig, serverOptions } from "../../src/platform/config/server-options.ts";
import { retentionKeeps } from "../../src/main/configured-parts.ts";
import { createMetrics } from "../../src/platform/metrics/metrics.ts";
import type { Fixture } from "./fixture.ts";
import { HeldConnections } from "./held-connections.ts";
import { parseSeries } from "./metrics.ts";
import { reconcilerDeps } from "./reconcile.ts";
import { administratorPassword } from "./test-server.ts";

const yearMs = 365 * 86_400_000;
const metricsToken = "a token of the metrics";
const goOn = new AbortController().signal;

/** A whole server whose time is the test's: HTTP and every controller are the real ones, and nothing runs by itself. */
export interface HandRunServer {
  /** Signed in as the administrator. */
  readonly admin: Client;
  readonly url: string;
  client(token: string): Client;
  signIn(username: string, password: string): Promise<Client>;
  /** One run of every controller, in the server's order. @returns what each reported. */
  runControllers(): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;
  /** What `GET /metrics` shows, by series. */
  scrape(): Promise<ReadonlyMap<string, number>>;
  /** Says that somebody works in these agents' workspaces until the controllers have run next. */
  useAgents(agentIds: readonly AgentId[]): void;
  stop(): Promise<void>;
}

/** Time is the test's, and nothing was away or hangs. */
const undisturbed = {
  outageGraceMs: 0,
  selfReport: () => ({ hung: [], hearsNews: true, stateKeyId: "test", takesRelayTickets: true }) as const,
};

const withoutLoops = { controllers: () => [], lastCycle: () => null, sshGateway: () => null, dashboard: null } as const;

/** Builds it upon a fixture, whose clock it has. */
export async function startHandRunServer(fx: Fixture, overrides: Partial<ServerConfig>): Promise<HandRunServer> {
  const config = { ...loadConfig(serverOptions, { flags: new Map(), env: {} }).values, ...overrides };
  let url = "";
  // People stay signed in however far the clock is moved.
  const options = { ...fx.context.options, sessionLifetimeMs: yearMs, accessUrl: () => url };
  const context = { ...fx.context, options };
  await ensureFirstRun(context, { administratorPassword });
  const metrics = createMetrics({ namespace: config.metricsNamespace });
  const stopping = new AbortController();
  const [connections, held] = [new HeldConnections(), createHeldOpen(httpLimits, fx.context.logger)];
  const app = await buildHttpServer({
    ...context,
    ...held,
    accessLog: new AccessLog({ ...context, isOn: true }),
    trustedProxies: config.httpTrustedProxies,
    agentFiles: { ...createAgentPrograms(fx.context), bundle: noAgentFile, executable: noAgentFile },
    hearsNews: () => true,
    leaving: createLeaving(0),
    metrics,
    metricsAccess: { isPublic: false, token: metricsToken },
    stopping: stopping.signal,
    ...withoutLoops,
  });
  url = await app.listen({ host: "127.0.0.1", port: 0 });
  let used: readonly AgentId[] = [];
  const deps = {
    ...context,
    // It is the test that sets it, and not the database.
    clock: { ...fx.clock, setOffsetMs: () => undefined, offsetMs: () => 0 },
    serverUrl: () => url,
    version: "test",
    prebuilds: reconcilerDeps(fx).options,
    ...limitsOf(config),
    metrics,
    metricsRefresh: { refreshIntervalMs: 1_000, refreshTimeoutMs: 10_000 },
    uses: { usedAgents: () => used, connectedAgents: () => [], useNoted: () => undefined },
    ...undisturbed,
    connections,
    credentials: held.credentials,
    ...(await openNotifications(context, config)),
  };
  const controllers = allControllers(deps).map((one) => observeController(one, { ...deps, lastSuccesses: new Map() }));
  const client = (token?: string): Client => new Client({ url, token });
  const signIn = signInWith(client);
  return {
    admin: await signIn("admin", administratorPassword),
    url,
    client,
    signIn,
    runControllers: async () => {
      // Agents connect by statements here: what the table says is what the server holds.
      await connections.holdListed(fx);
      const reports = await runAll(controllers);
      used = [];
      return reports;
    },
    scrape: async () => {
      const headers = { authorization: `Bearer ${metricsToken}` };
      return parseSeries(await (await fetch(`${url}/metrics`, { headers })).text());
    },
    useAgents: (agentIds) => {
      used = agentIds;
    },
    stop: async () => {
      stopping.abort();
      for (const controller of controllers) await controller.release?.();
      await stopHttp(app, httpLimits.drainMs);
    },
  };
}

const signInWith =
  (client: (token?: string) => Client) =>
  async (username: string, password: string): Promise<Client> =>
    client((await client().call("login", { body: { username, password } })).secret);

async function runAll(controllers: readonly Controller[]): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const reports = new Map<string, Record<string, unknown>>();
  for (const controller of controllers) {
    const { outcome, fields } = await controller.run(goOn);
    if (outcome === "skipped") throw new Error(`the controller ${controller.name} does not hold its lease`);
    reports.set(controller.name, { ...fields });
  }
  return reports;
}

function noAgentFile(): Promise<never> {
  return Promise.reject(new Error("nobody fetches the agent's program in this test"));
}

function limitsOf(config: ServerConfig) {
  return {
    preemptAfterMs: config.provisionerPreemptAfterMs,
    agentLostAfterMs: config.prebuildsAgentLostAfterMs,
    provisionerWaitLimitMs: config.provisionerWaitLimitMs,
    retention: retentionKeeps(config),
  };
}
