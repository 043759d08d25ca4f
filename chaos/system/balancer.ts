import { connect, createServer, type Server, type Socket } from "node:net";

/** One agent's WebSocket that has come through, as far as the balancer sees: the server has agreed to it. */
export interface AgentConnection {
  readonly clientPort: number;
  readonly backend: number;
  /** By `performance.now()`. */
  readonly sinceMs: number;
}

const healthEveryMs = 1_000;
const healthLimitMs = 1_500;
const connectLimitMs = 2_000;
const agentPath = "/api/v1/agent/connect";

interface Session {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly backend: number;
  isAgent: boolean;
  agreedAtMs: number | null;
}

/** A small balancer: TCP, round robin over the servers whose `/readyz` answers 200; those that do not go last. */
export class Balancer {
  readonly #backends: readonly number[];
  readonly #servers: Server[] = [];
  readonly #sessions = new Set<Session>();
  readonly #isHealthy: boolean[];
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param backends ports on 127.0.0.1 */
  constructor(backends: readonly number[]) {
    this.#backends = backends;
    this.#isHealthy = backends.map(() => false);
  }

  /** Listens on every one of the hosts, all of them this machine: each is another origin to an HTTP client. */
  async listen(port: number, hosts: readonly string[]): Promise<void> {
    for (const host of hosts) {
      const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, resolve);
      });
      this.#servers.push(server);
    }
    this.#timer = setInterval(() => void this.#look(), healthEveryMs);
  }

  get healthy(): readonly boolean[] {
    return this.#isHealthy;
  }

  agentConnections(): readonly AgentConnection[] {
    return [...this.#sessions].flatMap(({ isAgent, agreedAtMs, client, upstream, backend }) =>
      isAgent && agreedAtMs !== null && !client.destroyed && !upstream.destroyed
        ? [{ clientPort: client.remotePort ?? 0, backend, sinceMs: agreedAtMs }]
        : [],
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const { client, upstream } of this.#sessions) {
      client.destroy();
      upstream.destroy();
    }
    await Promise.all(closed);
  }

  async #look(): Promise<void> {
    await Promise.all(
      this.#backends.map(async (port, nth) => {
        this.#isHealthy[nth] = await isReady(port);
      }),
    );
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    client.pause();
    const turn = this.#next;
    this.#next += 1;
    const order = this.#backends.map((_, nth) => (turn + nth) % this.#backends.length);
    const wanted = [...order.filter((nth) => this.#isHealthy[nth]), ...order.filter((nth) => !this.#isHealthy[nth])];
    this.#tryNext(client, wanted);
  }

  #tryNext(client: Socket, wanted: readonly number[]): void {
    const [backend, ...rest] = wanted;
    if (backend === undefined || client.destroyed) return void client.resetAndDestroy();
    const upstream = connect({ port: this.#backends[backend] ?? 0, host: "127.0.0.1", allowHalfOpen: true });
    const limit = setTimeout(() => upstream.destroy(), connectLimitMs);
    let isConnected = false;
    upstream.on("error", () => {});
    upstream.once("close", () => {
      clearTimeout(limit);
      if (!isConnected) this.#tryNext(client, rest);
    });
    upstream.once("connect", () => {
      isConnected = true;
      clearTimeout(limit);
      this.#join({ client, upstream, backend, isAgent: false, agreedAtMs: null });
    });
  }

  #join(session: Session): void {
    const { client, upstream } = session;
    this.#sessions.add(session);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      this.#sessions.delete(session);
    };
    client.once("close", end);
    upstream.once("close", end);
    client.once("data", (chunk) => {
      session.isAgent = chunk.subarray(0, 200).toString("latin1").includes(` ${agentPath} `);
    });
    upstream.once("data", (chunk) => {
      if (chunk.subarray(0, 12).toString("latin1") === "HTTP/1.1 101") session.agreedAtMs = performance.now();
    });
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    client.pipe(upstream);
    upstream.pipe(client);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(healthLimitMs) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
