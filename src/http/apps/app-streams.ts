import { Agent, type ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { AppPlace, ListeningApp } from "../../app/apps/app-place.ts";
import type { HttpDeps } from "../http-deps.ts";
import { httpLimits } from "../http-limits.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { TunnelService } from "../../contracts/tunnel.ts";
import { Places } from "../../platform/places.ts";
import { openServerStream } from "../tunnel/server-stream.ts";

/** Requests to one app that are answered at the same time through one server; more wait for their turn. */
const streamsPerAppMax = 64;
/**
 * Streams that wait for the next request: as many as may be asked at once, for to open one costs a look into the database
 * and a round trip, and one that is let go at each breath of a busy page is opened at the next. Whoever finds no place
 * takes theirs.
 */
const restingMax = streamsPerAppMax;
const restMs = 4_000;
/** An agent has 256 streams for everything; of two servers there are some left for its owner's shell. */
const streamsPerWorkspaceMax = 100;
const streamsMax = 10_000;
/** Apps whose streams are kept. */
const appsMax = 2_000;

/** Of an app that is reached by HTTP. */
export interface ListeningPlace extends AppPlace {
  readonly app: ListeningApp;
}

/**
 * Streams to apps. Those of requests are kept for the next one: to open one asks the agent, and takes a round trip. How
 * many a workspace has is bounded: whoever an app is shared with shall not keep its owner out.
 */
export class AppStreams {
  readonly #deps: HttpDeps;
  readonly #agents = new Map<string, TunnelAgent>();
  readonly #places = new Places(streamsMax);

  constructor(deps: HttpDeps) {
    this.#deps = deps;
  }

  /** For an app's first word. A stream of events, or a download, has all the time it wants after it. */
  get firstByteMs(): number {
    return (this.#deps.limits ?? httpLimits).appFirstByteMs;
  }

  agentOf(place: ListeningPlace): Agent {
    const { workspace, app } = place;
    const key = `${workspace.id} ${workspace.owner_id} ${app.agent} ${JSON.stringify(app.at)}`;
    const known = this.#agents.get(key);
    const agent = known ?? new TunnelAgent(async () => await this.open(place));
    // The one that was used last is the last to go.
    this.#agents.delete(key);
    this.#agents.set(key, agent);
    const [oldest] = this.#agents;
    if (this.#agents.size > appsMax && oldest !== undefined) {
      this.#agents.delete(oldest[0]);
      oldest[1].destroy();
    }
    return agent;
  }

  /**
   * A stream to where an app listens, in its owner's name: that whoever asks may is known.
   * Errors: `too_many_open`, `server_full`, and those of a stream.
   */
  async open({ workspace, app }: ListeningPlace): Promise<Duplex> {
    const leave = await this.#enter(workspace.id);
    try {
      const service = serviceOf(app);
      const grant = { kind: "stream", ownerId: workspace.owner_id, service } as const;
      const stream = await openServerStream(this.#deps, {
        caller: { kind: "server", grant, isRelayed: false },
        workspace: workspace.id,
        agent: app.agent,
        service,
        isResumed: false,
      });
      stream.once("close", leave);
      // Its end is a request's end, whichever side closes first.
      stream.once("end", () => stream.end());
      return app.at.kind === "tcp" && app.at.isTls ? await secured(stream) : stream;
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #enter(workspaceId: string): Promise<() => void> {
    const holders = [{ key: workspaceId, max: streamsPerWorkspaceMax }];
    let entered = this.#places.enter(holders);
    if (entered.kind !== "entered") {
      await this.#endOneAtRest(entered.kind === "full" ? "" : workspaceId);
      entered = this.#places.enter(holders);
    }
    if (entered.kind === "entered") return entered.leave;
    const message = `Apps of this workspace have ${streamsPerWorkspaceMax} streams on this server, as many as they may.`;
    throw entered.kind === "full"
      ? new CodedError("server_full", "This server has as many streams to apps as it may.", { retryAfterSeconds: 5 })
      : new CodedError("too_many_open", message, { retryAfterSeconds: 5 });
  }

  /** @param workspaceId of which one is to go; empty: of any. */
  async #endOneAtRest(workspaceId: string): Promise<void> {
    for (const [key, agent] of this.#agents) {
      const stream = key.startsWith(workspaceId) ? agent.oneAtRest() : undefined;
      if (stream === undefined) continue;
      const closed = new Promise((resolve) => stream.once("close", resolve));
      stream.destroy();
      await closed;
      return;
    }
  }
}

function serviceOf({ at }: ListeningApp): TunnelService {
  return at.kind === "tcp" ? { kind: "tcp", host: "localhost", port: at.port } : { kind: "unix", path: at.path };
}

/** The workspace's own machine is reached over a tunnel that is already its own: there is no name to be proven. */
async function secured(stream: Duplex): Promise<Duplex> {
  const socket = connectTls({ socket: stream, rejectUnauthorized: false });
  stream.once("close", () => socket.destroy());
  socket.once("close", () => stream.destroy());
  return await new Promise((resolve, reject) => {
    socket.once("secureConnect", () => resolve(socket)).once("error", reject);
  });
}

type Made = (error: Error | null, stream?: Duplex) => void;

/** Node's keeper of connections, over streams of the tunnel. */
class TunnelAgent extends Agent {
  readonly #open: () => Promise<Duplex>;
  readonly #rests = new Map<Duplex, NodeJS.Timeout>();

  constructor(open: () => Promise<Duplex>) {
    super({ keepAlive: true, maxSockets: streamsPerAppMax, maxFreeSockets: restingMax, scheduling: "lifo" });
    this.#open = open;
    this.on("free", (stream: Duplex) => {
      // It may have been taken by a request that waited.
      const isResting = Object.values(this.freeSockets).some((free) => free?.some((other) => other === stream));
      if (isResting)
        this.#rests.set(
          stream,
          setTimeout(() => stream.destroy(), restMs),
        );
    });
  }

  oneAtRest(): Duplex | undefined {
    const [stream] = this.#rests.keys();
    return stream;
  }

  override createConnection(_: ClientRequestArgs, made: Made): undefined {
    this.#open().then(
      (stream) => {
        stream.once("close", () => this.#used(stream));
        made(null, stream);
      },
      (error: unknown) => made(error instanceof Error ? error : new Error(String(error))),
    );
    return undefined;
  }

  override reuseSocket(stream: Duplex, request: Parameters<Agent["reuseSocket"]>[1]): void {
    this.#used(stream);
    super.reuseSocket(stream, request);
  }

  #used(stream: Duplex): void {
    clearTimeout(this.#rests.get(stream));
    this.#rests.delete(stream);
  }
}
