import { backoffDelayMs } from "../../../platform/backoff.ts";
import type { Logger } from "../../../platform/logger.ts";
import type { Random } from "../../../platform/random.ts";
import { sleep } from "../../../platform/sleep.ts";
import { labels } from "./docker-names.ts";
import { type EngineClient, filters } from "./engine-client.ts";
import { jsonLines } from "./engine-stream.ts";

export interface ContainerWatchOptions {
  readonly engine: EngineClient;
  readonly logger: Logger;
  readonly random: Random;
  /** Of the daemon's folder: what others made is for them to watch. */
  readonly daemon: string;
  /** Whether the daemon itself is at work on the workspace: then what happens to its container is meant. */
  readonly isBusy: (workspaceId: string) => boolean;
  /** Called for a container that the engine removed while nobody here was at work on its workspace. */
  readonly onRemoved: (container: RemovedContainer) => void;
}

export interface RemovedContainer {
  readonly workspaceId: string;
  readonly buildId: string;
}

const reconnectBaseMs = 1_000;
const reconnectCapMs = 60_000;

/**
 * Listens to the engine for containers of ours that end or are removed behind our back, and says so in the log. That a
 * prebuild is not handed out any more needs no word of this: its agent's connection is gone.
 */
export class ContainerWatch {
  readonly #options: ContainerWatchOptions;
  readonly #over = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ContainerWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger, random, engine } = this.#options;
    for (let attempt = 1; !this.#over.signal.aborted; attempt += 1) {
      try {
        await this.#listen(() => {
          attempt = 1;
        });
      } catch (error) {
        if (this.#over.signal.aborted) return;
        if (attempt === 1)
          logger.warn("Docker cannot be watched; its templates cannot be used until it is there", { error });
      }
      await sleep(
        backoffDelayMs({ attempt, baseMs: reconnectBaseMs, capMs: reconnectCapMs, random }),
        this.#over.signal,
      );
      logger.debug("connecting to Docker again", { where: engine.where });
    }
  }

  async #listen(onConnected: () => void): Promise<void> {
    const answer = await this.#options.engine.open({
      method: "GET",
      path: "/events",
      query: {
        filters: filters({
          type: ["container"],
          event: ["die", "destroy", "oom"],
          label: [`${labels.daemon}=${this.#options.daemon}`],
        }),
      },
      abort: this.#over.signal,
    });
    onConnected();
    for await (const event of jsonLines(answer)) this.#take(event);
  }

  #take(event: Readonly<Record<string, unknown>>): void {
    const actor = event["Actor"];
    const attributes = typeof actor === "object" && actor !== null && "Attributes" in actor ? actor.Attributes : {};
    const about = new Map(Object.entries(attributes ?? {}));
    const workspaceId = String(about.get(labels.workspace) ?? "");
    if (workspaceId === "" || this.#options.isBusy(workspaceId)) return;
    const what = event["Action"];
    this.#options.logger.warn("something happened to a workspace's container behind our back", {
      workspaceId,
      container: String(about.get("name") ?? ""),
      event: typeof what === "string" ? what : "unknown",
      ...(about.has("exitCode") ? { exitCode: String(about.get("exitCode")) } : {}),
    });
    const buildId = String(about.get(labels.build) ?? "");
    if (what === "destroy" && buildId !== "") this.#options.onRemoved({ workspaceId, buildId });
  }
}
