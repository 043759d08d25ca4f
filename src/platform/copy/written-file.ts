import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { besideName } from "./copy-places.ts";

/** What is gathered before it is written: few calls, and what comes meanwhile is gathered in turn. */
const gatheredBytesMax = 524_288;

interface Original {
  readonly mode: number;
  /** Null: of a stream, which has none. */
  readonly mtimeMs: number | null;
}

/** A file that is written under another name, and gets its own when it is complete. */
export class WrittenFile {
  readonly path: string;
  readonly #beside: string;
  readonly #handle: FileHandle;
  readonly #original: Original;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  /** Where the next bytes belong. */
  #position = 0;
  #endsInHole = false;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, beside: string, handle: FileHandle, original: Original) {
    this.path = path;
    this.#beside = beside;
    this.#handle = handle;
    this.#original = original;
  }

  static async open(path: string, original: Original): Promise<WrittenFile> {
    const beside = besideName(path);
    return new WrittenFile(path, beside, await open(beside, "wx", 0o600), original);
  }

  async write(bytes: Buffer): Promise<void> {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    this.#endsInHole = false;
    if (this.#gatheredBytes >= gatheredBytesMax) await this.#flush();
  }

  async skip(bytes: number): Promise<void> {
    await this.#flush();
    this.#position += bytes;
    this.#endsInHole = true;
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#writing;
    if (this.#endsInHole) await this.#handle.truncate(this.#position);
    const { mode, mtimeMs } = this.#original;
    await this.#handle.chmod(mode);
    if (mtimeMs !== null) await this.#handle.utimes(mtimeMs / 1_000, mtimeMs / 1_000);
    await this.#handle.close();
    await rename(this.#beside, this.path);
  }

  /** What there is of it is gone. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#beside).catch(() => undefined);
  }

  /** One write at a time, while the next is gathered. */
  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#gatheredBytes === 0) return;
    const [pieces, bytes, position] = [this.#gathered, this.#gatheredBytes, this.#position];
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#position += bytes;
    this.#writing = writeAll(this.#handle, pieces, position);
    // It is waited for before the next.
    this.#writing.catch(() => undefined);
  }
}

async function writeAll(handle: FileHandle, pieces: readonly Buffer[], position: number): Promise<void> {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const { bytesWritten } = await handle.writev(pieces, position);
  if (bytesWritten === bytes) return;
  // A disk that is about to be full takes a part, and says why with the rest.
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  for (let at = 0; at < rest.length; ) {
    at += (await handle.write(rest, at, rest.length - at, position + bytesWritten + at)).bytesWritten;
  }
}
