import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Client } from "../../src/client/client.ts";
import { packageRoot } from "../../src/main/version.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { leaseMs } from "../plan/fault-kinds.ts";
import { Balancer } from "./balancer.ts";
import { FaultyProxy } from "./faulty-proxy.ts";
import { freePorts } from "./free-port.ts";
import { PostgresProgram } from "./postgres-program.ts";
import type { Possible } from "./possible.ts";
import { Program } from "./program.ts";
import type { RunFolder } from "./run-folder.ts";
import { mustComeTrue } from "./wait.ts";

export const password = "choose a password";
const serverCount = 3;
const daemonCount = 3;
const readyLimitMs = 60_000;
const stopLimitMs = 30_000;
const servingLookMs = 1_000;
const program = path.join(packageRoot, "bin/prewarm");

/** Shorter than what is shipped, so that a run of minutes sees what else takes hours. */
const serverSettings = {
  PREWARM_LOG_FORMAT: "json",
  PREWARM_HTTP_CREATIONS_PER_MINUTE: "0",
  PREWARM_PROVISIONER_BUILTIN: "false",
  // Without root its workspaces are kept apart from nothing, and several people have them.
  PREWARM_PROVISIONER_ALLOW_UNISOLATED: "true",
  PREWARM_PROVISIONER_LEASE: `${leaseMs}ms`,
  PREWARM_PROVISIONER_ORPHAN_AGE: "20s",
  PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "10s",
  PREWARM_PREBUILDS_BACKOFF_INTERVAL: "1s",
  PREWARM_PREBUILDS_BACKOFF_LOOKBACK: "30s",
  PREWARM_PREBUILDS_PROBE_INTERVAL: "5s",
  PREWARM_PREBUILDS_AGENT_LOST_AFTER: "60s",
};

export interface ServerUnit {
  readonly name: string;
  readonly port: number;
  readonly program: Program;
  /** Towards PostgreSQL. */
  readonly database: FaultyProxy;
  /** From the balancer. */
  readonly front: FaultyProxy;
  /** What libfaketime reads; null without it. */
  readonly clockFile: string | null;
}

export interface DaemonUnit {
  readonly name: string;
  readonly folder: string;
  readonly program: Program;
}

export interface SystemOptions {
  readonly folder: RunFolder;
  readonly logFolder: string;
  readonly possible: Possible;
  readonly onSurprise: (what: string, hasServed: boolean) => void;
}

