import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import type { Actor } from "../../app/authorize.ts";
import { admitLiveTopic } from "../../app/live/admit-topic.ts";
import { metadataPokeIntervalMs } from "../../contracts/agent-metadata.ts";
import { CodedError } from "../../contracts/errors.ts";
import {
  liveHelloMs,
  liveMessageBytesMax,
  liveMessagesPerSecondMax,
  livePokeIntervalMs,
  liveUnsentBytesMax,
} from "../../contracts/limits.ts";
import { liveCloses } from "../../contracts/live-channel.ts";
import { type LiveFrame, LiveSubscribe, readLiveTopic } from "../../contracts/live.ts";
import { endSocket } from "../end-socket.ts";
import type { HttpDeps } from "../http-deps.ts";
import { PokePace } from "./poke-pace.ts";
import type { WorkspaceWatch } from "./workspace-watch.ts";

const checkSubscribe = Compile(LiveSubscribe);
const oneSecondMs = 1_000;

/** What says that somebody may not hear of a topic. Anything else says that it could not be found out. */
const refusals: readonly string[] = ["not_found", "forbidden", "invalid_request"];

export interface LiveParts {
  readonly deps: HttpDeps;
  readonly workspaces: WorkspaceWatch;
  readonly socket: WebSocket;
  readonly actor: Actor;
}

/** The live channel of one browser: what it wants to hear of, and may. */
export class LiveConnection {
  readonly #parts: LiveParts;
  readonly #heard = new Map<string, { readonly stop: () => void }>();
  readonly #doubted = new Set<string>();
  readonly #hello: NodeJS.Timeout;
  #actor: Actor;
  #wanted: ReadonlySet<string> | undefined;
  #isSettling = false;
  #isClosed = false;
  #second = { sinceMs: Number.NEGATIVE_INFINITY, messages: 0 };

  constructor(parts: LiveParts) {
    this.#parts = parts;
    this.#actor = parts.actor;
    this.#sayHello();
    this.#hello = setInterval(() => this.#sayHello(), liveHelloMs);
  }

  get actor(): Actor {
    return this.#actor;
  }

  /** A message of the client. */
  take(data: Buffer, isBinary: boolean): void {
    if (this.#isClosed) return;
    const message = isBinary || data.length > liveMessageBytesMax ? undefined : subscribeOf(data);
    if (message === undefined) return this.#end("fault", "not a message of the live channel");
    if (this.#isTooFast()) return this.#end("fault", "too many messages");
    this.#wanted = new Set(message.topics);
    void this.#settle();
  }

  /** What its person may do has changed: all that it hears of is asked about again. */
  becomes(actor: Actor): void {
    this.#actor = actor;
    for (const topic of this.#heard.keys()) this.#doubted.add(topic);
    void this.#settle();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#hello);
    for (const { stop } of this.#heard.values()) stop();
    this.#heard.clear();
  }

  #isTooFast(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#second.sinceMs >= oneSecondMs) this.#second = { sinceMs: nowMs, messages: 0 };
    this.#second.messages += 1;
    return this.#second.messages > liveMessagesPerSecondMax;
  }

  /** One at a time: what is wanted meanwhile, the last of it, comes after. */
  async #settle(): Promise<void> {
    if (this.#isSettling) return;
    this.#isSettling = true;
    try {
      while (!this.#isClosed && (this.#wanted !== undefined || this.#doubted.size > 0)) {
        const wanted = this.#wanted ?? new Set(this.#heard.keys());
        this.#wanted = undefined;
        await this.#become(wanted);
      }
    } catch (error) {
      this.#parts.deps.logger.debug("a live channel is ended, as its topics could not be looked up", {
        reason: String(error),
      });
      this.#end("tryAgain", "try again");
    } finally {
      this.#isSettling = false;
    }
  }

  async #become(wanted: ReadonlySet<string>): Promise<void> {
    for (const topic of Array.from(this.#heard.keys())) if (!wanted.has(topic)) this.#drop(topic);
    for (const topic of wanted) {
      const isDoubted = this.#doubted.delete(topic);
      if (this.#heard.has(topic) && !isDoubted) continue;
      await this.#admit(topic);
      if (this.#isClosed) return;
    }
    for (const topic of Array.from(this.#doubted)) if (!this.#heard.has(topic)) this.#doubted.delete(topic);
  }

  async #admit(text: string): Promise<void> {
    const { deps, workspaces } = this.#parts;
    try {
      const topic = readLiveTopic(text);
      if (topic === undefined) throw new CodedError("invalid_request", "There is no such topic.");
      const { news, workspacesOf } = await admitLiveTopic(deps, this.#actor, topic);
      if (this.#isClosed || this.#heard.has(text)) return;
      const hear = (): void => {
        pace.hear();
        // Whose these are may change with what they are about: a prebuild is claimed.
        if (topic.kind !== "workspace" && topic.kind !== "metadata" && topic.kind !== "job") return;
        this.#doubted.add(text);
        void this.#settle();
      };
      const intervalMs = topic.kind === "metadata" ? metadataPokeIntervalMs : livePokeIntervalMs;
      const pace = new PokePace(() => this.#poke(text), intervalMs);
      const stops = news.map((each) => deps.news.subscribe(each, hear));
      if (workspacesOf !== null) stops.push(workspaces.listen(workspacesOf, hear));
      stops.push(() => pace.stop());
      this.#heard.set(text, { stop: () => stops.forEach((stop) => stop()) });
      pace.hear();
    } catch (error) {
      if (!(error instanceof CodedError) || !refusals.includes(error.code)) throw error;
      this.#drop(text);
      this.#send({ kind: "refused", topic: text, code: error.code });
    }
  }

  #drop(topic: string): void {
    this.#heard.get(topic)?.stop();
    this.#heard.delete(topic);
    this.#doubted.delete(topic);
  }

  #sayHello(): void {
    const { deps } = this.#parts;
    this.#send({ kind: "hello", at: deps.clock.now().toISOString(), version: deps.options.version });
  }

  #poke(topic: string): void {
    this.#send({ kind: "poke", topic, at: this.#parts.deps.clock.now().toISOString() });
  }

  #send(frame: LiveFrame): void {
    const { socket } = this.#parts;
    if (this.#isClosed || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > liveUnsentBytesMax) return this.#end("deaf", "what was sent was not taken");
    socket.send(JSON.stringify(frame));
  }

  #end(why: keyof typeof liveCloses, reason: string): void {
    if (this.#isClosed) return;
    this.close();
    endSocket(this.#parts.socket, liveCloses[why], reason);
  }
}

function subscribeOf(data: Buffer): LiveSubscribe | undefined {
  try {
    const message: unknown = JSON.parse(data.toString("utf8"));
    return checkSubscribe.Check(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
