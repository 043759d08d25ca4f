import { writeFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { chooseAccount, ownerOf } from "../../src/db/embedded/account.ts";
import { prepareBinaries } from "../../src/db/embedded/binaries.ts";
import { clusterFolder, embeddedUser, ensureCluster, ensureDataDir } from "../../src/db/embedded/cluster.ts";
import { embeddedSettings } from "../../src/db/embedded/settings.ts";
import { childrenOf, isAlive, sendSignal } from "./process-list.ts";
import { Program } from "./program.ts";
import { comesTrue, mustComeTrue } from "./wait.ts";

const startLimitMs = 60_000;
const stopLimitMs = 20_000;
const connectLimitMs = 2_000;

export interface PostgresOptions {
  readonly folder: string;
  readonly port: number;
  readonly logFile: string;
  readonly onSurprise: (what: string, hasServed: boolean) => void;
}

/** The PostgreSQL that comes with Prewarm, durable, as an external server on TCP that nobody watches over but chaos. */
export class PostgresProgram {
  readonly #program: Program;
  readonly #port: number;
  /** Those that were frozen, to be woken by their number: a killed postmaster's children are nobody's. */
  #frozen: readonly number[] = [];

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.#port = port;
  }

  static async create(options: PostgresOptions): Promise<PostgresProgram> {
    const dataDir = path.join(options.folder, "postgres");
    ensureDataDir(dataDir);
    const account = chooseAccount(ownerOf(clusterFolder(dataDir)));
    const binaries = prepareBinaries({ account, dataDir });
    await ensureCluster({ dataDir, account, binaries, isDurable: true });
    // Of its own on loopback for minutes, and many programs are told its address.
    writeFileSync(path.join(clusterFolder(dataDir), "pg_hba.conf"), "host all all 127.0.0.1/32 trust\n");
    const settings = embeddedSettings({
      socketFolder: "",
      isDurable: true,
      extra: { listen_addresses: "127.0.0.1", port: String(options.port), log_min_messages: "warning" },
    });
    const program = new Program({
      name: "PostgreSQL",
      command: [
        binaries.postgres,
        "-D",
        clusterFolder(dataDir),
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      env: { LC_ALL: "C", TZ: "UTC" },
      logFile: options.logFile,
      account: account.spawnAs,
      onSurprise: options.onSurprise,
    });
    return new PostgresProgram(program, options.port);
  }

  urlAt(port: number): string {
    return `postgresql://${embeddedUser}@127.0.0.1:${port}/prewarm`;
  }

  /** Where it listens itself, without a proxy. */
  get url(): string {
    return this.urlAt(this.#port);
  }

  async start(): Promise<void> {
    this.#program.start();
    await mustComeTrue("PostgreSQL accepts connections", async () => await this.#answers(), startLimitMs);
  }

  async createDatabase(): Promise<void> {
    await this.#withClient("postgres", (client) => client.query("create database prewarm"));
  }

  /** All of it at once, so that nothing is left to say goodbye. */
  async kill(): Promise<void> {
    const all = this.#all();
    this.#program.signal("SIGKILL");
    for (const pid of all) sendSignal(pid, "SIGKILL");
    await comesTrue(() => !all.some(isAlive), stopLimitMs);
  }

  freeze(): void {
    this.#frozen = this.#all();
    for (const pid of this.#frozen) sendSignal(pid, "SIGSTOP");
  }

  thaw(): void {
    for (const pid of this.#frozen) sendSignal(pid, "SIGCONT");
    this.#frozen = [];
  }

  /** Fast shutdown. */
  async stop(): Promise<void> {
    await this.#program.end("SIGINT", stopLimitMs);
  }

  /** Kills one client's backend, after which the postmaster ends all of them and recovers. */
  async killBackend(pick: number): Promise<number | null> {
    const pids = await this.#backends();
    const pid = pids[Math.floor(pick * pids.length)];
    if (pid === undefined) return null;
    sendSignal(pid, "SIGKILL");
    await comesTrue(() => !isAlive(pid), stopLimitMs);
    return pid;
  }

  /** Ends every second client's backend in order. */
  async endBackends(): Promise<number> {
    const pids = (await this.#backends()).filter((_, nth) => nth % 2 === 0);
    for (const pid of pids) sendSignal(pid, "SIGTERM");
    return pids.length;
  }

  #all(): readonly number[] {
    const { pid } = this.#program;
    return pid === 0 ? [] : [pid, ...childrenOf(pid)];
  }

  async #backends(): Promise<readonly number[]> {
    return await this.#withClient("postgres", async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        "select pid from pg_stat_activity where backend_type = 'client backend' and datname = 'prewarm' order by pid",
      );
      return rows.map((row) => row.pid);
    });
  }

  async #answers(): Promise<boolean> {
    return await this.#withClient("postgres", async (client) => (await client.query("select 1")).rowCount === 1);
  }

  async #withClient<Value>(database: string, work: (client: pg.Client) => Promise<Value>): Promise<Value> {
    const client = new pg.Client({
      host: "127.0.0.1",
      port: this.#port,
      user: embeddedUser,
      database,
      connectionTimeoutMillis: connectLimitMs,
      query_timeout: connectLimitMs,
    });
    client.on("error", () => {});
    try {
      await client.connect();
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
