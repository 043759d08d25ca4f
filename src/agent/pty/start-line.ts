import { existsSync } from "node:fs";
import path from "node:path";

const bash = "/bin/bash";

/**
 * The library neither lets a program see another name than its file's, nor keeps the agent's other terminals from it,
 * and a shell that held one open would keep it from hanging up. So bash, where there is one, closes them and gives the
 * name. `-p`: it reads nothing of what the environment tells it to (BASH_ENV), and passes it on as it is.
 */
const closeAndRun =
  'for f in /proc/self/fd/*; do f=${f##*/}; [ "$f" -gt 2 ] && eval "exec $f>&-"; done; exec -a "$0" "$@"';

/** Shells that are told by an option, too, that they are login shells. */
const withLoginOption = new Set(["bash", "sh", "dash", "ash", "zsh", "ksh", "mksh", "fish", "tcsh", "csh"]);

export interface StartLine {
  readonly file: string;
  readonly args: readonly string[];
}

/** What is started so that `file` runs with these arguments under the name `argv0`. */
export function startLine(
  { file, args, argv0 = file }: { readonly file: string; readonly args: readonly string[]; readonly argv0?: string },
  hasBash: boolean = existsSync(bash),
): StartLine {
  if (hasBash && process.platform === "linux")
    return { file: bash, args: ["-p", "-c", closeAndRun, argv0, file, ...args] };
  const isLogin = argv0.startsWith("-") && withLoginOption.has(path.basename(file));
  return { file, args: isLogin ? ["-l", ...args] : args };
}