/** Everything under test: PostgreSQL, servers behind a balancer, daemons; with a proxy on each way that can fail. */
export class System {
  readonly postgres: PostgresProgram;
  readonly servers: readonly ServerUnit[];
  readonly daemons: readonly DaemonUnit[] = [];
  readonly balancer: Balancer;
  readonly balancerPort: number;
  readonly #options: SystemOptions;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    options: SystemOptions,
    parts: { postgres: PostgresProgram; servers: readonly ServerUnit[]; balancer: Balancer; balancerPort: number },
  ) {
    this.#options = options;
    this.postgres = parts.postgres;
    this.servers = parts.servers;
    this.balancer = parts.balancer;
    this.balancerPort = parts.balancerPort;
  }

  /** Starts PostgreSQL and the servers; the daemons come when there are keys for them. */
  static async start(options: SystemOptions): Promise<System> {
    const [databasePort = 0, balancerPort = 0, ...ports] = await freePorts(2 + 3 * serverCount);
    const logFile = path.join(options.logFolder, "postgres.log");
    const postgres = await PostgresProgram.create({
      folder: options.folder.path,
      port: databasePort,
      logFile,
      onSurprise: options.onSurprise,
    });
    await postgres.start();
    await postgres.createDatabase();
    const stateKey = systemRandom.bytes(32).toString("base64");
    const servers = Array.from({ length: serverCount }, (_, nth): ServerUnit => {
      const [port = 0, linkPort = 0] = ports.slice(3 * nth);
      return makeServer(options, { nth, port, url: postgres.urlAt(linkPort), stateKey, databasePort, balancerPort });
    });
    for (const [nth, server] of servers.entries()) {
      await server.database.listen(ports[3 * nth + 1] ?? 0);
      await server.front.listen(ports[3 * nth + 2] ?? 0);
    }
    const balancer = new Balancer(servers.map((_, nth) => ports[3 * nth + 2] ?? 0));
    // The first one migrates, and makes the administrator.
    for (const server of servers) {
      server.program.start();
      await mustComeTrue(`${server.name} is ready`, async () => await isReady(server), readyLimitMs);
    }
    // A host for each person, so that each has connections of his own.
    await balancer.listen(balancerPort, ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"]);
    await mustComeTrue("the balancer sees all servers", () => balancer.healthy.every(Boolean), readyLimitMs);
    const system = new System(options, { postgres, servers, balancer, balancerPort });
    system.#timer = setInterval(() => void system.#markServing(), servingLookMs);
    return system;
  }

  /** @param nth 0 to 4: the people's hosts are told apart, and all lead to the same balancer. */
  urlFor(nth: number): string {
    return `http://127.0.0.${nth + 1}:${this.balancerPort}`;
  }

  async startDaemons(admin: Client): Promise<void> {
    const daemons = this.daemons as DaemonUnit[];
    for (let nth = 1; nth <= daemonCount; nth += 1) {
      const name = `daemon-${nth}`;
      const { secret } = await admin.call("createDaemonKey", { body: { name } });
      const folder = this.#options.folder.createDisk(name, this.#options.possible.hasMounts);
      const unit = {
        name,
        folder,
        program: new Program({
          name,
          command: [process.execPath, program, "provisioner", "start"],
          env: {
            PREWARM_URL: this.urlFor(0),
            PREWARM_PROVISIONER_KEY: secret,
            PREWARM_PROVISIONER_NAME: name,
            PREWARM_PROVISIONER_DRIVERS: this.#options.possible.hasDocker ? "process,docker" : "process",
            PREWARM_PROVISIONER_DATA_DIR: folder,
            PREWARM_PROVISIONER_GRACE: "5s",
            PREWARM_LOG_FORMAT: "json",
          },
          logFile: path.join(this.#options.logFolder, `${name}.log`),
          onSurprise: this.#options.onSurprise,
        }),
      };
      unit.program.start();
      daemons.push(unit);
    }
  }

  /** Whether a server answers that it can work, asked past balancer and proxy. */
  async isReady(server: ServerUnit): Promise<boolean> {
    return await isReady(server);
  }

  async #markServing(): Promise<void> {
    for (const { program: daemon } of this.daemons) daemon.markServing(daemon.pid);
    await Promise.all(
      this.servers.map(async (server) => {
        const { pid } = server.program;
        if (await isReady(server).catch(() => false)) server.program.markServing(pid);
      }),
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const all = [...this.daemons, ...this.servers].map((unit) => unit.program);
    for (const one of all) one.signal("SIGCONT");
    await Promise.all(this.daemons.map((daemon) => daemon.program.end("SIGTERM", stopLimitMs)));
    await Promise.all(this.servers.map((server) => server.program.end("SIGTERM", stopLimitMs)));
    await this.balancer.close();
    await Promise.all(this.servers.flatMap((server) => [server.front.close(), server.database.close()]));
    await this.postgres.stop();
  }
}

async function isReady(server: ServerUnit): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/readyz`, { signal: AbortSignal.timeout(2_000) });
  await answer.arrayBuffer();
  return answer.status === 200;
}

interface ServerPlace {
  readonly nth: number;
  readonly port: number;
  readonly url: string;
  readonly stateKey: string;
  readonly databasePort: number;
  readonly balancerPort: number;
}

function makeServer(options: SystemOptions, place: ServerPlace): ServerUnit {
  const name = `server-${place.nth + 1}`;
  const folder = path.join(options.folder.path, name);
  mkdirSync(folder);
  const { faketime } = options.possible;
  const clockFile = faketime === null ? null : path.join(folder, "clock");
  if (clockFile !== null) writeFileSync(clockFile, "+0\n");
  return {
    name,
    port: place.port,
    database: new FaultyProxy(place.databasePort),
    front: new FaultyProxy(place.port),
    clockFile,
    program: new Program({
      name,
      command: [process.execPath, program, "server"],
      env: {
        ...serverSettings,
        PREWARM_ADMIN_PASSWORD: password,
        PREWARM_PG_URL: place.url,
        PREWARM_STATE_KEY: place.stateKey,
        PREWARM_DATA_DIR: folder,
        PREWARM_HTTP_PORT: String(place.port),
        PREWARM_ACCESS_URL: `http://127.0.0.1:${place.balancerPort}`,
        ...(faketime === null || clockFile === null ? {} : fakeClock(faketime, clockFile)),
      },
      logFile: path.join(options.logFolder, `${name}.log`),
      onSurprise: options.onSurprise,
    }),
  };
}

/** The time of day is that of the file; the clock that only goes on is the machine's. */
function fakeClock(library: string, file: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
}
