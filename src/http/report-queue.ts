/** Frames of one agent, and their characters, that may wait to be stored; beyond either its line is paused until they are. */
const pendingFramesMax = 256;
const pendingLengthMax = 1_048_576;
/** The same of all agents of a server: beyond it each is paused that has anything waiting. */
const allPendingLengthMax = 64 * 1_048_576;

/** What all agents of this server have said and is not stored yet. */
export class PendingReports {
  length = 0;
}

interface Line {
  pause(): void;
  resume(): void;
  /** What could not be stored is reported anew over another connection. */
  fail(error: unknown): void;
}

/** Stores what one agent reports in the order in which it was said, and reads no more of it than may wait. */
export class ReportQueue {
  readonly #all: PendingReports;
  readonly #line: Line;
  #chain: Promise<void> = Promise.resolve();
  #frames = 0;
  #length = 0;
  #isPaused = false;

  constructor(all: PendingReports, line: Line) {
    this.#all = all;
    this.#line = line;
  }

  /** Resolves when everything that has come is stored. */
  get stored(): Promise<void> {
    return this.#chain;
  }

  /** @param length characters that are held until it is stored. */
  add(length: number, work: () => Promise<unknown>): void {
    this.#count(1, length);
    this.#chain = this.#chain
      .then(work)
      .then(
        () => undefined,
        (error: unknown) => this.#line.fail(error),
      )
      .finally(() => this.#count(-1, -length));
  }

  #count(frames: 1 | -1, length: number): void {
    this.#frames += frames;
    this.#length += length;
    this.#all.length += length;
    const isAllFull = this.#all.length > allPendingLengthMax && this.#frames > 0;
    const isFull = this.#frames >= pendingFramesMax || this.#length > pendingLengthMax || isAllFull;
    if (isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    if (isFull) this.#line.pause();
    else this.#line.resume();
  }
}
