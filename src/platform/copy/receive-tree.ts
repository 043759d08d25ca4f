import type { Stats } from "node:fs";
import { chmod, lstat, mkdir, readlink, rename, symlink, unlink, utimes } from "node:fs/promises";
import path from "node:path";
import { besideName } from "./copy-places.ts";
import { type CopyChannel, type CopyControl, CopyError, type CopyOffer } from "./copy-records.ts";
import { copyDepthMax, isHopeless, isMissing, isOfFiles, isPlainName, reasonOf, staysInside } from "./copy-rules.ts";
import type { CopyTally } from "./send-tree.ts";
import { WrittenFile } from "./written-file.ts";

/** Two times are the same: some file systems keep less of them than others. */
const sameMs = 10;

export interface ReceiveOptions {
  readonly channel: CopyChannel;
  /** Where each source comes to lie, absolute; by its index. */
  readonly places: readonly string[];
  readonly onProblem: (path: string, reason: string) => Promise<void> | void;
  readonly tally: CopyTally;
}

/**
 * Takes what `sendTree` sends, which may mean ill: names are single names, links that are in the way are not followed, and
 * what is made has the mode and the time of the original. A file appears under its name when all of it is there.
 */
export async function receiveTree(options: ReceiveOptions): Promise<void> {
  const receiver = new Receiver(options);
  try {
    for await (const record of options.channel.records) {
      if (record.kind !== "control") await receiver.content(record);
      else if (record.json.kind === "sent") return;
      else await receiver.take(record.json);
    }
    throw new CopyError("the stream ended before all had come");
  } finally {
    await receiver.end();
  }
}

interface Folder {
  readonly path: string;
  /** Null: it cannot be had, and nothing below it. */
  readonly made: { readonly mode: number; readonly mtimeMs: number } | "was there" | null;
}

class Receiver {
  readonly #options: ReceiveOptions;
  readonly #stack: Folder[] = [];
  #place: string | null = null;
  #file: WrittenFile | null = null;
  /** A file is under way, though it may not be wanted. */
  #isInFile = false;

  constructor(options: ReceiveOptions) {
    this.#options = options;
  }

