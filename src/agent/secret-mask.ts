import { SecretAutomaton } from "./secret-automaton.ts";

/** A shorter value would be found in too much that is none: its masks would tell more than they hide. */
export const maskedLengthMin = 8;

/** Of values that are not given any more, and that something left running may still print; the oldest go first. */
const formerBytesMax = 262_144;

const mask = Buffer.from("***");
const nothing = Buffer.alloc(0);

/** The values that no stored line may hold. It grows with each that this agent was given: what runs on has older ones. */
export class SecretMasks {
  #values: ReadonlySet<string> = new Set();
  #automaton: SecretAutomaton | null = null;
  #isShut = false;
  #now: ReadonlySet<string> = new Set();
  /** Values that were handed out one by one, the newest last; they are in no list of what is given. */
  #alone: ReadonlySet<string> = new Set();

  /** Null while there is nothing to look for. */
  get automaton(): SecretAutomaton | null {
    return this.#automaton;
  }

  /** Whether nothing may pass, as nobody knows what to look for. */
  get isShut(): boolean {
    return this.#isShut;
  }

  /** Has these masked from now on, beside those of before. */
  include(values: Iterable<string>): void {
    this.#isShut = false;
    this.#have(new Set([...values].flatMap(partsOf)));
  }

  /** Has these masked, too, whatever else is given. */
  add(values: readonly string[]): void {
    const parts = values.flatMap(partsOf);
    if (parts.every((part) => this.#values.has(part) && this.#alone.has(part))) return;
    this.#alone = newestOf([...[...this.#alone].filter((part) => !parts.includes(part)), ...parts]);
    if (!this.#isShut) this.#have(this.#now);
  }

  #have(given: ReadonlySet<string>): void {
    this.#now = given;
    const now = new Set([...given, ...this.#alone]);
    if ([...now].every((part) => this.#values.has(part))) return;
    const former = newestOf([...this.#values].filter((part) => !now.has(part)));
    this.#values = new Set([...former, ...now]);
    this.#automaton = new SecretAutomaton(this.#values);
  }

  /** Forgets all values. As what prints them may run on, nothing passes until there are values again. */
  shut(): void {
    if (this.#values.size === 0) return;
    this.#values = new Set();
    this.#now = new Set();
    this.#alone = new Set();
    this.#automaton = null;
    this.#isShut = true;
  }
}

/** The last of these parts that are `formerBytesMax` together at most. */
function newestOf(parts: readonly string[]): ReadonlySet<string> {
  let bytes = 0;
  const newest: string[] = [];
  for (const part of [...parts].reverse()) {
    bytes += Buffer.byteLength(part);
    if (bytes > formerBytesMax) break;
    newest.unshift(part);
  }
  return new Set(newest);
}

/** A value as a whole, and its lines: a program may print one of them alone. */
function partsOf(value: string): readonly string[] {
  return [value, ...value.split("\n")].map((part) => part.trim()).filter((part) => part.length >= maskedLengthMin);
}

interface Mark {
  readonly from: number;
  readonly to: number;
}

/**
 * A stream of bytes in which each value is a mask, however it is cut into pieces. What could be the beginning of a
 * value waits for what comes next, so that what is held is never longer than the longest value. Each byte costs the same,
 * however many values there are and whatever is printed.
 */
export class MaskedStream {
  readonly #masks: SecretMasks;
  #automaton: SecretAutomaton | null = null;
  #state = 0;
  /** What is not given on yet, and where in the stream it begins. */
  #held: Buffer = nothing;
  #heldFrom = 0;
  /** In their order, without overlaps. The first may have begun before what is held: then its mask is given on already. */
  #marks: Mark[] = [];

  constructor(masks: SecretMasks) {
    this.#masks = masks;
  }

  push(bytes: Buffer): Buffer {
    if (this.#masks.isShut) {
      this.#held = nothing;
      this.#automaton = null;
      return nothing;
    }
    const { automaton } = this.#masks;
    if (automaton === null) return bytes;
    // Of values that are new, some may have begun in what is held.
    const isNew = automaton !== this.#automaton;
    const looked = isNew ? 0 : this.#held.length;
    if (isNew) this.#state = 0;
    this.#automaton = automaton;
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    for (let at = looked; at < this.#held.length; at += 1) {
      this.#state = automaton.next(this.#state, this.#held[at] ?? 0);
      const length = automaton.longestAt(this.#state);
      const end = this.#heldFrom + at + 1;
      if (length > 0) this.#mark({ from: end - length, to: end });
    }
    return this.#give(this.#held.length - automaton.depthOf(this.#state));
  }

  /** What was held for what does not come any more. */
  end(): Buffer {
    return this.#masks.isShut ? nothing : this.#give(this.#held.length);
  }

  #mark(mark: Mark): void {
    let { from } = mark;
    for (let last = this.#marks.at(-1); last !== undefined && last.to > from; last = this.#marks.at(-1)) {
      from = Math.min(from, last.from);
      this.#marks.pop();
    }
    this.#marks.push({ from, to: mark.to });
  }

  /** The first `length` bytes of what is held, with masks in place of marks. */
  #give(length: number): Buffer {
    const from = this.#heldFrom;
    const to = from + length;
    const pieces: Buffer[] = [];
    let at = from;
    for (const mark of this.#marks) {
      if (mark.from >= to) break;
      if (mark.from >= from) pieces.push(this.#held.subarray(at - from, mark.from - from), mask);
      at = Math.min(mark.to, to);
    }
    pieces.push(this.#held.subarray(at - from, length));
    this.#marks = this.#marks.filter((mark) => mark.to > to);
    this.#held = this.#held.subarray(length);
    this.#heldFrom = to;
    return pieces.length === 1 ? (pieces[0] ?? nothing) : Buffer.concat(pieces);
  }
}
