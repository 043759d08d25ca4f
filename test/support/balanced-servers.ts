import path from "node:path";
import { Balancer } from "../../chaos/system/balancer.ts";
import { freePorts } from "../../chaos/system/free-port.ts";
import type { Client } from "../../src/client/client.ts";
import { signIn } from "./server-process.ts";
import { administratorPassword, type ServerUnit, SeveralServers } from "./several-servers.ts";
import { waitUntil } from "./wait-until.ts";

const readyWithinMs = 60_000;

/** Several servers at places of their own behind a load balancer that goes by `/readyz`, and daemons behind it as well. */
export class BalancedServers {
  readonly system: SeveralServers;
  /** The load balancer's. */
  readonly url: string;
  readonly #balancer: Balancer;
  readonly #ports: readonly number[];
  readonly #units: ServerUnit[] = [];
  readonly #env: Readonly<Record<string, string>>;

  private constructor(
    system: SeveralServers,
    parts: { balancer: Balancer; port: number; ports: readonly number[]; env: Readonly<Record<string, string>> },
  ) {
    this.system = system;
    this.#balancer = parts.balancer;
    this.#ports = parts.ports;
    this.#env = parts.env;
    this.url = `http://127.0.0.1:${parts.port}`;
  }

  static async start(count: number, env: Readonly<Record<string, string>> = {}): Promise<BalancedServers> {
    const system = await SeveralServers.start();
    const [port = 0, ...ports] = await freePorts(1 + count);
    const balancer = new Balancer(ports);
    const balanced = new BalancedServers(system, { balancer, port, ports, env });
    for (const nth of ports.keys()) await balanced.#startServer(nth);
    await balancer.listen(port, ["127.0.0.1"]);
    await waitUntil("the balancer sees all servers", () => balancer.healthy.every(Boolean), readyWithinMs);
    return balanced;
  }

  async signIn(): Promise<Client> {
    return await signIn(this.url, administratorPassword);
  }

  /** Stops a server as a service manager does, and starts it anew at its place. @returns how it ended */
  async restart(nth: number): Promise<number | null> {
    const unit = this.#units[nth];
    if (unit === undefined) throw new Error(`There is no server ${nth}.`);
    unit.process.child.kill("SIGTERM");
    const code = await unit.process.exited;
    await this.#startServer(nth);
    await waitUntil("the balancer sees it again", () => this.#balancer.healthy[nth] === true, readyWithinMs);
    return code;
  }

  /** Ends a server with no word, and starts it anew at its place. */
  async kill(nth: number): Promise<void> {
    const unit = this.#units[nth];
    if (unit === undefined) throw new Error(`There is no server ${nth}.`);
    unit.process.child.kill("SIGKILL");
    await unit.process.exited;
    await waitUntil("the balancer sees that it is gone", () => this.#balancer.healthy[nth] === false, readyWithinMs);
    await this.#startServer(nth);
    await waitUntil("the balancer sees it again", () => this.#balancer.healthy[nth] === true, readyWithinMs);
  }

  async startDaemon(name: string, admin: Client): Promise<void> {
    await this.system.addDaemon(name, { url: this.url, admin });
  }

  output(nth: number): string {
    return this.#units[nth]?.process.output() ?? "";
  }

  /** Where a workspace of a daemon of this deployment has its home. */
  homeOf(daemon: string, workspaceId: string): string {
    return path.join(this.system.folder, daemon, "provisioner", "workspaces", workspaceId, "home");
  }

  async close(): Promise<void> {
    // Daemons say goodbye through it.
    await this.system.close();
    await this.#balancer.close();
  }

  #urlOf(nth: number): string {
    return `http://127.0.0.1:${this.#ports[nth] ?? 0}`;
  }

  async #startServer(nth: number): Promise<void> {
    this.#units[nth] = await this.system.addServer(`server-${nth + 1}`, {
      url: this.#urlOf(nth),
      env: {
        PREWARM_HTTP_PORT: String(this.#ports[nth] ?? 0),
        PREWARM_ACCESS_URL: this.url,
        PREWARM_PROVISIONER_BUILTIN: "false",
        ...this.#env,
      },
    });
  }
}
