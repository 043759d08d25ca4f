import type { FastifyInstance } from "fastify";
import type { WebSocket } from "ws";
import type { Actor } from "../../app/authorize.ts";
import { actorsAsTheyAre } from "../../app/identity/authenticate.ts";
import { liveCloses, livePath } from "../../contracts/live-channel.ts";
import { userOf } from "../credentials.ts";
import { endSocket } from "../end-socket.ts";
import type { HttpDeps } from "../http-deps.ts";
import { httpLimits } from "../http-limits.ts";
import { pingRegularly } from "../keep-alive.ts";
import { onceClosed } from "../once-closed.ts";
import { LiveConnection } from "./live-connection.ts";
import { WorkspaceWatch } from "./workspace-watch.ts";

/** What people may do is read again this often, in case nobody told that it has changed. */
const rightsIntervalMs = 2_000;

/** The live channels of one server. */
export class LiveHub {
  readonly #deps: HttpDeps;
  readonly #workspaces: WorkspaceWatch;
  readonly #connections = new Set<LiveConnection>();
  #stopWatching: (() => void) | undefined;
  #isLooking = false;

  constructor(deps: HttpDeps) {
    this.#deps = deps;
    this.#workspaces = new WorkspaceWatch(deps);
  }

  serve(socket: WebSocket, actor: Actor): void {
    const { credentials, stopping, limits = httpLimits } = this.#deps;
    const connection = new LiveConnection({ deps: this.#deps, workspaces: this.#workspaces, socket, actor });
    const letGo = credentials.hold(actor.tokenId, () =>
      endSocket(socket, liveCloses.unauthenticated, "the session has ended"),
    );
    const onStop = (): void => endSocket(socket, liveCloses.stopping, "server stopping");
    stopping.addEventListener("abort", onStop, { once: true });
    const stopPings = pingRegularly(socket, limits.execPingMs);
    this.#connections.add(connection);
    this.#stopWatching ??= this.#watchRights();
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer, isBinary) => connection.take(data, isBinary));
    socket.once("close", () => {
      letGo();
      stopPings();
      stopping.removeEventListener("abort", onStop);
      connection.close();
      this.#connections.delete(connection);
      if (this.#connections.size > 0) return;
      this.#stopWatching?.();
      this.#stopWatching = undefined;
    });
    if (stopping.aborted) onStop();
  }

  #watchRights(): () => void {
    const stop = this.#deps.news.subscribe("roles", () => void this.#lookAtRights());
    const timer = setInterval(() => void this.#lookAtRights(), rightsIntervalMs);
    return () => {
      stop();
      clearInterval(timer);
    };
  }

  /** Of all at once. Who is gone or suspended is ended with his credential, as with everything that is held open. */
  async #lookAtRights(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const held = Array.from(this.#connections);
      const tokenIds = Array.from(new Set(held.map(({ actor }) => actor.tokenId)));
      const actors = await actorsAsTheyAre(this.#deps, tokenIds);
      for (const connection of held) {
        const now = actors.get(connection.actor.tokenId);
        if (now !== undefined && rightsOf(now) !== rightsOf(connection.actor)) connection.becomes(now);
      }
    } catch (error) {
      this.#deps.logger.debug("what the listeners may do could not be read; it is read again", {
        reason: String(error),
      });
    } finally {
      this.#isLooking = false;
    }
  }
}

function rightsOf({ role, organizations }: Actor): string {
  const memberships = organizations.map(({ id, role: inIt }) => `${id} ${inIt}`).sort();
  return [role, ...memberships].join("\n");
}

const actors = new WeakMap<object, Actor>();

/** Serves `WS /api/v1/live`. It is counted as one of its person's event streams. */
export function registerLive(app: FastifyInstance, deps: HttpDeps): void {
  const hub = new LiveHub(deps);
  app.get(
    livePath,
    {
      websocket: true,
      schema: { hide: true },
      preValidation: async (request) => {
        const actor = await userOf(deps, request);
        onceClosed(request.raw.socket, deps.places.take("stream", actor, request));
        deps.outgoing.note(request.raw.socket, { kind: "person", id: actor.userId }, "open");
        actors.set(request.raw, actor);
      },
    },
    (socket, request) => {
      const actor = actors.get(request.raw);
      if (actor === undefined) return socket.close(liveCloses.unauthenticated, "unauthenticated");
      hub.serve(socket, actor);
    },
  );
}
