import { seededRandom } from "../../src/platform/random.ts";
import type { Role } from "./role.ts";
import { type Answered, HttpConnection, postRequest } from "./http-connection.ts";
import { type Summary, summarize } from "./percentiles.ts";

export type LoadMessage =
  | {
      readonly kind: "connect";
      readonly host: string;
      readonly port: number;
      readonly secrets: readonly string[];
      readonly template: string;
      readonly connections: number;
    }
  | { readonly kind: "poisson"; readonly prefix: string; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: "burst"; readonly prefix: string; readonly count: number };

/** Times are from the moment a request was due, not from when it could be sent. */
export interface LoadResult extends Summary {
  readonly claimed: number;
  readonly cold: number;
  readonly errors: number;
  readonly firstError: string | null;
  readonly achievedPerSecond: number;
  readonly cpuMs: number;
}

const tickMs = 1;

interface Due {
  readonly dueMs: number;
  readonly nth: number;
}

type OnAnswer = (dueMs: number, answer: Answered | Error) => void;

/** Open loop: requests are due at times fixed beforehand, whatever became of those before (no coordinated omission). */
class LoadGenerator {
  /** The one that was idle for longest is used first. */
  #idle: HttpConnection[] = [];
  /** Requests that are due, from `#queueHead` on: of a long array, taking the first one away copies the rest. */
  readonly #queue: Due[] = [];
  #queueHead = 0;
  #inFlight = 0;
  #settings: Extract<LoadMessage, { kind: "connect" }> | undefined;
  #requests = 0;

  async connect(settings: Extract<LoadMessage, { kind: "connect" }>): Promise<void> {
    this.#settings = settings;
    this.#idle = this.#idle.filter((connection) => connection.isOpen);
    for (let missing = settings.connections - this.#idle.length; missing > 0; missing -= 1) {
      this.#idle.push(await HttpConnection.open(settings.host, settings.port));
    }
  }

  close(): void {
    for (const connection of this.#idle) connection.close();
  }

  /** @param dueMs when each request is due, in milliseconds from now, ascending. */
  async run(prefix: string, dueMs: readonly number[]): Promise<LoadResult> {
    if (this.#settings !== undefined) await this.connect(this.#settings);
    const samples: number[] = [];
    const counts = { claimed: 0, cold: 0, errors: 0 };
    let firstError: string | null = null;
    const cpu = process.cpuUsage();
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      let next = 0;
      let answered = 0;
      const onAnswer: OnAnswer = (due, answer) => {
        samples.push(performance.now() - begun - due);
        const kind = kindOf(answer);
        counts[kind] += 1;
        if (kind === "errors") firstError ??= answer instanceof Error ? answer.message : answer.body;
        answered += 1;
        if (answered === dueMs.length) resolve();
      };
      const tick = (): void => {
        const nowMs = performance.now() - begun;
        for (let due = dueMs[next]; due !== undefined && due <= nowMs; due = dueMs[next]) {
          this.#queue.push({ dueMs: due, nth: next });
          next += 1;
        }
        this.#sendQueued(prefix, onAnswer);
        if (next < dueMs.length) setTimeout(tick, tickMs);
      };
      tick();
    });
    const elapsedMs = performance.now() - begun;
    const used = process.cpuUsage(cpu);
    return {
      ...summarize(samples),
      ...counts,
      firstError,
      achievedPerSecond: (dueMs.length / elapsedMs) * 1_000,
      cpuMs: (used.user + used.system) / 1_000,
    };
  }

  #sendQueued(prefix: string, onAnswer: OnAnswer): void {
    for (let due = this.#queue[this.#queueHead]; due !== undefined; due = this.#queue[this.#queueHead]) {
      const connection = this.#idle.shift();
      if (connection === undefined && this.#inFlight > 0) return;
      this.#queueHead += 1;
      if (connection === undefined) onAnswer(due.dueMs, new Error("The server closed every connection."));
      else if (connection.isOpen) this.#send(connection, { due, prefix, onAnswer });
      else this.#queueHead -= 1;
    }
    this.#queue.length = 0;
    this.#queueHead = 0;
  }

  #send(
    connection: HttpConnection,
    { due, prefix, onAnswer }: { readonly due: Due; readonly prefix: string; readonly onAnswer: OnAnswer },
  ): void {
    const settings = this.#settings;
    if (settings === undefined) throw new Error("The load generator is not connected.");
    this.#requests += 1;
    this.#inFlight += 1;
    const secret = settings.secrets[this.#requests % settings.secrets.length] ?? "";
    const body = { name: `${prefix}-${due.nth}`, template: settings.template, preset: "standard" };
    const request = postRequest({ host: settings.host, path: "/api/v1/workspaces", secret, body });
    connection.send(request, (answer) => {
      this.#inFlight -= 1;
      // A connection that failed is not used again; the errors it leads to are counted, and fail the target.
      if (!(answer instanceof Error)) this.#idle.push(connection);
      onAnswer(due.dueMs, answer);
      this.#sendQueued(prefix, onAnswer);
    });
  }
}

function kindOf(answer: Answered | Error): "claimed" | "cold" | "errors" {
  if (answer instanceof Error || answer.status !== 201) return "errors";
  return answer.body.includes('"outcome":"claimed"') ? "claimed" : "cold";
}

/** Arrivals of a Poisson process, the same ones for the same rate. */
function poissonArrivals(perSecond: number, seconds: number): readonly number[] {
  const random = seededRandom(perSecond);
  const arrivals: number[] = [];
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - random.float()) / perSecond) * 1_000;
    if (atMs > seconds * 1_000) return arrivals;
    arrivals.push(atMs);
  }
}

export function createLoadRole(): Role {
  const generator = new LoadGenerator();
  return {
    answer: async (message) => {
      // Sent by the benchmark of the same program.
      const asked = message as LoadMessage;
      switch (asked.kind) {
        case "connect":
          return await generator.connect(asked);
        case "poisson":
          return await generator.run(asked.prefix, poissonArrivals(asked.perSecond, asked.seconds));
        case "burst":
          return await generator.run(asked.prefix, Array<number>(asked.count).fill(0));
      }
    },
    close: () => Promise.resolve(generator.close()),
  };
}
