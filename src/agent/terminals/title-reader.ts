import { terminalTitleLengthMax } from "../../contracts/terminals.ts";

const escape = 0x1b;
const bell = 0x07;
const bytesMax = 4 * terminalTitleLengthMax;

/** Finds in a terminal's output what its program calls its window: ESC ] 0 or 2 ; TITLE, ended by BEL or ESC \. */
export class TitleReader {
  /** What follows an escape that may become a title; null outside of one. */
  #held: number[] | null = null;

  /** @returns the last title in these bytes; undefined when there is none. */
  read(bytes: Buffer): string | undefined {
    let title: string | undefined;
    for (let at = this.#held === null ? bytes.indexOf(escape) : 0; at >= 0 && at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (this.#held !== null && byte !== escape && byte !== bell) {
        this.#held.push(byte);
        if (couldBeTitle(this.#held)) continue;
        this.#held = null;
      } else {
        title = this.#titleOf() ?? title;
        this.#held = byte === escape ? [] : null;
      }
      if (this.#held === null) {
        const next = bytes.indexOf(escape, at + 1);
        if (next < 0) break;
        at = next - 1;
      }
    }
    return title;
  }

  #titleOf(): string | undefined {
    const held = this.#held;
    if (held === null || held.length < 3) return undefined;
    const text = Buffer.from(held.slice(3)).toString("utf8");
    return text.replaceAll(/\p{Cc}/gu, "").slice(0, terminalTitleLengthMax);
  }
}

function couldBeTitle(held: readonly number[]): boolean {
  const [bracket, number, semicolon] = held;
  if (held.length > bytesMax || bracket !== 0x5d) return false;
  if (number !== undefined && number !== 0x30 && number !== 0x32) return false;
  return semicolon === undefined || semicolon === 0x3b;
}
