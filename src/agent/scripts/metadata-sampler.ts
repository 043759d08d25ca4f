import { setMaxListeners } from "node:events";
import { statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { StringDecoder } from "node:string_decoder";
import {
  type AgentMetadataValue,
  metadataErrorLengthMax,
  metadataRefreshMs,
  metadataValueBytesMax,
} from "../../contracts/agent-metadata.ts";
import { type AgentMetadataItem, agentMetadataMax } from "../../contracts/agent-settings.ts";
import type { Clock } from "../../platform/clock.ts";
import { sleep } from "../../platform/sleep.ts";
import { agentTiming } from "../agent-timing.ts";
import { machineSource } from "../coder/machine-source.ts";
import { account } from "../login-shell.ts";
import { endGroup } from "../process-group.ts";
import { childOutcome } from "../run-hook.ts";
import { MaskedStream, type SecretMasks } from "../secret-mask.ts";
import { ownStat } from "./own-stat.ts";
import { notStarted, startChild } from "./start-child.ts";

/** Samples that are taken beside each other. */
const samplesAtOnceMax = 4;
/** Between two reports. */
const reportMs = 1_000;
/** First samples begin so far from each other at most; people who wait for a new workspace want to see something. */
const spreadMsMax = 10_000;

export interface SamplerDeps {
  readonly items: readonly AgentMetadataItem[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly masks: SecretMasks;
  readonly clock: Clock;
  /** All values, when one has become another, and now and then though none has: each says when it was found. */
  readonly onChange: (values: readonly AgentMetadataValue[]) => void;
  readonly killGraceMs?: number;
  /** For tests. */
  readonly refreshMs?: number;
}

/**
 * Runs each item's script in its interval and keeps what it printed, in memory alone. Each item has its own phase, so that
 * items of one interval are not all started at once; one that is slow is late, and never run twice at once.
 */
export class MetadataSampler {
  readonly #deps: SamplerDeps;
  readonly #stop = new AbortController();
  readonly #values = new Map<string, AgentMetadataValue>();
  readonly #running: readonly Promise<void>[];
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #toldAtMs = performance.now();
  #report: Promise<void> | null = null;

  constructor(deps: SamplerDeps) {
    this.#deps = deps;
    const items = deps.items.slice(0, agentMetadataMax);
    setMaxListeners(4 * agentMetadataMax, this.#stop.signal);
    for (const { key, name, intervalMs, order } of items) {
      this.#values.set(key, { key, name, value: "", error: "", collectedAt: null, intervalMs, order });
    }
    this.#running = items.map(async (item, index) => this.#follow(item, phaseOf(item, index, items.length)));
  }

  values(): readonly AgentMetadataValue[] {
    return [...this.#values.values()];
  }

  /** Ends what is run, and tells nothing any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const goOn of this.#waiting.splice(0)) goOn();
    await Promise.all([...this.#running, this.#report]);
  }

  async #follow(item: AgentMetadataItem, phaseMs: number): Promise<void> {
    const { signal } = this.#stop;
    let dueMs = performance.now() + phaseMs;
    while (!signal.aborted) {
      await sleep(dueMs - performance.now(), signal);
      await this.#enter();
      try {
        if (!signal.aborted) this.#note(item, await takeSample(item, { ...this.#deps, abort: signal }));
      } finally {
        this.#leave();
      }
      // On the grid of its phase, without what was missed.
      const missed = Math.floor((performance.now() - dueMs) / item.intervalMs);
      dueMs += (Math.max(missed, 0) + 1) * item.intervalMs;
    }
  }

  async #enter(): Promise<void> {
    if (this.#busy < samplesAtOnceMax) {
      this.#busy += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Its place goes to whoever waits. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy -= 1;
    else next();
  }

  #note({ key, name, intervalMs, order }: AgentMetadataItem, { value, error }: Sample): void {
    if (this.#stop.signal.aborted) return;
    const before = this.#values.get(key);
    const collectedAt = this.#deps.clock.now().toISOString();
    this.#values.set(key, { key, name, intervalMs, order, value, error, collectedAt });
    const isSame = before?.collectedAt !== null && before?.value === value && before.error === error;
    const isDue = performance.now() - this.#toldAtMs >= (this.#deps.refreshMs ?? metadataRefreshMs);
    if (!isSame || isDue) this.#report ??= this.#tell();
  }

  async #tell(): Promise<void> {
    // The first at once with what comes beside it, and then one in each such time.
    await sleep(reportMs, this.#stop.signal);
    this.#report = null;
    this.#toldAtMs = performance.now();
    if (!this.#stop.signal.aborted) this.#deps.onChange(this.values());
  }
}

function phaseOf({ intervalMs }: AgentMetadataItem, index: number, count: number): number {
  return (Math.min(intervalMs, spreadMsMax) * index) / count;
}

interface Sample {
  readonly value: string;
  readonly error: string;
}

type SamplePlace = Omit<SamplerDeps, "items" | "clock" | "onChange"> & { readonly abort: AbortSignal };

/** Runs an item's script once. What it leaves in the background is ended with it: it is to look, and no more. */
export async function takeSample(item: AgentMetadataItem, place: SamplePlace): Promise<Sample> {
  const { environment, masks, abort } = place;
  const known = await ownStat(item.run, environment, machineSource);
  if (known !== undefined) return { value: maskedText(known, masks), error: "" };
  const child = startChild(account(environment).shell, ["-c", item.run], {
    cwd: folderOf(place),
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  if (child instanceof Error) return { value: "", error: notStarted(child).slice(0, metadataErrorLengthMax) };
  const masked = new MaskedStream(masks);
  const pieces: Buffer[] = [];
  let bytes = 0;
  child.stdout?.on("data", (piece: Buffer) => {
    // The rest is read, so that nothing waits for a full pipe, and passed over.
    if (bytes >= metadataValueBytesMax) return;
    const shown = masked.push(piece);
    bytes += shown.length;
    pieces.push(shown);
  });
  const drained = new Promise<void>((resolve) => child.stdout?.once("close", resolve) ?? resolve());
  const outcome = await childOutcome(child, { timeoutMs: item.timeoutMs, abort });
  if (child.pid !== undefined) {
    const isCut = outcome.kind === "timed_out" || outcome.kind === "aborted";
    await endGroup(child.pid, isCut ? (place.killGraceMs ?? agentTiming.killGraceMs) : 0);
  }
  // A program that has made a group of its own may hold the pipe for ever.
  await Promise.race([drained, sleep(agentTiming.execDrainMs)]);
  child.stdout?.destroy();
  if (bytes < metadataValueBytesMax) pieces.push(masked.end());
  const value = textOf(Buffer.concat(pieces));
  return { value, error: "reason" in outcome ? outcome.reason.slice(0, metadataErrorLengthMax) : "" };
}

/** A start script may be what makes the folder, and looking must not make it: until then it is the home. */
function folderOf({ environment, directory }: SamplePlace): string {
  const home = environment["HOME"] ?? homedir();
  const folder = path.resolve(home, directory);
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? folder : home;
}

function maskedText(text: string, masks: SecretMasks): string {
  const masked = new MaskedStream(masks);
  return textOf(Buffer.concat([masked.push(Buffer.from(text)), masked.end()]));
}

/** Its first bytes as text, without a character that they cut. */
function textOf(bytes: Buffer): string {
  const decoder = new StringDecoder("utf8");
  return decoder.write(bytes.subarray(0, metadataValueBytesMax)).replaceAll("\0", "").trim();
}
