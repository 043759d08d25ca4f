import { type FileHandle, open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";

/** A longer line is handed on in pieces of this length. */
const lineLengthMax = 1_048_576;
const pieceBytes = 65_536;

/**
 * Reads the lines of a file that another process appends to. A file and not a pipe: a pipe would end with the daemon,
 * and Terraform, which dies of a closed one, with it, before it has written down what it has just made.
 */
export class OutputFile {
  readonly #file: string;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  readonly #piece = Buffer.alloc(pieceBytes);
  #handle: FileHandle | null = null;
  #position = 0;
  #rest = "";

  constructor(file: string, onLine: (line: string) => void) {
    this.#file = file;
    this.#onLine = onLine;
  }

  /** Hands on the lines that have been completed since. */
  async read(): Promise<void> {
    this.#handle ??= await open(this.#file, "r");
    for (;;) {
      const { bytesRead } = await this.#handle.read(this.#piece, 0, pieceBytes, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      this.#take(this.#decoder.write(this.#piece.subarray(0, bytesRead)));
    }
  }

  /** Hands on what is left, the last line also when it has no end. */
  async finish(): Promise<void> {
    try {
      await this.read();
      if (this.#rest !== "") this.#onLine(this.#rest);
      this.#rest = "";
    } finally {
      await this.#handle?.close();
      this.#handle = null;
    }
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(line);
    while (this.#rest.length >= lineLengthMax) {
      this.#onLine(this.#rest.slice(0, lineLengthMax));
      this.#rest = this.#rest.slice(lineLengthMax);
    }
  }
}
