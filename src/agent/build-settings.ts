import type { AgentManifest, ToldSettings } from "../contracts/agent-protocol.ts";
import type { AgentMetadataItem, AgentScript } from "../contracts/agent-settings.ts";
import { createSignal } from "../platform/signal.ts";
import type { AgentConfig } from "./agent-config.ts";
import { fetchManifest } from "./fetch-manifest.ts";
import type { ServerHttp } from "./server-http.ts";

/** How often a build that goes on is asked after; a word of the server's makes it look at once. */
const askAgainMs = 250;
const askAgainMsMax = 2_000;

/** Before anything was told. */
const nothing = -1;

/**
 * The manifest as it counts now, with what a build has told of this agent in the place of what the version says: where
 * builds tell it, it is waited for at the start, and again at a claim, whose build tells what is its owner's.
 */
export class BuildSettings {
  readonly #config: AgentConfig;
  readonly #http: ServerHttp;
  readonly #look = createSignal();
  #manifest: AgentManifest | null = null;
  #told: ToldSettings | undefined;

  constructor(config: AgentConfig, http: ServerHttp) {
    this.#config = config;
    this.#http = http;
  }

  /** Says that a look is worth it. */
  poke(): void {
    this.#look.notify();
  }

  /** Takes a manifest over, and, where its build goes on, the one that is told at its end. Null when it was aborted. */
  async begin(manifest: AgentManifest, abort: AbortSignal): Promise<AgentManifest | null> {
    this.#take(manifest);
    return (await this.#untilTold(abort)) ? this.current : null;
  }

  /**
   * Asks until the settings are those of a claim record's generation, or its build has ended.
   * @returns whether they are.
   */
  async reach(generation: number, abort: AbortSignal): Promise<boolean> {
    const manifest = await fetchManifest(this.#config, this.#http, abort);
    if (manifest !== null) this.#take(manifest);
    return manifest !== null && (await this.#untilTold(abort)) && (this.generation ?? nothing) >= generation;
  }

  get current(): AgentManifest {
    if (this.#manifest === null) throw new Error("The manifest was not fetched yet.");
    return this.#manifest;
  }

  /** Of the claim record that they belong to; null where builds tell nothing. */
  get generation(): number | null {
    if (this.#told === undefined) return null;
    return this.#told.state === "known" ? this.#told.generation : nothing;
  }

  /** Whether a build was to tell them, has ended, and has not. */
  get isUntold(): boolean {
    return this.#told?.state === "untold";
  }

  get scripts(): readonly AgentScript[] {
    return this.#told?.state === "known" ? this.#told.scripts : [];
  }

  get metadata(): readonly AgentMetadataItem[] {
    return this.#told?.state === "known" ? this.#told.metadata : [];
  }

  /** False when it was aborted. */
  async #untilTold(abort: AbortSignal): Promise<boolean> {
    for (let pauseMs = askAgainMs; this.#told?.state === "pending"; pauseMs = Math.min(2 * pauseMs, askAgainMsMax)) {
      await this.#look.wait({ abort, timeoutMs: pauseMs });
      const manifest = await fetchManifest(this.#config, this.#http, abort);
      if (manifest === null) return false;
      this.#take(manifest);
    }
    return !abort.aborted;
  }

  #take(manifest: AgentManifest): void {
    this.#told = manifest.settings;
    this.#manifest = withSettings(manifest);
  }
}

/** Variables and folder of all that the agent starts are those of the build, where it tells them. */
function withSettings(manifest: AgentManifest): AgentManifest {
  const { settings } = manifest;
  if (settings?.state !== "known") return manifest;
  const directory = settings.directory.replace(/^~(?:\/+|$)/, "");
  return {
    ...manifest,
    env: { ...manifest.env, ...settings.env },
    directory: settings.directory === "" ? manifest.directory : directory,
  };
}
