import pg from "pg";
import type { Topic } from "../contracts/news.ts";
import type { Logger } from "../platform/logger.ts";
import { TopicListeners } from "./topic-listeners.ts";

const channel = "prewarm";
/** PostgreSQL takes payloads below 8,000 bytes. */
const payloadBytesMax = 7_000;
/** News of this many milliseconds travel in one statement. */
const coalesceMs = 2;
const reconnectMs = 500;
/** LISTEN hears nothing while there is nothing: so the line is asked for a sign of life, this long after the last. */
const pingMs = 5_000;
/** For any answer on the line, the connect included; then it is taken for dead and made anew. */
const answerMs = 5_000;
const keepAliveDelayMs = 10_000;
/** For the goodbye of a connection that ends with the server. */
const goodbyeMs = 1_000;
/** Topics that wait to be sent; beyond it no more are taken, which costs the other servers a poll and no more. */
const queueMax = 10_000;

export interface PostgresBusOptions {
  readonly connection: pg.ClientConfig;
  readonly logger: Logger;
  /** Tells this server's own news, which it has already heard, from the others'. */
  readonly serverId: string;
  /** For tests of a silent line. */
  readonly timing?: { readonly pingMs: number; readonly answerMs: number };
}

/**
 * News between servers over LISTEN/NOTIFY, on one connection of its own that is neither in the pool nor ever in a
 * transaction. Listeners in this process hear at once; the others within milliseconds, or by their next poll.
 */
export class PostgresBus extends TopicListeners {
  readonly #options: PostgresBusOptions;
  readonly #queue = new Set<Topic>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #reconnectTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: PostgresBusOptions) {
    super();
    this.#options = options;
  }

  /** Whether news of the other servers are heard at this moment. */
  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  async start(): Promise<void> {
    const timing = this.#timing;
    const client = new pg.Client({
      application_name: "prewarm-bus",
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveDelayMs,
      ...this.#options.connection,
      connectionTimeoutMillis: timing.answerMs,
      query_timeout: timing.answerMs,
    });
    client.on("error", () => undefined);
    client.on("end", () => this.#onEnd(client));
    client.on("notification", ({ payload }) => this.#hear(payload ?? ""));
    try {
      await client.connect();
      // A notify is a transaction of its own. News are hints, so none waits for the disk, nor makes claims wait for it.
      await client.query("set synchronous_commit = off");
      await client.query(`listen ${channel}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    if (this.#isStopped) {
      // Stopped while it was connecting: `stop` could not know of this connection.
      await goodbye(client);
      return;
    }
    this.#client = client;
    this.#pingLater(client);
    this.tellAll();
  }

  get #timing(): { readonly pingMs: number; readonly answerMs: number } {
    return this.#options.timing ?? { pingMs, answerMs };
  }

  /** A line on which packets are dropped looks like one on which nothing happens: only a question tells. */
  #pingLater(client: pg.Client): void {
    this.#pingTimer = setTimeout(() => {
      client.query("select 1").then(
        () => {
          if (this.#client === client) this.#pingLater(client);
        },
        () => this.#giveUp(client),
      );
    }, this.#timing.pingMs);
    this.#pingTimer.unref();
  }

  /** Who owes an answer is cut off at once, and not said goodbye to: that would wait for an answer again. */
  #giveUp(client: pg.Client): void {
    client.end().catch(() => undefined);
    this.#onEnd(client);
  }

  publish(topics: readonly Topic[]): void {
    for (const topic of topics) {
      this.tell(topic);
      if (this.#queue.size < queueMax) this.#queue.add(topic);
    }
    if (this.#sending === undefined) this.#timer ??= setTimeout(() => void this.#flush(), coalesceMs);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#reconnectTimer);
    await this.#sending;
    await this.#send();
    if (this.#client !== undefined) await goodbye(this.#client);
  }

  /** One at a time: what is published meanwhile travels together in the next. */
  async #flush(): Promise<void> {
    this.#timer = undefined;
    this.#sending = this.#send();
    await this.#sending;
    this.#sending = undefined;
    if (this.#queue.size > 0 && !this.#isStopped) this.#timer ??= setTimeout(() => void this.#flush(), coalesceMs);
  }

  async #send(): Promise<void> {
    const topics = [...this.#queue];
    this.#queue.clear();
    const client = this.#client;
    try {
      for (const payload of payloads(this.#options.serverId, topics)) {
        await client?.query({ name: "bus_notify", text: "select pg_notify($1, $2)", values: [channel, payload] });
      }
    } catch (error) {
      this.#options.logger.debug("news to the other servers were lost; they will see by their next poll", {
        reason: String(error),
      });
      // A notify has nothing to wait for: whatever the reason, the line is made anew, and everybody looks again.
      if (client !== undefined) this.#giveUp(client);
    }
  }

  #hear(payload: string): void {
    const [sender, ...topics] = payload.split(" ");
    if (sender === this.#options.serverId) return;
    for (const topic of topics) this.tell(topic as Topic);
  }

  #onEnd(client: pg.Client): void {
    // One that never came up is `start`'s to report.
    if (this.#client !== client) return;
    this.#client = undefined;
    clearTimeout(this.#pingTimer);
    if (this.#isStopped) return;
    this.#options.logger.warn("the news connection was lost; polling until it is back", {});
    this.#reconnect();
  }

  #reconnect(): void {
    if (this.#reconnectTimer !== undefined || this.#isStopped) return;
    this.#reconnectTimer = setTimeout(() => {
      this.#reconnectTimer = undefined;
      if (!this.#isStopped) this.start().catch(() => this.#reconnect());
    }, reconnectMs);
    this.#reconnectTimer.unref();
  }
}

async function goodbye(client: pg.Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, goodbyeMs);
  });
  await Promise.race([client.end().catch(() => undefined), late]);
  clearTimeout(timer);
}

/** Packs topics into payloads of the form `sender topic topic …`. */
function payloads(sender: string, topics: readonly Topic[]): string[] {
  const packed: string[] = [];
  let current = sender;
  for (const topic of topics) {
    if (current.length + topic.length + 1 > payloadBytesMax) {
      packed.push(current);
      current = sender;
    }
    current += ` ${topic}`;
  }
  if (current !== sender) packed.push(current);
  return packed;
}
