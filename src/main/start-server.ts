import { rmSync } from "node:fs";
import { hostname } from "node:os";
import type pg from "pg";
import type { AppContext } from "../app/app-context.ts";
import { checkStateKey } from "../app/provisioner/check-state-key.ts";
import { Signer } from "../app/signer.ts";
import { createStateVault } from "../app/provisioner/state-vault.ts";
import { ensureFirstRun, type FirstRun } from "../app/identity/first-run.ts";
import { newSecret } from "../app/secret.ts";
import { PostgresBus } from "../bus/postgres-bus.ts";
import type { ServerId } from "../contracts/ids.ts";
import { migrate } from "../db/migrate.ts";
import { createPool, endsWithConnections } from "../db/pg-pool.ts";
import { readSwitches } from "../db/settings/settings.ts";
import { holdStoredOptions } from "../db/settings/stored-options.ts";
import { Store } from "../db/store.ts";
import { createHeldOpen } from "../http/held-open.ts";
import type { HttpDeps } from "../http/http-deps.ts";
import type { RunningController } from "../controllers/driver.ts";
import type { HttpLimits } from "../http/http-limits.ts";
import { createLeaving } from "../http/leaving.ts";
import { offsetClock } from "../platform/clock.ts";
import type { SettingsHolder } from "../platform/config/live-config.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";
import type { Disposers } from "../platform/disposers.ts";
import type { Logger } from "../platform/logger.ts";
import { createPrebuildsSwitch, type PrebuildsSwitchHolder } from "../platform/prebuilds-switch.ts";
import { systemRandom } from "../platform/random.ts";
import { appOptions, prebuildsOptions, retentionKeeps } from "./configured-parts.ts";
import { limitsOf, listen, openHttp } from "./open-http.ts";
import { openManifestReader } from "./open-manifest-reader.ts";
import { openMetrics } from "./open-metrics.ts";
import { type OpenedDatabase, openDatabase } from "./open-database.ts";
import { openNotifications } from "./open-notifications.ts";
import { peerUrl } from "./peer-url.ts";
import { type StateKeys, stateKeys } from "./state-keys.ts";
import { type ControllerDeps, startControllers } from "./start-controllers.ts";
import { packageVersion } from "./version.ts";
import { serverAddress } from "../contracts/under-url.ts";

export interface StartServerOptions {
  readonly config: ServerConfig;
  /** Behind `config`: what may change while the server runs. */
  readonly settings: SettingsHolder;
  readonly isDataDirChosen: boolean;
  readonly administratorPassword: string | null;
  readonly logger: Logger;
  /** Everything that was opened is added, so that a start that fails half-way leaves nothing behind. */
  readonly disposers: Disposers;
  /** For tests of the limits themselves. */
  readonly httpLimits?: Partial<HttpLimits>;
  /** The program of `manifest-worker.ts`, for tests, which run what is not compiled. */
  readonly manifestWorker?: URL;
  /** Called when the server cannot go on. */
  readonly onFatal: (reason: string) => void;
}

export interface RunningServer {
  /** Where it listens, for example `http://127.0.0.1:7080`. */
  readonly url: string;
  readonly accessUrl: string;
  readonly dataDir: string;
  readonly database: string;
  readonly context: AppContext;
  readonly store: Store;
  /** Key of the built-in provisioner daemon. */
  readonly daemonKey: string;
  readonly firstRun: FirstRun;
  readonly controllers: readonly RunningController[];
  /** Says on `/readyz` that it is about to stop; disposing begins with `http.stop_delay` from now. */
  leave(): void;
}

const marginMs = 1_000;

/** Puts a server together: database, migrations, bus, use cases, HTTP, controllers. */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { config, logger, disposers } = options;
  const opened = await openConfigured(options);
  const pool = await openPool(opened.connection, options);
  const serverId = systemRandom.uuid() as ServerId;
  const bus = await openBus(opened.connection, serverId, options);
  const store = new Store({ pool, logger, publish: (topics) => bus.publish(topics) });
  const clock = offsetClock();
  const daemonKey = newSecret(systemRandom, "daemon");
  const sealing = stateKeys(config.stateKey, { ...opened, random: systemRandom });
  let url = "";
  const context: AppContext = {
    db: store,
    clock,
    random: systemRandom,
    logger,
    news: bus,
    serverId,
    monotonicMs: () => performance.now(),
    prebuildsSwitch: await openSwitch(config, store),
    stateVault: createStateVault(sealing.keys, systemRandom),
    signer: new Signer(sealing.keys),
    manifestReader: openManifestReader({ program: options.manifestWorker }),
    settings: await holdingStored(options.settings, store),
    options: appOptions(config, {
      accessUrl: () => (config.accessUrl === undefined ? url : serverAddress(new URL(config.accessUrl))),
      daemonKey,
    }),
  };
  await joinWithKey(context, sealing);
  const notifications = await openNotifications(context, config);
  const firstRun = await ensureFirstRun(context, { administratorPassword: options.administratorPassword });
  const controllers: RunningController[] = [];
  const limits = limitsOf(config, options.httpLimits);
  const held = createHeldOpen(limits, logger);
  const measuring = openMetrics(config, { ...context, pool, bus, ...held });
  const hearsNews = (): boolean => bus.isConnected;
  const leaving = createLeaving(config.httpStopDelayMs);
  const parts = { controllers, disposers, ...held, hearsNews, leaving, limits, ...measuring };
  const http = await openHttp(context, { ...parts, trustedProxies: config.httpTrustedProxies });
  url = await listen(http, config);
  controllers.push(
    ...startControllers({
      ...context,
      clock,
      serverUrl: () => peerUrlOf(config, url),
      ...controllerOptions(config),
      ...measuring,
      ...heldOpen(held),
      selfReport: () => selfReport(context, controllers, hearsNews()),
      ...notifications,
    }),
  );
  disposers.add("controllers", () => stopAll(controllers));
  // Before its loops: one that still serves has to go on saying that it lives. Beside the daemon's grace, which runs first.
  disposers.add("the delay before it stops", () => leaving.over(), { timeoutMs: config.httpStopDelayMs + marginMs });
  return {
    url,
    accessUrl: context.options.accessUrl(),
    dataDir: opened.dataDir,
    database: opened.description,
    context,
    store,
    daemonKey,
    firstRun,
    controllers,
    leave: leaving.leave,
  };
}

