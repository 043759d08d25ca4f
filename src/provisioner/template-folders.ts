import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../contracts/errors.ts";
import { unpackArchive } from "../platform/archive/unpack-archive.ts";
import type { Random } from "../platform/random.ts";
import { makeNamedFolder } from "../platform/make-folder.ts";

/** Unpacked templates kept on disk; beyond it those used longest ago go. */
export const templateFoldersMax = 64;

export interface TemplateFoldersOptions {
  /** Folder that belongs to this daemon alone. */
  readonly root: string;
  readonly random: Random;
  readonly download: (hash: string) => Promise<Uint8Array>;
}

/**
 * Unpacked template archives, by the hash of their bytes: each is fetched and unpacked once, and is complete or
 * not there, whatever happens on the way.
 */
export class TemplateFolders {
  readonly #options: TemplateFoldersOptions;
  readonly #fetching = new Map<string, Promise<string>>();
  readonly #users = new Map<string, number>();

  constructor(options: TemplateFoldersOptions) {
    this.#options = options;
  }

  /** Removes what an interrupted daemon has left half done. */
  async open(): Promise<void> {
    makeNamedFolder(this.#options.root, 0o700);
    for (const name of await readdir(this.#options.root)) {
      if (name.endsWith(".new")) await rm(path.join(this.#options.root, name), { recursive: true, force: true });
    }
  }

  /** The unpacked template, kept at least until `release`. Errors: `invalid_archive`, those of the download. */
  async acquire(hash: string): Promise<string> {
    this.#users.set(hash, (this.#users.get(hash) ?? 0) + 1);
    try {
      const fetching = this.#fetching.get(hash) ?? this.#fetch(hash);
      this.#fetching.set(hash, fetching);
      return await fetching;
    } catch (error) {
      this.release(hash);
      throw error;
    } finally {
      this.#fetching.delete(hash);
    }
  }

  release(hash: string): void {
    const users = (this.#users.get(hash) ?? 1) - 1;
    if (users > 0) this.#users.set(hash, users);
    else this.#users.delete(hash);
  }

  async #fetch(hash: string): Promise<string> {
    const { root, random } = this.#options;
    const folder = path.join(root, hash);
    if (await exists(folder)) {
      const now = new Date();
      // The folder's time says when it was used last.
      await utimes(folder, now, now);
      return folder;
    }
    const bytes = await this.#options.download(hash);
    const actual = createHash("sha256").update(bytes).digest("hex");
    if (actual !== hash) {
      throw new CodedError("transient", `The template archive ${hash} arrived damaged: its hash is ${actual}.`);
    }
    const fresh = `${folder}.${random.base32(8)}.new`;
    try {
      await mkdir(fresh);
      await unpackArchive(bytes, fresh);
      await rename(fresh, folder).catch(async (error: unknown) => {
        if (!(await exists(folder))) throw error;
      });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
    await this.#removeOldest();
    return folder;
  }

  async #removeOldest(): Promise<void> {
    const { root } = this.#options;
    const names = (await readdir(root)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    if (names.length <= templateFoldersMax) return;
    const idle = names.filter((name) => !this.#users.has(name));
    const used = await Promise.all(
      idle.map(async (name) => ({ name, atMs: (await stat(path.join(root, name))).mtimeMs })),
    );
    const surplus = used.toSorted((one, other) => one.atMs - other.atMs).slice(0, names.length - templateFoldersMax);
    for (const { name } of surplus) await rm(path.join(root, name), { recursive: true, force: true });
  }
}

async function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
