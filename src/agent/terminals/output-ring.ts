/** The newest output of a terminal, by positions that count from its first byte. */
export class OutputRing {
  readonly #bytesMax: number;
  readonly #chunks: Buffer[] = [];
  /** Of the first chunk's first byte. */
  #start = 0;
  #end = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Position of the oldest byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Position after the newest. */
  get end(): number {
    return this.#end;
  }

  add(bytes: Buffer): void {
    const last = this.#chunks.at(-1);
    // Terminals bring little pieces, and a Buffer costs more than a keystroke's echo.
    if (last !== undefined && last.length + bytes.length <= chunkBytes) {
      this.#chunks[this.#chunks.length - 1] = Buffer.concat([last, bytes]);
    } else this.#chunks.push(Buffer.from(bytes));
    this.#end += bytes.length;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      if (this.#end - this.#start - first.length < this.#bytesMax) return;
      this.#start += first.length;
      this.#chunks.shift();
    }
  }

  /** At most `bytesMax` from this position on; fewer where a chunk ends. Empty at the end. */
  read(position: number, bytesMax: number): Buffer {
    let at = this.#start;
    for (const chunk of this.#chunks) {
      if (position < at + chunk.length) {
        const offset = position - at;
        return chunk.subarray(offset, offset + bytesMax);
      }
      at += chunk.length;
    }
    return Buffer.alloc(0);
  }

  /** Where to begin for somebody who has nothing: not within a line, whose beginning may be half of a colour. */
  begin(): number {
    if (this.#start === 0) return 0;
    let at = this.#start;
    for (const chunk of this.#chunks) {
      const newline = chunk.indexOf(10);
      if (newline >= 0) return at + newline + 1;
      at += chunk.length;
    }
    // One line without an end: its newest part, as there is nothing better.
    return this.#start;
  }
}

const chunkBytes = 16_384;
