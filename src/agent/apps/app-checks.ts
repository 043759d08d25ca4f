import { setMaxListeners } from "node:events";
import { type AppHealth, appsPerAgentMax } from "../../contracts/app-health.ts";
import type { AppCheck } from "../../platform/manifest-apps.ts";
import { createSignal, type Signal } from "../../platform/signal.ts";
import { sleep } from "../../platform/sleep.ts";
import type { ServerSocket } from "../server-socket.ts";
import { checkApp } from "./check-app.ts";

/** While an app starts, people wait for it: it is looked at so often, whatever its interval is. */
const startingLookMs = 1_000;
/** Changes that come within so long are told together. */
const tellMs = 250;

interface Deps {
  readonly home: string;
  readonly socket: Pick<ServerSocket, "send">;
  /** Whether somebody owns the workspace. */
  readonly isOwned: () => boolean;
  readonly abort: AbortSignal;
}

interface Followed {
  readonly check: AppCheck;
  readonly wake: Signal;
  health: AppHealth;
  detail: string;
  /** Checks in a row that have failed. */
  failures: number;
  startingSinceMs: number;
}

/**
 * Asks the apps of a workspace whether they are well, and tells the server: all of them, when one changes and with each
 * connection. In a prebuild as well, so that whoever claims it knows at once; but an app that may only be started for its
 * owner is `starting` there for as long as it takes, and given all of its time again when he comes.
 */
export class AppChecks {
  readonly #deps: Deps;
  readonly #stop = new AbortController();
  readonly #changed = createSignal();
  #apps: readonly Followed[] = [];
  #running: readonly Promise<void>[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
    setMaxListeners(4 * appsPerAgentMax, this.#stop.signal);
    deps.abort.addEventListener("abort", () => this.#stop.abort(), { once: true });
    if (deps.abort.aborted) this.#stop.abort();
  }

  /** What is to be checked, once it is started. Told before the agent calls itself ready, so that nobody takes it for well. */
  async begin(checks: readonly AppCheck[]): Promise<void> {
    this.#apps = checks.slice(0, appsPerAgentMax).map((check) => ({
      check,
      wake: createSignal(),
      health: "starting",
      detail: "",
      failures: 0,
      startingSinceMs: performance.now(),
    }));
    await this.tell();
  }

  start(): void {
    if (this.#running.length > 0 || this.#apps.length === 0) return;
    for (const app of this.#apps) app.startingSinceMs = performance.now();
    this.#running = [...this.#apps.map(async (app) => this.#follow(app)), this.#tellChanges()];
  }

  /** The owner's hook may have started what was not there: it has its time from now on. */
  lookAnew(): void {
    for (const app of this.#apps) {
      if (app.health === "healthy") continue;
      app.startingSinceMs = performance.now();
      this.#become(app, "starting", app.detail);
      app.wake.notify();
    }
  }

  /** Not sent while there is no connection: the next one begins with it. */
  async tell(): Promise<void> {
    if (this.#apps.length === 0) return;
    const apps = this.#apps.map(({ check: { app }, health, detail }) => ({ app, health, detail }));
    await this.#deps.socket.send({ kind: "apps", apps });
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async #follow(app: Followed): Promise<void> {
    const { check, wake } = app;
    const { signal: abort } = this.#stop;
    while (!abort.aborted) {
      const why = await checkApp(check, { home: this.#deps.home, abort });
      if (abort.aborted) return;
      this.#note(app, why);
      const { intervalMs } = check;
      const timeoutMs = app.health === "starting" ? Math.min(intervalMs, startingLookMs) : intervalMs;
      await wake.wait({ abort, timeoutMs });
    }
  }

  #note(app: Followed, why: string | null): void {
    const { threshold, intervalMs } = app.check;
    if (why === null) {
      app.failures = 0;
      return this.#become(app, "healthy", "");
    }
    app.failures += 1;
    if (app.health === "unhealthy") return this.#become(app, "unhealthy", why);
    if (app.health === "healthy") {
      if (app.failures >= threshold) this.#become(app, "unhealthy", why);
      return;
    }
    // It is looked at more often than its interval says, so that it is time which counts.
    const isOver = performance.now() - app.startingSinceMs >= threshold * intervalMs && this.#deps.isOwned();
    this.#become(app, isOver ? "unhealthy" : "starting", why);
  }

  #become(app: Followed, health: AppHealth, detail: string): void {
    if (app.health === health && app.detail === detail) return;
    app.health = health;
    app.detail = detail;
    this.#changed.notify();
  }

  async #tellChanges(): Promise<void> {
    const { signal: abort } = this.#stop;
    while ((await this.#changed.wait({ abort })) !== "aborted") {
      await this.tell();
      await sleep(tellMs, abort);
    }
  }
}
