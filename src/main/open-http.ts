import { setMaxListeners } from "node:events";
import type { FastifyInstance } from "fastify";
import { AccessLog } from "../app/access/access-log.ts";
import type { AppContext } from "../app/app-context.ts";
import { ClaimQueue } from "../app/workspaces/claim-queue.ts";
import { ClaimWaiters } from "../app/workspaces/claim-waiters.ts";
import { createVersionDefinitions } from "../app/workspaces/version-definitions.ts";
import type { ControllerStatus } from "../contracts/api/system.ts";
import { CodedError } from "../contracts/errors.ts";
import type { ControllerStatus as DriverStatus, RunningController } from "../controllers/driver.ts";
import type { HttpDeps } from "../http/http-deps.ts";
import { type HttpLimits, httpLimits } from "../http/http-limits.ts";
import { buildHttpServer } from "../http/http-server.ts";
import { stopHttp } from "../http/stop-http.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";
import type { Disposers } from "../platform/disposers.ts";
import { createAgentPrograms } from "./agent-programs.ts";
import type { HeldOpen } from "../http/held-open.ts";

const httpStopMs = 10_000;

/** @param given for tests of the limits themselves. */
export function limitsOf(config: ServerConfig, given: Partial<HttpLimits> = {}): HttpLimits {
  return {
    ...httpLimits,
    connectionsMax: config.httpConnectionsMax,
    connectionsPerAddressMax: config.httpConnectionsPerAddressMax,
    heldPerAddressMax: config.httpHeldPerAddressMax,
    streamsPerPersonMax: config.httpStreamsPerPersonMax,
    commandsPerPersonMax: config.httpCommandsPerPersonMax,
    tunnelsPerPersonMax: config.httpTunnelsPerPersonMax,
    openingsPerMinuteMax: config.httpOpeningsPerMinuteMax,
    execIdleMs: config.httpCommandIdleMs,
    ...given,
  };
}

/** The HTTP server, which does not listen yet. */
export async function openHttp(
  context: AppContext,
  parts: HeldOpen &
    Pick<HttpDeps, "trustedProxies" | "hearsNews" | "leaving" | "metrics" | "metricsAccess"> & {
      readonly limits: HttpLimits;
      readonly controllers: readonly RunningController[];
      readonly disposers: Disposers;
    },
): Promise<FastifyInstance> {
  const stopping = new AbortController();
  // Each stream and wait listens; how many there may be is bounded elsewhere.
  setMaxListeners(0, stopping.signal);
  const { controllers, disposers, ...given } = parts;
  const accessLog = new AccessLog({ ...context, isOn: context.options.isAccessAudited });
  const app = await buildHttpServer({
    ...context,
    accessLog,
    versions: createVersionDefinitions(),
    claims: new ClaimQueue(context.db, context),
    waiters: new ClaimWaiters(),
    ...given,
    agentFiles: createAgentPrograms(context),
    controllers: () => controllers.map((controller) => statusView(controller.status())),
    lastCycle: () => controllers.find((controller) => controller.name === "prebuilds")?.status().report ?? null,
    stopping: stopping.signal,
  });
  disposers.add(
    "HTTP",
    async () => {
      stopping.abort();
      given.hub.closeAll();
      given.tunnels.closeAll();
      await stopHttp(app, given.limits.drainMs);
      await given.hub.settled();
      await accessLog.close();
    },
    { timeoutMs: httpStopMs },
  );
  return app;
}

function statusView(status: DriverStatus): ControllerStatus {
  return {
    ...status,
    runningSince: status.runningSince?.toISOString() ?? null,
    hungSince: status.hungSince?.toISOString() ?? null,
    lastStartedAt: status.lastStartedAt?.toISOString() ?? null,
    report: status.report === null ? null : { ...status.report },
  };
}

export async function listen(app: FastifyInstance, config: ServerConfig): Promise<string> {
  try {
    return await app.listen({ host: config.httpHost, port: config.httpPort });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new CodedError(
      "port_in_use",
      `The address ${config.httpHost}:${config.httpPort} is in use by another program.`,
      {
        cause: error,
        next: "Stop that program, or choose another port: `npm start -- --http-port 7081`.",
      },
    );
  }
}
