import { chmod, lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";

/**
 * Removes a folder with all that is in it. Folders that their owner made read-only (package caches do) are made
 * writable first: without being root, what is in them could not be removed.
 */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    await makeWritable(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  }
}

async function makeWritable(folder: string): Promise<void> {
  // Never through a link: it may lead out of the tree.
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700);
  for (const child of await readdir(folder, { withFileTypes: true })) {
    if (child.isDirectory()) await makeWritable(path.join(folder, child.name));
  }
}
