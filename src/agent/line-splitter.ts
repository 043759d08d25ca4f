import { StringDecoder } from "node:string_decoder";
import { logLineLengthMax } from "../contracts/limits.ts";
import { MaskedStream, type SecretMasks } from "./secret-mask.ts";

/**
 * Cuts a stream of bytes into lines, without their ends. A line longer than the limit becomes several. Secrets are masked
 * before anything is cut.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #masked: MaskedStream;
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(masks: SecretMasks, onLine: (line: string) => void) {
    this.#masked = new MaskedStream(masks);
    this.#onLine = onLine;
  }

  push(bytes: Buffer): void {
    this.#take(this.#decoder.write(this.#masked.push(bytes)));
  }

  /** The last line, when the stream did not end with a line's end. */
  end(): void {
    this.#take(this.#decoder.write(this.#masked.end()) + this.#decoder.end());
    const rest = this.#rest;
    this.#rest = "";
    if (rest !== "") this.#emit(rest);
  }

  #take(text: string): void {
    this.#rest += text;
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#emit(line.endsWith("\r") ? line.slice(0, -1) : line);
    while (this.#rest.length > logLineLengthMax) {
      this.#onLine(this.#rest.slice(0, logLineLengthMax));
      this.#rest = this.#rest.slice(logLineLengthMax);
    }
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
