import { mkdirSync } from "node:fs";
import path from "node:path";
import { PostgresProgram } from "../../chaos/system/postgres-program.ts";
import { freePorts } from "../../chaos/system/free-port.ts";
import type { Client } from "../../src/client/client.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { cleanUp, openFolder, type ServerProcess, signIn, spawnServer, urlOf } from "./server-process.ts";

const password = "choose a password";

export interface ServerUnit {
  readonly process: ServerProcess;
  readonly url: string;
  /** Signed in as the administrator. */
  readonly admin: Client;
}

/** Several servers on one PostgreSQL, each a process with a data folder and a daemon of its own. */
export class SeveralServers {
  readonly postgres: PostgresProgram;
  readonly folder: string;
  readonly #stateKey = systemRandom.bytes(32).toString("base64");
  readonly #all: ServerProcess[] = [];

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

  async addServer(name: string, env: Readonly<Record<string, string>> = {}): Promise<ServerUnit> {
    const folder = path.join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    const process = spawnServer({
      folder,
      env: {
        PREWARM_PG_URL: this.postgres.url,
        PREWARM_STATE_KEY: this.#stateKey,
        PREWARM_ADMIN_PASSWORD: password,
        PREWARM_PROVISIONER_DRIVERS: "process",
        PREWARM_PROVISIONER_NAME: name,
        ...env,
      },
    });
    this.#all.push(process);
    const url = await urlOf(process);
    return { process, url, admin: await signIn(url, password) };
  }

  async close(): Promise<void> {
    try {
      await cleanUp(this.folder, this.#all);
    } finally {
      await this.postgres.stop();
    }
  }
}
