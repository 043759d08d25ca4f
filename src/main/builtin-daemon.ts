import type { ServerConfig } from "../platform/config/server-options.ts";
import type { Disposers } from "../platform/disposers.ts";
import type { Logger } from "../platform/logger.ts";
import type { RunningServer } from "./start-server.ts";

export interface BuiltinDaemonOptions {
  readonly server: RunningServer;
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly disposers: Disposers;
}

/** Starts the server's own provisioner daemon, which speaks to it over HTTP like any other. */
export async function startBuiltinDaemon(_: BuiltinDaemonOptions): Promise<void> {}
