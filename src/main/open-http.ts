import { setMaxListeners } from "node:events";
import path from "node:path";
import type { FastifyInstance } from "fastify";
import { AccessLog } from "../app/access/access-log.ts";
import type { AppContext } from "../app/app-context.ts";
import { ClaimQueue } from "../app/workspaces/claim-queue.ts";
import { FormEvaluations } from "../app/forms/form-evaluations.ts";
import { ClaimWaiters } from "../app/workspaces/claim-waiters.ts";
import { createVersionDefinitions } from "../app/workspaces/version-definitions.ts";
import type { ControllerStatus } from "../contracts/api/system.ts";
import { CodedError } from "../contracts/errors.ts";
import type { ControllerStatus as DriverStatus, RunningController } from "../controllers/driver.ts";
import { readDashboard } from "../http/dashboard/dashboard-files.ts";
import type { OpenGateway } from "../http/gateway/open-gateway.ts";
import type { HttpDeps } from "../http/http-deps.ts";
import { type HttpLimits, httpLimits } from "../http/http-limits.ts";
import { buildHttpServer } from "../http/http-server.ts";
import { stopHttp } from "../http/stop-http.ts";
import type { ListenAddress } from "../platform/config/http-options.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";
import type { Disposers } from "../platform/disposers.ts";
import { createAgentPrograms } from "./agent-programs.ts";
import type { HeldOpen } from "../http/held-open.ts";
import { packageRoot } from "./version.ts";

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

export interface OpenedHttp {
  readonly app: FastifyInstance;
  /** Starts the SSH gateway. Errors: `port_in_use`, `state_key_mismatch`. */
  readonly listenForSsh: (address: ListenAddress) => Promise<void>;
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
): Promise<OpenedHttp> {
  const stopping = new AbortController();
  // Each stream and wait listens; how many there may be is bounded elsewhere.
  setMaxListeners(0, stopping.signal);
  const { controllers, disposers, ...given } = parts;
  const accessLog = new AccessLog({ ...context, isOn: context.options.isAccessAudited });
  let gateway: OpenGateway | null = null;
  const deps: HttpDeps = {
    ...context,
    accessLog,
    versions: createVersionDefinitions(),
    claims: new ClaimQueue(context.db, context),
    waiters: new ClaimWaiters(),
    forms: new FormEvaluations(),
    ...given,
    agentFiles: createAgentPrograms(context),
    dashboard: readDashboard(path.join(packageRoot, "dist/dashboard")),
    controllers: () => controllers.map((controller) => statusView(controller.status())),
    lastCycle: () => controllers.find((controller) => controller.name === "prebuilds")?.status().report ?? null,
    stopping: stopping.signal,
    sshGateway: () => gateway,
  };
  const app = await buildHttpServer(deps);
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
  const listenForSsh = async (address: ListenAddress): Promise<void> => {
    // Loaded where there is one: a server without needs no server of SSH.
    const { Gateway } = await import("../http/gateway/gateway.ts");
    ({ open: gateway } = await Gateway.listen(deps, address));
  };
  return { app, listenForSsh };
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

/** @returns where it listens for HTTP. Errors: `port_in_use`, `state_key_mismatch`. */
export async function listen({ app, listenForSsh }: OpenedHttp, config: ServerConfig): Promise<string> {
  const url = await listenForHttp(app, config);
  if (config.sshListen !== null) await listenForSsh(config.sshListen);
  return url;
}

async function listenForHttp(app: FastifyInstance, config: ServerConfig): Promise<string> {
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
