import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import path from "node:path";
import { makeFolder } from "../../platform/make-folder.ts";

const binName = "bin";
const plainName = /^[A-Za-z0-9_-]{1,64}$/;

/** Where scripts put programs for each other and for sessions: on the PATH of both. */
export function scriptBinFolder(temporaryFolder: string): string {
  return path.join(rootOf(temporaryFolder), binName);
}

/** A script's own, which it finds again at its next run. */
export function scriptDataFolder(temporaryFolder: string, id: string): string {
  const isPlain = plainName.test(id) && id !== binName;
  const name = isPlain ? id : createHash("sha256").update(id).digest("hex").slice(0, 32);
  return path.join(rootOf(temporaryFolder), name);
}

/** Makes both. Errors: those of the system; one that says so where another account has made them. */
export function makeScriptFolders(temporaryFolder: string, id: string): void {
  const root = rootOf(temporaryFolder);
  makeFolder(root, 0o700);
  // Everybody may make folders where temporary files are, and whoever has made this one could exchange what is run.
  if (statSync(root).uid !== process.getuid?.()) throw new Error(`${root} belongs to another account: remove it`);
  makeFolder(scriptBinFolder(temporaryFolder), 0o700);
  makeFolder(scriptDataFolder(temporaryFolder, id), 0o700);
}

function rootOf(temporaryFolder: string): string {
  return path.join(temporaryFolder, "coder-script-data");
}