/** What is open on this server, as its controllers know it. */
function heldOpen({ hub, credentials }: Pick<HttpDeps, "hub" | "credentials">) {
  return { uses: hub, connections: hub, credentials };
}

async function openConfigured(options: StartServerOptions): Promise<OpenedDatabase> {
  const { config, logger, disposers } = options;
  return await openDatabase({
    url: config.pgUrl,
    dataDir: config.dataDir,
    isDataDirChosen: options.isDataDirChosen,
    logger,
    disposers,
    onLost: () => options.onFatal("the embedded PostgreSQL could not be kept running"),
  });
}

/** Connections to a database whose schema is this release's. */
async function openPool(connection: pg.PoolConfig, options: StartServerOptions): Promise<pg.Pool> {
  const { config, logger, disposers } = options;
  await migrateFirst(connection, logger);
  const pool = createPool({
    connection,
    connectionsMax: config.pgConnMaxOpen,
    idleMax: config.pgConnMaxIdle,
    logger,
  });
  disposers.add("database connections", endsWithConnections(pool));
  return pool;
}

async function openBus(
  connection: pg.ClientConfig,
  serverId: ServerId,
  { logger, disposers }: StartServerOptions,
): Promise<PostgresBus> {
  const bus = new PostgresBus({ connection, logger, serverId });
  await bus.start();
  disposers.add("news", () => bus.stop());
  return bus;
}

/** A key that was made for nothing is not left behind, where it would be taken for the deployment's. */
async function joinWithKey(context: AppContext, { madeFile }: StateKeys): Promise<void> {
  try {
    await checkStateKey(context);
  } catch (error) {
    if (madeFile !== null) rmSync(madeFile, { force: true });
    throw error;
  }
}

/** On a connection of its own without limits: a migration takes what it takes, and waits for another server's. */
async function migrateFirst(connection: pg.PoolConfig, logger: Logger): Promise<void> {
  const pool = createPool({ connection, connectionsMax: 1, idleMax: 0, logger, deadlines: "none" });
  const end = endsWithConnections(pool);
  try {
    await migrate(pool, { logger });
  } finally {
    await end();
  }
}

/** How the switch stands at the start; a controller keeps it so. */
async function openSwitch(config: ServerConfig, store: Store): Promise<PrebuildsSwitchHolder> {
  const prebuildsSwitch = createPrebuildsSwitch(config.prebuildsEnabled);
  prebuildsSwitch.hold(!(await readSwitches(store)).off.isTurned);
  return prebuildsSwitch;
}

/** What is stored of the options counts from the first request on; a controller keeps it so. */
async function holdingStored(settings: SettingsHolder, store: Store): Promise<SettingsHolder> {
  await holdStoredOptions(store, settings);
  return settings;
}

function peerUrlOf(config: ServerConfig, listenUrl: string): string {
  return peerUrl({ option: config.httpPeerUrl, listenUrl, listenHost: config.httpHost, machine: hostname() });
}

/** What this server tells the others of itself. */
function selfReport(
  context: AppContext,
  controllers: readonly RunningController[],
  hearsNews: boolean,
): ReturnType<ControllerDeps["selfReport"]> {
  const hung = controllers.flatMap((controller) => {
    const { name, hungSince, runningSince } = controller.status();
    const since = runningSince ?? hungSince;
    return hungSince === null || since === null ? [] : [{ controller: name, since: since.toISOString() }];
  });
  return { hung, hearsNews, stateKeyId: context.stateVault.keyId, takesRelayTickets: true };
}

async function stopAll(controllers: readonly RunningController[]): Promise<void> {
  await Promise.all(controllers.map((controller) => controller.stop()));
}

function controllerOptions(
  config: ServerConfig,
): Pick<
  ControllerDeps,
  "version" | "prebuilds" | "preemptAfterMs" | "agentLostAfterMs" | "provisionerWaitLimitMs" | "retention"
> {
  return {
    version: packageVersion(),
    prebuilds: prebuildsOptions(config),
    preemptAfterMs: config.provisionerPreemptAfterMs,
    agentLostAfterMs: config.prebuildsAgentLostAfterMs,
    provisionerWaitLimitMs: config.provisionerWaitLimitMs,
    retention: retentionKeeps(config),
  };
}
