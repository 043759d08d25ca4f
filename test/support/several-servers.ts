import { mkdirSync } from "node:fs";
import path from "node:path";
import { PostgresProgram } from "../../chaos/system/postgres-program.ts";
import { freePorts } from "../../chaos/system/free-port.ts";
import type { Client } from "../../src/client/client.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { cleanUp, openFolder, type ServerProcess, signIn, spawnDaemon, spawnServer, urlOf } from "./server-process.ts";

export const administratorPassword = "choose a password";

export interface ServerUnit {
  readonly process: ServerProcess;
  readonly url: string;
  /** Signed in as the administrator. */
  readonly admin: Client;
}

export interface ServerWanted {
  readonly env?: Readonly<Record<string, string>>;
  /** Where it is reached by itself, when the URL that it prints is a load balancer's. */
  readonly url?: string;
  /** The checkout whose program it is: this one unless said. */
  readonly release?: string;
}

export interface DaemonWanted {
  readonly url: string;
  readonly admin: Client;
  readonly release?: string;
  readonly tags?: string;
}

/** Several servers on one PostgreSQL, each a process with a data folder and a daemon of its own. */
export class SeveralServers {
  readonly postgres: PostgresProgram;
  readonly folder: string;
  readonly #stateKey = systemRandom.bytes(32).toString("base64");
  readonly #servers: ServerProcess[] = [];
  readonly #daemons: ServerProcess[] = [];

  private constructor(folder: string, postgres: PostgresProgram) {
    this.folder = folder;
    this.postgres = postgres;
  }

  static async start(): Promise<SeveralServers> {
    const folder = openFolder("servers");
    const [port = 0] = await freePorts(1);
    const postgres = await PostgresProgram.create({
      folder,
      port,
      logFile: path.join(folder, "postgres.log"),
      onSurprise: () => undefined,
    });
    await postgres.start();
    await postgres.createDatabase();
    return new SeveralServers(folder, postgres);
  }

  async addServer(name: string, { env = {}, url, release }: ServerWanted = {}): Promise<ServerUnit> {
    const process = spawnServer({
      folder: this.#folderOf(name),
      ...(release === undefined ? {} : { release }),
      env: {
        PREWARM_PG_URL: this.postgres.url,
        PREWARM_STATE_KEY: this.#stateKey,
        PREWARM_ADMIN_PASSWORD: administratorPassword,
        PREWARM_PROVISIONER_DRIVERS: "process",
        PREWARM_PROVISIONER_NAME: name,
        ...env,
      },
    });
    this.#servers.push(process);
    const printed = await urlOf(process);
    const own = url ?? printed;
    return { process, url: own, admin: await signIn(own, administratorPassword) };
  }

  /** A provisioner daemon of the driver `process` that speaks to the URL. */
  async addDaemon(name: string, { url, admin, release, tags = "" }: DaemonWanted): Promise<ServerProcess> {
    const { secret } = await admin.call("createDaemonKey", { body: { name } });
    const process = spawnDaemon({
      folder: this.#folderOf(name),
      ...(release === undefined ? {} : { release }),
      env: {
        PREWARM_URL: url,
        PREWARM_PROVISIONER_KEY: secret,
        PREWARM_PROVISIONER_NAME: name,
        PREWARM_PROVISIONER_DRIVERS: "process",
        PREWARM_PROVISIONER_TAGS: tags,
        PREWARM_PROVISIONER_GRACE: "5s",
      },
    });
    this.#daemons.push(process);
    return process;
  }

  async close(): Promise<void> {
    try {
      await endAll(this.#daemons);
      await endAll(this.#servers);
      await cleanUp(this.folder, []);
    } finally {
      await this.postgres.stop();
    }
  }

  #folderOf(name: string): string {
    const folder = path.join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

async function endAll(programs: readonly ServerProcess[]): Promise<void> {
  for (const { child } of programs) if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  await Promise.all(programs.map(({ exited }) => exited));
}
