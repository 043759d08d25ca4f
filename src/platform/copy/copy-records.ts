import type { Duplex } from "node:stream";

/**
 * How files go over a stream: `u8 kind · u32 length · payload`. Not tar: who receives tells meanwhile what it cannot
 * take, and at the end that all of it is in its place; and entries have names and no paths, so that none can lead out.
 */
const kinds = { control: 0, data: 1, hole: 2 } as const;

export const copyHeaderBytes = 5;
const controlBytesMax = 131_072;
/** Of a file, in one record. */
export const copyPieceBytes = 262_144;

/** A file that is offered, for its receiver to say whether it has it. */
export interface CopyOffer {
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
}

export type CopyControl =
  /** First of all, by the client: what the other side shall send. */
  | { readonly kind: "read"; readonly paths: readonly string[]; readonly isSync: boolean }
  /** Or where it shall put what comes; a source without a name is put in the place of the target itself. */
  | { readonly kind: "write"; readonly target: string; readonly names: readonly (string | null)[] }
  /** The entry that follows is the one of this source; its name is not looked at. */
  | { readonly kind: "source"; readonly index: number }
  | { readonly kind: "folder"; readonly name: string; readonly mode: number; readonly mtimeMs: number }
  | { readonly kind: "leave" }
  | { readonly kind: "file"; readonly name: string; readonly mode: number; readonly mtimeMs: number | null }
  /** Of a file; with a reason it is not to be kept. */
  | { readonly kind: "end"; readonly reason: string | null }
  | { readonly kind: "link"; readonly name: string; readonly target: string }
  | { readonly kind: "offer"; readonly files: readonly CopyOffer[] }
  | { readonly kind: "has"; readonly are: readonly boolean[] }
  /** Something that was not copied; the rest goes on. */
  | { readonly kind: "problem"; readonly path: string; readonly reason: string }
  /** Nothing goes on. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "sent" }
  | { readonly kind: "done" };

export type CopyRecord =
  | { readonly kind: "control"; readonly json: CopyControl }
  | { readonly kind: "data"; readonly bytes: Buffer }
  | { readonly kind: "hole"; readonly bytes: number };

/** What came is not of the protocol, or the other side says that nothing goes on. */
export class CopyError extends Error {
  override readonly name = "CopyError";
}

/** One end of a stream of records. What is sent waits until it has left; what is read is one piece at a time. */
export class CopyChannel {
  readonly #stream: Duplex;
  /** What comes, until the end. Bytes of files are handed on as they come, in pieces of any length. */
  readonly records: AsyncGenerator<CopyRecord, void, undefined>;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.records = this.#read();
    // Whoever reads or writes is told.
    stream.on("error", () => undefined);
  }

  async send(control: CopyControl): Promise<void> {
    const json = Buffer.from(JSON.stringify(control));
    if (json.length > controlBytesMax) throw new CopyError("a name is too long");
    const record = Buffer.allocUnsafe(copyHeaderBytes + json.length);
    record.set(json, copyHeaderBytes);
    await this.#write(record, kinds.control);
  }

  /** @param record bytes of a file after room for the header. Not to be changed afterwards. */
  async sendData(record: Buffer): Promise<void> {
    await this.#write(record, kinds.data);
  }

  async sendHole(bytes: number): Promise<void> {
    const record = Buffer.allocUnsafe(copyHeaderBytes + 4);
    record.writeUInt32BE(bytes, copyHeaderBytes);
    await this.#write(record, kinds.hole);
  }

  end(): void {
    this.#stream.end();
  }

  async #write(record: Buffer, kind: number): Promise<void> {
    record.writeUInt8(kind, 0);
    record.writeUInt32BE(record.length - copyHeaderBytes, 1);
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) throw stream.errored ?? new CopyError("the stream is over");
    if (stream.write(record)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        stream.off("drain", settle).off("close", settle);
        if (stream.destroyed) reject(stream.errored ?? new CopyError("the stream is over"));
        else resolve();
      };
      stream.on("drain", settle).on("close", settle);
    });
  }

  async *#read(): AsyncGenerator<CopyRecord, void, undefined> {
    let held = Buffer.alloc(0);
    /** Bytes that are still to come of a record of data. */
    let dataBytes = 0;
    for await (const piece of this.#stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      let rest = held.length === 0 ? piece : Buffer.concat([held, piece]);
      for (;;) {
        if (dataBytes > 0 && rest.length > 0) {
          const bytes = rest.subarray(0, dataBytes);
          dataBytes -= bytes.length;
          rest = rest.subarray(bytes.length);
          yield { kind: "data", bytes };
        }
        if (dataBytes > 0 || rest.length < copyHeaderBytes) break;
        const [kind, length] = [rest.readUInt8(0), rest.readUInt32BE(1)];
        if (kind === kinds.data) {
          dataBytes = length;
          rest = rest.subarray(copyHeaderBytes);
          continue;
        }
        if (length > controlBytesMax) throw new CopyError("a record is too long");
        if (rest.length < copyHeaderBytes + length) break;
        yield decode(kind, rest.subarray(copyHeaderBytes, copyHeaderBytes + length));
        rest = rest.subarray(copyHeaderBytes + length);
      }
      held = Buffer.from(rest);
    }
    if (held.length > 0 || dataBytes > 0) throw new CopyError("the stream ends within a record");
  }
}

function decode(kind: number, payload: Buffer): CopyRecord {
  if (kind === kinds.hole && payload.length === 4) return { kind: "hole", bytes: payload.readUInt32BE(0) };
  if (kind !== kinds.control) throw new CopyError("a record is not understood");
  const json: unknown = JSON.parse(payload.toString());
  if (typeof json !== "object" || json === null) throw new CopyError("a record is not understood");
  return { kind: "control", json: json as CopyControl };
}
