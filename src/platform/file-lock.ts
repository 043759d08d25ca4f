import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";

/** What a lock is held for takes milliseconds: one so old was left behind by a process that was ended. */
const abandonedMs = 10_000;
const waitMaxMs = 30_000;
const againMs = 20;

/**
 * Does `work` while nobody else does what is locked by the same file, in this process or another. The file is made for
 * it, and goes after it. Errors: those of the file system; of `work`.
 */
export async function withFileLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const begunMs = performance.now();
  while (!(await take(file))) {
    if (performance.now() - begunMs > waitMaxMs) throw new Error(`the lock ${file} is held by another process`);
    await new Promise((resolve) => setTimeout(resolve, againMs * (0.5 + Math.random())));
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await (await open(file, "wx", 0o600)).close();
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    await removeAbandoned(file);
    return false;
  }
}

async function removeAbandoned(file: string): Promise<void> {
  try {
    const found = await stat(file);
    if (Date.now() - found.mtimeMs < abandonedMs) return;
    // Moved first, because between the look and the removal somebody else may have removed it, and made it anew.
    const aside = `${file}.${randomBytes(6).toString("hex")}`;
    await rename(file, aside);
    const moved = await stat(aside);
    if (moved.ino === found.ino && moved.mtimeMs === found.mtimeMs) await rm(aside, { force: true });
    else await rename(aside, file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
