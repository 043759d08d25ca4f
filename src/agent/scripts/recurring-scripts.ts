import type { AgentMetadataValue } from "../../contracts/agent-metadata.ts";
import type { AgentScript } from "../../contracts/agent-settings.ts";
import { systemClock } from "../../platform/clock.ts";
import type { AgentMemory } from "../agent-memory.ts";
import type { BuildSettings } from "../build-settings.ts";
import { hookErrorText } from "../run-hook.ts";
import { CronScripts } from "./cron-scripts.ts";
import { MetadataSampler } from "./metadata-sampler.ts";
import { runScript, sourceOf } from "./run-script.ts";
import { type ScriptParts, scriptPlaceAnyway } from "./script-place.ts";

export interface RecurringParts extends ScriptParts {
  readonly memory: AgentMemory;
  readonly settings: BuildSettings;
  /** All values of the agent's metadata, when one of them has become another. */
  readonly onMetadata: (values: readonly AgentMetadataValue[]) => void;
}

/**
 * What a build has told to be run again and again: scripts at times of theirs, and those of the metadata in their intervals.
 * For nobody while nobody owns the workspace, and for its owner from the hand-over on.
 */
export class RecurringScripts {
  readonly #parts: RecurringParts;
  #cron: CronScripts | null = null;
  #sampler: MetadataSampler | null = null;
  /** Changes wait for each other, so that no script is run by two of them. */
  #changing: Promise<void> = Promise.resolve();
  #hasEnded = false;
  #hasTold = false;

  constructor(parts: RecurringParts) {
    this.#parts = parts;
  }

  /** Begins with what the settings are now, in the place of what they were. */
  renew(): void {
    this.#changing = this.#changing.then(async () => {
      try {
        await this.#close();
        if (!this.#hasEnded) this.#begin();
      } catch (error) {
        // The next renewal begins anew: neither it nor the agent ends by what this one met.
        this.#say("agent", `The template's scripts with a cron and its metadata do not run: ${String(error)}`);
      }
    });
  }

  /** A new connection begins with what is known; nothing where there is no metadata. */
  tell(): void {
    if (this.#sampler !== null) this.#parts.onMetadata(this.#sampler.values());
  }

  /** No run begins any more; resolves when those that go on have ended. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#changing;
    await this.#close();
  }

  #begin(): void {
    const { config, secrets, settings, onMetadata } = this.#parts;
    const { scripts, metadata } = settings;
    const clock = systemClock;
    const onSkipped = ({ name }: AgentScript): void =>
      this.#say(name, "It is time to run it, and it still runs: left out.");
    if (scripts.some(({ cron }) => cron !== null)) {
      this.#cron = new CronScripts({ scripts, clock, run: (script, abort) => this.#run(script, abort), onSkipped });
    }
    if (metadata.length === 0) {
      // What was told before is no more.
      if (this.#hasTold) onMetadata([]);
      return;
    }
    const { environment, directory } = this.#place();
    const { killGraceMs } = config.timing;
    const place = { environment, directory, masks: secrets.masks, killGraceMs };
    this.#sampler = new MetadataSampler({ items: metadata, clock, onChange: onMetadata, ...place });
    // In the place of what was told before, whose items may be others.
    this.#hasTold = true;
    this.tell();
  }

  async #close(): Promise<void> {
    const ends = [this.#cron, this.#sampler].map(async (open) => open?.close());
    this.#cron = null;
    this.#sampler = null;
    await Promise.all(ends);
  }

  async #run(script: AgentScript, abort: AbortSignal): Promise<void> {
    const outcome = await runScript(script, "cron", { ...this.#place(), abort });
    if (outcome.kind === "succeeded" || outcome.kind === "aborted") return;
    this.#say(script.name, hookErrorText(script.name, outcome));
  }

  #place(): ReturnType<typeof scriptPlaceAnyway> {
    const { memory, secrets, settings } = this.#parts;
    const claim = memory.claim();
    const record = claim?.phase === "done" ? claim.record : null;
    return scriptPlaceAnyway(this.#parts, { manifest: settings.current, record, given: secrets.now() });
  }

  #say(name: string, text: string): void {
    this.#parts.log.add({ level: "error", source: sourceOf(name), text });
  }
}