  async take(control: CopyControl): Promise<void> {
    if (this.#isInFile !== (control.kind === "end") && control.kind !== "problem") throw notUnderstood();
    switch (control.kind) {
      case "source":
        if (this.#stack.length > 0 || !Number.isInteger(control.index)) throw notUnderstood();
        this.#place = this.#options.places[control.index] ?? null;
        return;
      case "folder":
        return await this.#enter(control);
      case "leave":
        return await this.#leave();
      case "file":
        return await this.#begin(control);
      case "end":
        return await this.#finish(control.reason);
      case "link":
        return await this.#link(control);
      case "offer":
        return await this.#answer(control.files);
      case "problem":
        return await this.#options.onProblem(String(control.path), String(control.reason));
      case "failed":
        throw new CopyError(String(control.message));
      default:
        throw notUnderstood();
    }
  }

  async content(piece: { kind: "data"; bytes: Buffer } | { kind: "hole"; bytes: number }): Promise<void> {
    if (!this.#isInFile) throw notUnderstood();
    this.#options.tally.bytes += piece.kind === "data" ? piece.bytes.length : piece.bytes;
    const file = this.#file;
    if (file === null) return;
    const isWritten = await this.#orTold(file.path, async () => {
      await (piece.kind === "data" ? file.write(piece.bytes) : file.skip(piece.bytes));
      return true;
    });
    if (isWritten === true) return;
    this.#file = null;
    await file.discard();
  }

  /** Whatever is not complete is gone. */
  async end(): Promise<void> {
    await this.#file?.discard();
  }

  /** Where an entry comes to lie; null for nowhere, as its folder cannot be had. */
  #pathOf(name: unknown): string | null {
    const folder = this.#stack.at(-1);
    if (folder === undefined) {
      if (this.#place === null) throw notUnderstood();
      return this.#place;
    }
    if (!isPlainName(name)) throw new CopyError(`a name is refused: ${JSON.stringify(name)?.slice(0, 100)}`);
    return folder.made === null ? null : path.join(folder.path, name);
  }

  async #orTold<Answer>(where: string, work: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await work();
    } catch (error) {
      if (!isOfFiles(error)) throw error;
      if (isHopeless(error)) throw new CopyError(`${where}: ${reasonOf(error)}`, { cause: error });
      await this.#options.onProblem(where, reasonOf(error));
      return null;
    }
  }

  async #enter({ name, mode, mtimeMs }: Extract<CopyControl, { kind: "folder" }>): Promise<void> {
    if (this.#stack.length >= copyDepthMax) throw new CopyError("there are too many folders within each other");
    const at = this.#pathOf(name);
    if (at === null) return void this.#stack.push({ path: "", made: null });
    const made = await this.#orTold(at, async () => {
      const there = await statOf(at);
      if (there?.isDirectory() === true) return "was there" as const;
      if (there !== null) {
        await this.#options.onProblem(at, there.isSymbolicLink() ? "a link is there instead of a folder" : fileThere);
        return null;
      }
      await mkdir(at, { mode: 0o700 });
      return { mode: mode & 0o777, mtimeMs };
    });
    this.#stack.push({ path: at, made });
  }

  async #leave(): Promise<void> {
    const folder = this.#stack.pop();
    if (folder === undefined) throw notUnderstood();
    const { made, path: at } = folder;
    if (made === null || made === "was there") return;
    await this.#orTold(at, async () => {
      await utimes(at, made.mtimeMs / 1_000, made.mtimeMs / 1_000);
      await chmod(at, made.mode);
    });
  }

  async #begin({ name, mode, mtimeMs }: Extract<CopyControl, { kind: "file" }>): Promise<void> {
    const at = this.#pathOf(name);
    this.#isInFile = true;
    if (at === null) return;
    this.#file = await this.#orTold(at, async () => {
      const there = await statOf(at);
      const isFolderMeant = at.endsWith("/") ? "there is no such folder" : null;
      const reason = there === null ? isFolderMeant : inTheWayOfFile(there);
      if (reason === null) return await WrittenFile.open(at, { mode: mode & 0o777, mtimeMs });
      await this.#options.onProblem(at, reason);
      return null;
    });
  }

  async #finish(reason: string | null): Promise<void> {
    this.#isInFile = false;
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    if (reason !== null) return await file.discard();
    const isThere = await this.#orTold(file.path, async () => {
      await file.finish();
      return true;
    });
    if (isThere === true) this.#options.tally.files += 1;
    else await file.discard();
  }

  async #link({ name, target }: Extract<CopyControl, { kind: "link" }>): Promise<void> {
    if (this.#stack.length === 0) throw notUnderstood();
    const at = this.#pathOf(name);
    if (at === null) return;
    if (!staysInside(target, this.#stack.length - 1)) throw new CopyError(`a link leads out of what is copied: ${at}`);
    await this.#orTold(at, async () => {
      const there = await statOf(at);
      if (there?.isSymbolicLink() === true && (await readlink(at)) === target) return;
      const reason = there === null ? null : inTheWayOfFile(there);
      if (reason !== null) return await this.#options.onProblem(at, reason);
      const beside = besideName(at);
      await symlink(target, beside);
      await rename(beside, at).catch(async (error: unknown) => {
        await unlink(beside);
        throw error;
      });
    });
  }

  async #answer(files: readonly CopyOffer[]): Promise<void> {
    const are: boolean[] = [];
    for (const { name, size, mtimeMs } of files) {
      const at = this.#pathOf(name);
      const there = at === null ? null : await statOf(at).catch(() => null);
      const isSame = there?.isFile() === true && there.size === size && Math.abs(there.mtimeMs - mtimeMs) < sameMs;
      are.push(at === null || isSame);
      if (isSame) this.#options.tally.skipped += 1;
    }
    await this.#options.channel.send({ kind: "has", are });
  }
}

const fileThere = "there is something else than a folder";

function inTheWayOfFile(there: Stats): string | null {
  if (there.isDirectory()) return "there is a folder of that name";
  return there.isFile() || there.isSymbolicLink() ? null : "there is neither a file nor a folder, and it is left alone";
}

/** Null: nothing is there. */
async function statOf(at: string): Promise<Stats | null> {
  try {
    return await lstat(at);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function notUnderstood(): CopyError {
  return new CopyError("what was sent is not understood");
}
