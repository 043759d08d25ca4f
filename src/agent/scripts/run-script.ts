import type { ChildProcess } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { logSourceLengthMax as sourceLengthMax } from "../../contracts/agent-protocol.ts";
import type { AgentScript } from "../../contracts/agent-settings.ts";
import { makeFolder } from "../../platform/make-folder.ts";
import type { AgentLog } from "../agent-log.ts";
import { agentTiming } from "../agent-timing.ts";
import { followLeftOutput, type HookLines, openHookOutput } from "../hook-output.ts";
import { account } from "../login-shell.ts";
import { endGroup } from "../process-group.ts";
import { childOutcome, endLeftover, forwardLines, type HookOutcome } from "../run-hook.ts";
import type { SecretMasks } from "../secret-mask.ts";
import { LogFile, logFileOf } from "./log-file.ts";
import { makeScriptFolders, scriptBinFolder, scriptDataFolder } from "./script-folders.ts";
import { notStarted, startChild } from "./start-child.ts";

/** Why a script is run. */
export type ScriptMoment = "start" | "stop" | "cron";

/** Who takes what scripts print, and what may not be in it. */
export interface ScriptLog extends Pick<AgentLog, "add"> {
  readonly masks: SecretMasks;
}

/** What all scripts of an agent have in common. */
export interface ScriptPlace {
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute, or below the home. */
  readonly directory: string;
  readonly log: ScriptLog;
  readonly abort: AbortSignal;
  /** The system's, unless said. */
  readonly temporaryFolder?: string;
  readonly killGraceMs?: number;
}

/**
 * Runs a script in a process group of its own. Its end is its own exit: what it has put into the background lives on and
 * is heard, however the script ends; but not where it takes too long or is aborted: then its whole group is ended.
 * What an interrupted run of the same script has left running is ended first.
 */
export async function runScript(script: AgentScript, moment: ScriptMoment, place: ScriptPlace): Promise<HookOutcome> {
  const temporaryFolder = place.temporaryFolder ?? tmpdir();
  const killGraceMs = place.killGraceMs ?? agentTiming.killGraceMs;
  const data = scriptDataFolder(temporaryFolder, script.id);
  const file = path.join(data, `${moment}.script`);
  const processFile = path.join(data, `${moment}.pid`);
  const mark = `${moment}:${script.id}`;
  const environment = scriptEnvironment(place.environment, { data, bin: scriptBinFolder(temporaryFolder) });
  const directory = path.resolve(homeOf(place.environment), place.directory);
  await endLeftover({ processFile, mark: `PREWARM_SCRIPT=${mark}`, killGraceMs });
  if (place.abort.aborted) return { kind: "aborted" };
  try {
    makeScriptFolders(temporaryFolder, script.id);
    makeFolder(directory);
    rmSync(file, { force: true });
    writeFileSync(file, script.run, { mode: 0o700 });
  } catch (error) {
    return { kind: "failed", reason: `it could not be prepared: ${String(error)}`, lastLine: null };
  }
  const { lines, lastLine } = withLastLine(linesOf(script, place));
  const output = openHookOutput(data, moment, lines);
  const [program, ...args] = commandOf(script.run, file, account(place.environment).shell);
  const child = startChild(program, args, {
    cwd: directory,
    env: { ...environment, PREWARM_SCRIPT: mark },
    stdio: output === null ? ["ignore", "pipe", "pipe"] : ["ignore", ...output.stdio],
    detached: true,
  });
  // Also when nothing was started: it would be held for ever.
  output?.release();
  if (child instanceof Error) return { kind: "failed", reason: notStarted(child), lastLine: null };
  if (output === null) forwardLines(child, lines);
  const outcome = await outcomeOf(child, { ...place, processFile, killGraceMs, timeoutMs: script.timeoutMs });
  output?.drain();
  return outcome.kind === "failed" || outcome.kind === "timed_out" ? { ...outcome, lastLine: lastLine() } : outcome;
}

function withLastLine(lines: HookLines): { readonly lines: HookLines; readonly lastLine: () => string | null } {
  let last: string | null = null;
  const onLine: HookLines["onLine"] = (level, line) => {
    if (line.trim() !== "") last = line.trim();
    lines.onLine(level, line);
  };
  return { lines: { masks: lines.masks, onLine }, lastLine: () => last };
}

/** Goes on hearing what scripts of an agent before this one have left running; and what was theirs to mask is masked. */
export function followLeftScripts(scripts: readonly AgentScript[], place: Omit<ScriptPlace, "abort">): void {
  for (const script of scripts) {
    const data = scriptDataFolder(place.temporaryFolder ?? tmpdir(), script.id);
    for (const moment of ["start", "cron"] as const) followLeftOutput(data, moment, linesOf(script, place));
  }
}

async function outcomeOf(
  child: ChildProcess,
  run: {
    readonly timeoutMs: number | null;
    readonly abort: AbortSignal;
    readonly processFile: string;
    readonly killGraceMs: number;
  },
): Promise<HookOutcome> {
  const outcome = childOutcome(child, run);
  if (child.pid !== undefined) writeFileSync(run.processFile, String(child.pid), { mode: 0o600 });
  const { kind } = await outcome;
  const isCut = kind === "timed_out" || kind === "aborted";
  if (isCut && child.pid !== undefined) await endGroup(child.pid, run.killGraceMs);
  rmSync(run.processFile, { force: true });
  return await outcome;
}

/** As the kernel reads a first line that begins with `#!`: the program, and all the rest as one argument. */
function commandOf(text: string, file: string, shell: string): readonly [string, ...string[]] {
  const [, program, argument] = /^#![ \t]*(\S+)(?:[ \t]+(.*?))?[ \t\r]*(?:\n|$)/.exec(text) ?? [];
  if (program === undefined) return [shell, file];
  return argument === undefined || argument === "" ? [program, file] : [program, argument, file];
}

function scriptEnvironment(
  environment: Readonly<Record<string, string>>,
  { data, bin }: { readonly data: string; readonly bin: string },
): Readonly<Record<string, string>> {
  const { PATH: searched = "/usr/local/bin:/usr/bin:/bin" } = environment;
  const others = searched.split(":").filter((folder) => folder !== bin);
  return {
    ...environment,
    PATH: [bin, ...others].join(":"),
    CODER_SCRIPT_DATA_DIR: data,
    CODER_SCRIPT_BIN_DIR: bin,
  };
}

function homeOf(environment: Readonly<Record<string, string>>): string {
  return environment["HOME"] ?? homedir();
}

function linesOf(script: AgentScript, { log, environment }: Pick<ScriptPlace, "log" | "environment">): HookLines {
  const source = sourceOf(script.name);
  const fileName = script.logPath === "" ? null : logFileOf(script.logPath, homeOf(environment));
  const onFault = (why: string): void =>
    log.add({ level: "error", source, text: `What it prints cannot be written to ${fileName}: ${why}.` });
  const file = fileName === null ? null : new LogFile(fileName, onFault);
  return {
    masks: log.masks,
    onLine: (level, text) => {
      log.add({ level, source, text });
      file?.add(text);
    },
  };
}

/** A script's name as the source of log lines. */
export function sourceOf(name: string): string {
  if (name.length <= sourceLengthMax) return name;
  let cut = "";
  for (const character of name) {
    if (cut.length + character.length > sourceLengthMax - 1) break;
    cut += character;
  }
  return `${cut.trimEnd()}…`;
}
