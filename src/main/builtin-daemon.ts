import path from "node:path";
import { Client } from "../client/client.ts";
import { leasePollMsMax } from "../contracts/limits.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";
import type { Disposers } from "../platform/disposers.ts";
import type { Logger } from "../platform/logger.ts";
import { systemRandom } from "../platform/random.ts";
import { startDaemon } from "../provisioner/daemon.ts";
import { builtinDaemonNames } from "../db/daemons/builtin-daemons.ts";
import { ownDaemonName } from "./daemon-name.ts";
import { makeDrivers } from "./make-drivers.ts";
import type { RunningServer } from "./start-server.ts";

/** A call may take this much longer than the server holds it open. */
const callMarginMs = 30_000;
/** Running jobs may finish within this time when the server stops. */
const graceMs = 10_000;
const stopMs = 20_000;

export interface BuiltinDaemonOptions {
  readonly server: RunningServer;
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly disposers: Disposers;
}

/** Starts the server's own provisioner daemon, which speaks to it over HTTP like any other. */
export async function startBuiltinDaemon({ server, config, logger, disposers }: BuiltinDaemonOptions): Promise<void> {
  const root = path.join(server.dataDir, "provisioner");
  const { context } = server;
  const daemon = startDaemon({
    client: new Client({ url: server.url, token: server.daemonKey, timeoutMs: leasePollMsMax + callMarginMs }),
    name: ownDaemonName(
      { root, dataDir: server.dataDir, random: systemRandom },
      await builtinDaemonNames(server.store),
    ),
    incarnation: systemRandom.uuid(),
    ...makeDrivers(config.provisionerDrivers, { root, logger, config }),
    concurrency: config.provisionerConcurrency,
    tags: {},
    scratchDir: path.join(root, "scratch"),
    version: context.options.version,
    logger,
    random: systemRandom,
    clock: context.clock,
  });
  disposers.add("provisioner", () => daemon.stop({ graceMs }), { timeoutMs: stopMs });
  await daemon.ready;
}
