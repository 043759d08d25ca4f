import type { AgentScript } from "../../contracts/agent-settings.ts";
import type { AgentLog } from "../agent-log.ts";
import { account } from "../login-shell.ts";
import { lastLineText, runHook } from "../run-hook.ts";
import type { SecretMasks } from "../secret-mask.ts";

/** Names of what scripts leave in the state folder begin so. */
export const scriptFilePrefix = "script-";

export interface ScriptsRun {
  readonly scripts: readonly AgentScript[];
  readonly when: "start" | "stop";
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly directory: string;
  readonly log: Pick<AgentLog, "add">;
  readonly abort: AbortSignal;
  readonly host: { readonly stateFolder: string; readonly killGraceMs: number; readonly masks: SecretMasks };
  /** None of them may take longer, whatever it says itself. */
  readonly limitMs?: number;
}

export interface ScriptFailure {
  readonly id: string;
  readonly name: string;
  /** A sentence's second half, without its full stop. */
  readonly reason: string;
}

/** Runs those that run then, all at once, each in a process group of its own and with a log source of its name. */
export async function runScripts(run: ScriptsRun): Promise<{ readonly failed: readonly ScriptFailure[] }> {
  const due = run.scripts.filter(({ onStart, onStop }) => (run.when === "start" ? onStart : onStop));
  const outcomes = await Promise.all(due.map((script) => runOne(script, run)));
  return { failed: outcomes.flat() };
}

async function runOne(script: AgentScript, run: ScriptsRun): Promise<readonly ScriptFailure[]> {
  const { id, name } = script;
  const outcome = await runHook({
    name: `${scriptFilePrefix}${id}-${run.when}`,
    script: script.run,
    command: (file) => (script.run.startsWith("#!") ? [file] : [account(run.environment).shell, file]),
    timeoutMs: limitOf(script.timeoutMs, run.limitMs),
    folder: run.directory,
    environment: run.environment,
    ...run.host,
    abort: run.abort,
    onLine: (level, text) => run.log.add({ level, source: name, text }),
  });
  if (outcome.kind === "succeeded") return [];
  if (outcome.kind === "aborted") return [{ id, name, reason: "it was interrupted" }];
  return [{ id, name, reason: `${outcome.reason}.${lastLineText(outcome.lastLine)}`.replace(/\.$/, "") }];
}

function limitOf(own: number | null, ofAll: number | undefined): number | null {
  if (ofAll === undefined) return own;
  return own === null ? ofAll : Math.min(own, ofAll);
}

/** Empty when none has. */
export function failureText(failed: readonly ScriptFailure[]): string {
  return failed.map(({ name, reason }) => `The script "${name}" failed: ${reason}.`).join(" ");
}
