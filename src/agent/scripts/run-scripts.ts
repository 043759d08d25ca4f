import { type AgentScript, agentScriptsMax } from "../../contracts/agent-settings.ts";
import { mapBounded } from "../../platform/bounded.ts";
import { lastLineText } from "../run-hook.ts";
import { runScript, type ScriptPlace } from "./run-script.ts";

/** All that an agent can have: scripts wait for each other, and with fewer places one could wait for what never begins. */
const scriptsAtOnceMax = agentScriptsMax;

export interface FailedScript {
  readonly id: string;
  readonly name: string;
  /** A sentence's second half without its full stop, and what the script printed last. */
  readonly reason: string;
  readonly isTimeout: boolean;
}

export interface ScriptsRun extends ScriptPlace {
  readonly scripts: readonly AgentScript[];
  readonly when: "start" | "stop";
  /** None of them may take longer, whatever it says itself. */
  readonly limitMs?: number;
}

/** Runs all scripts of a moment, in parallel. Those that are aborted are not among the failed. */
export async function runScripts({ scripts, when, limitMs, ...place }: ScriptsRun): Promise<{
  readonly failed: readonly FailedScript[];
}> {
  const wanted = scripts
    .filter((script) => (when === "start" ? script.onStart : script.onStop))
    .map((script) => ({ ...script, timeoutMs: limitOf(script.timeoutMs, limitMs) }));
  const outcomes = await mapBounded(wanted, scriptsAtOnceMax, (script) => runScript(script, when, place));
  const failed = wanted.flatMap(({ id, name }, index): FailedScript[] => {
    const run = outcomes[index];
    if (run === undefined) return [];
    if (run.kind === "error") return [{ id, name, reason: String(run.error), isTimeout: false }];
    const { value: outcome } = run;
    if (outcome.kind === "succeeded" || outcome.kind === "aborted") return [];
    const reason = outcome.lastLine === null ? outcome.reason : `${outcome.reason}.${lastLineText(outcome.lastLine)}`;
    return [{ id, name, reason, isTimeout: outcome.kind === "timed_out" }];
  });
  return { failed };
}

function limitOf(own: number | null, ofAll: number | undefined): number | null {
  if (ofAll === undefined) return own;
  return own === null ? ofAll : Math.min(own, ofAll);
}

/** Empty when none has. */
export function failureText(failed: readonly FailedScript[]): string {
  return failed.map(({ name, reason }) => `The script "${name}" failed: ${reason}.`).join(" ");
}
