import { existsSync } from "node:fs";
import path from "node:path";
import { coderStat } from "../coder/stat-command.ts";
import type { StatSource } from "../coder/stat-readings.ts";

/** A command of plain words: nothing in it that a shell would do anything about. */
const plainStat = /^coder[ \t]+stat((?:[ \t]+[A-Za-z0-9=-]+)*)$/;

/**
 * What a script prints that is nothing but `coder stat …`, as most that look at a workspace's load are: the agent knows it
 * itself, and a process for it costs more than all that it tells of. Undefined for any other script, for one that names a
 * folder (a disk that does not answer would hold up the agent), where the workspace has another command of that name, and
 * where it cannot be said: then the command says why.
 */
export async function ownStat(
  script: string,
  environment: Readonly<Record<string, string>>,
  source: StatSource,
): Promise<string | undefined> {
  const words = plainStat.exec(script.trim())?.[1];
  if (words === undefined || words.includes("--path") || !isOwn(environment)) return undefined;
  try {
    return await coderStat(
      words.split(/[ \t]+/).filter((word) => word !== ""),
      source,
    );
  } catch {
    return undefined;
  }
}

/** Whether `coder` is the agent's command: what a template's scripts put into their folder goes before. */
function isOwn(environment: Readonly<Record<string, string>>): boolean {
  const folder = environment["CODER_SCRIPT_BIN_DIR"];
  const command = environment["PREWARM_CODER_PROGRAM"];
  if (folder === undefined || command === undefined) return false;
  const isFirst = environment["PATH"]?.startsWith(`${folder}:${path.dirname(command)}`) ?? false;
  return isFirst && !existsSync(path.join(folder, "coder"));
}
