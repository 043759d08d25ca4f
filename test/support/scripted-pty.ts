import type { Pty, PtyExit } from "../../src/agent/pty/open-pty.ts";

/** Of no process: the kernel gives none so high. */
const nobodysPid = 4_194_305;

/** The byte that a scripted terminal prints at a position: who gets another one has lost or doubled something. */
const byteAt = (position: number): number => (position * 7_919 + (position >> 8)) & 0xff;

export function outputFrom(position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at += 1) bytes[at] = byteAt(position + at);
  return bytes;
}

/** A terminal without a program: a test says what is printed, and when it ends. */
export class ScriptedPty implements Pty {
  readonly pid = nobodysPid;
  readonly path = "";
  readonly pendingBytes = 0;
  readonly sizes: string[] = [];
  isPaused = false;
  isClosed = false;
  printed = 0;
  #onData: (bytes: Buffer) => void = () => undefined;
  #onExit: (exit: PtyExit) => void = () => undefined;

  /** Nothing, while it is held. */
  print(length: number): void {
    if (this.isPaused) return;
    const bytes = outputFrom(this.printed, length);
    this.printed += length;
    this.#onData(bytes);
  }

  exit(exitCode: number): void {
    this.#onExit({ exitCode, signal: null });
  }

  write(): void {}

  resize(cols: number, rows: number): void {
    this.sizes.push(`${cols}x${rows}`);
  }

  onData(callback: (bytes: Buffer) => void): void {
    this.#onData = callback;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  onExit(callback: (exit: PtyExit) => void): void {
    this.#onExit = callback;
  }

  kill(): void {}

  close(): void {
    this.isClosed = true;
    this.exit(129);
  }
}
