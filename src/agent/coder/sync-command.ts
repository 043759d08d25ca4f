import { parseArgs } from "node:util";
import type { CoderAnswer, CoderAsk } from "./coder-words.ts";
import type { CoderWorld } from "./coder-world.ts";
import type { UnitReport } from "./units.ts";

/** How often a unit that waits looks whether it may start. */
const pollMs = 1_000;
/** How long it waits, unless `--timeout` says. */
const startLimitMs = 300_000;
const startLimitMsMax = 86_400_000;

type SyncWorld = Pick<CoderWorld, "ask" | "print" | "nowMs" | "sleep">;

const usage =
  "coder exp sync want UNIT OTHER... | start UNIT [--timeout 5m] | complete UNIT | status UNIT | list | ping";

/** `coder exp sync`: how far the workspace's scripts are, told to each other. Errors: a sentence. */
export async function coderSync(words: readonly string[], world: SyncWorld): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      timeout: { type: "string" },
      output: { type: "string", short: "o", default: "text" },
    },
  });
  const [action, unit, ...others] = positionals;
  const print = (value: unknown, text: string): void =>
    world.print(values.output === "json" ? JSON.stringify(value) : text);
  if (action === "ping" && unit === undefined) {
    await done(world, { kind: "ping" });
    return print({ ok: true }, "The agent answers.");
  }
  if (action === "list" && unit === undefined) {
    const units = (await done(world, { kind: "list" })) as readonly UnitReport[]; // as the agent answers
    return print(units, units.length === 0 ? "There are no units." : units.map(lineOf).join("\n"));
  }
  if (unit === undefined || (action === "want") === (others.length === 0)) throw new Error(`the usage is ${usage}`);
  switch (action) {
    case "want":
      await done(world, { kind: "want", unit, on: others });
      return print({ unit, wants: others }, `${unit} waits for ${others.join(", ")}.`);
    case "complete":
      await done(world, { kind: "complete", unit });
      return print({ unit, status: "completed" }, `${unit} is complete.`);
    case "status": {
      const report = (await done(world, { kind: "status", unit })) as UnitReport; // as the agent answers
      return print(report, lineOf(report));
    }
    case "start":
      await start(world, unit, values.timeout === undefined ? startLimitMs : durationMs(values.timeout));
      return print({ unit, status: "started" }, `${unit} has started.`);
    default:
      throw new Error(`the usage is ${usage}`);
  }
}

/** An agent that cannot be reached is waited for as well: it may be starting again. */
async function start(world: SyncWorld, unit: string, limitMs: number): Promise<void> {
  const endMs = world.nowMs() + limitMs;
  for (;;) {
    let why: string;
    try {
      const lacking = await done(world, { kind: "start", unit });
      if (!Array.isArray(lacking) || lacking.length === 0) return;
      why = `it still waits for ${lacking.join(", ")}`;
    } catch (error) {
      if (error instanceof Refused) throw error;
      why = `the agent was not reached: ${error instanceof Error ? error.message : String(error)}`;
    }
    const leftMs = endMs - world.nowMs();
    if (leftMs <= 0) throw new Error(`${unit} was not started within ${limitMs / 1_000} s: ${why}`);
    await world.sleep(Math.min(pollMs, leftMs));
  }
}

class Refused extends Error {}

async function done(world: SyncWorld, ask: CoderAsk): Promise<unknown> {
  const answer: CoderAnswer = await world.ask(ask);
  if (answer.outcome === "refused") throw new Refused(answer.reason);
  return answer.value;
}

function lineOf({ unit, status, isReady, dependencies }: UnitReport): string {
  const waits = dependencies.map((each) => `${each.unit} (${each.status})`).join(", ");
  const ready = status === "pending" && isReady ? ", may start" : "";
  return `${unit}: ${status}${ready}${waits === "" ? "" : `, after ${waits}`}`;
}

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** As Go has it, such as `5m` and `1m30s`. Errors: it is none, or too long. */
function durationMs(text: string): number {
  const parts = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text) ? [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)] : [];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitMs[unit as keyof typeof unitMs], 0);
  if (parts.length > 0 && ms <= startLimitMsMax) return ms;
  throw new Error(`"${text}" is no time to wait: it is such as 30s, 5m or 1m30s, and a day at most`);
}
