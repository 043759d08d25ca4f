import path from "node:path";

/**
 * A PATH without the folders that npm puts before it when it runs a script: what a workspace finds in them belongs to
 * this program, and is other than what the same workspace finds when the daemon is started without npm.
 */
export function withoutNpm(searchPath: string): string {
  const isNpms = (folder: string): boolean =>
    folder.endsWith(path.join("node_modules", ".bin")) || folder.endsWith("node-gyp-bin");
  return searchPath
    .split(path.delimiter)
    .filter((folder) => !isNpms(folder))
    .join(path.delimiter);
}
