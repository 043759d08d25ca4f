import { StringDecoder } from "node:string_decoder";
import { logLineLengthMax } from "../contracts/limits.ts";

/** Cuts a stream of bytes into lines, without their ends. A line longer than the limit becomes several. */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Buffer): void {
    this.#rest += this.#decoder.write(bytes);
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#emit(line.endsWith("\r") ? line.slice(0, -1) : line);
    while (this.#rest.length > logLineLengthMax) {
      this.#onLine(this.#rest.slice(0, logLineLengthMax));
      this.#rest = this.#rest.slice(logLineLengthMax);
    }
  }

  /** The last line, when the stream did not end with a line's end. */
  end(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (rest !== "") this.#emit(rest);
  }

  #emit(line: string): void {
    if (line.length <= logLineLengthMax) {
      this.#onLine(line);
      return;
    }
    for (let start = 0; start < line.length; start += logLineLengthMax) {
      this.#onLine(line.slice(start, start + logLineLengthMax));
    }
  }
}
