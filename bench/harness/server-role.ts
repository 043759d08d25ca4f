import { monitorEventLoopDelay } from "node:perf_hooks";
import { tmpdir } from "node:os";
import { PostgresBus } from "../../src/bus/postgres-bus.ts";
import { startServer } from "../../src/main/start-server.ts";
import { liveServerConfig } from "../../src/platform/config/live-options.ts";
import { loadConfig } from "../../src/platform/config/load-config.ts";
import { serverOptions } from "../../src/platform/config/server-options.ts";
import { createDisposers } from "../../src/platform/disposers.ts";
import { createLogger } from "../../src/platform/logger.ts";
import type { Role } from "./role.ts";

export type ServerMessage =
  /** `isMute`: nothing that it publishes reaches anybody, as when every wake-up is lost. */
  | { readonly kind: "start"; readonly flags: Readonly<Record<string, string>>; readonly isMute?: boolean }
  | { readonly kind: "stats" };

export interface ServerStarted {
  readonly url: string;
  readonly daemonKey: string;
}

/** Since the question before. */
export interface ServerStats {
  readonly cpuMs: number;
  readonly loopDelayP99Ms: number;
  readonly residentMiB: number;
}

/** The server as `prewarm server` puts it together, configured by flags, in a process of its own. */
export function createServerRole(): Role {
  const logger = createLogger({ level: "warn", format: "pretty", destination: process.stderr });
  const disposers = createDisposers(logger);
  const delays = monitorEventLoopDelay({ resolution: 5 });
  let cpu = process.cpuUsage();
  const start = async ({ flags, isMute }: Extract<ServerMessage, { kind: "start" }>): Promise<ServerStarted> => {
    if (isMute === true) PostgresBus.prototype.publish = () => undefined;
    const loaded = loadConfig(serverOptions, { flags: new Map(Object.entries(flags)), env: {} });
    const settings = liveServerConfig({ ...loaded, values: { ...loaded.values, dataDir: tmpdir() } });
    const server = await startServer({
      config: settings.values,
      settings,
      isDataDirChosen: true,
      administratorPassword: "not-a-secret-of-anybody",
      logger,
      disposers,
      onFatal: (reason) => logger.error("the benchmark's server cannot go on", { reason }),
    });
    delays.enable();
    return { url: server.url, daemonKey: server.daemonKey };
  };
  const stats = (): ServerStats => {
    const used = process.cpuUsage(cpu);
    const loopDelayP99Ms = delays.percentile(99) / 1e6;
    cpu = process.cpuUsage();
    delays.reset();
    const residentMiB = process.memoryUsage.rss() / 1024 ** 2;
    return { cpuMs: (used.user + used.system) / 1_000, loopDelayP99Ms, residentMiB };
  };
  return {
    answer: async (message) => {
      // Sent by the benchmark of the same program.
      const asked = message as ServerMessage;
      return asked.kind === "start" ? await start(asked) : stats();
    },
    close: async () => {
      await disposers.disposeAll();
    },
  };
}
