import path from "node:path";
import { parseArgs } from "node:util";
import { dotfilesLinker, dotfilesScript } from "../dotfiles/dotfiles-script.ts";
import type { CoderWorld } from "./coder-world.ts";

/** Beside those that the owner has set for all of his workspaces, so that neither replaces the other. */
const folder = ".local/share/prewarm";

/**
 * `coder dotfiles URL`: has the repository and installs it, as the owner's dotfiles are. It never asks, so `-y` changes
 * nothing: what is in the way of a link is kept beside it. @returns the exit code.
 */
export async function coderDotfiles(
  words: readonly string[],
  world: Pick<CoderWorld, "home" | "runScript">,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      yes: { type: "boolean", short: "y" },
      branch: { type: "string", short: "b", default: "" },
      "symlink-dir": { type: "string" },
      "repo-dir": { type: "string", default: "coder-dotfiles" },
    },
  });
  const [repository, ...more] = positionals;
  if (repository === undefined || more.length > 0) {
    throw new Error("the usage is coder dotfiles [-y] [-b BRANCH] [--symlink-dir FOLDER] [--repo-dir FOLDER] URL");
  }
  return await world.runScript(dotfilesScript, {
    PREWARM_DOTFILES: path.resolve(world.home, folder, values["repo-dir"]),
    PREWARM_DOTFILES_REPOSITORY: repository,
    PREWARM_DOTFILES_BRANCH: values.branch,
    PREWARM_DOTFILES_FOLDER: "",
    PREWARM_DOTFILES_LINKER: dotfilesLinker,
    PREWARM_DOTFILES_HOME: path.resolve(values["symlink-dir"] ?? world.home),
  });
}
