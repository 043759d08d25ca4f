import type { CoderWorld } from "./coder-world.ts";
import { coderDotfiles } from "./dotfiles-command.ts";
import { coderStat } from "./stat-command.ts";
import { coderSync } from "./sync-command.ts";
import { askpass, externalAuth, isPrompt } from "./token-commands.ts";

/** The command `coder` inside a workspace. @returns its exit code. */
export async function runCoder(words: readonly string[], world: CoderWorld): Promise<number> {
  try {
    return await run(words, world);
  } catch (error) {
    world.complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function run(words: readonly string[], world: CoderWorld): Promise<number> {
  const [command = "", ...rest] = words;
  if (command === "stat") {
    world.print(await coderStat(rest, world));
    return 0;
  }
  if (command === "exp" && rest[0] === "sync") {
    await coderSync(rest.slice(1), world);
    return 0;
  }
  if (command === "external-auth") return await externalAuth(rest, world);
  if (command === "dotfiles") return await coderDotfiles(rest, world);
  // As git's askpass: there is one word, and it is a question.
  if (rest.length === 0 && isPrompt(command)) return await askpass(command, world);
  world.complain(`${command === "exp" ? words.slice(0, 2).join(" ") : command || "this"} is not offered by Prewarm`);
  return 1;
}
