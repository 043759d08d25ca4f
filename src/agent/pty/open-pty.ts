import { existsSync, readSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { ReadStream } from "node:tty";
import { signalSession } from "../process-group.ts";
import { loadPtyNative, PtyUnavailableError } from "./load-native.ts";
import { startLine } from "./start-line.ts";

export { PtyUnavailableError };

/** After the program's end its terminal is read until it has brought nothing for so long. */
const quietMs = 200;
/** A terminal takes some kilobytes of input, and then none until its program has read. It cannot say when. */
const retryMsMin = 2;
const retryMsMax = 64;
const restBytes = 16_384;

export interface PtyOptions {
  readonly file: string;
  readonly args: readonly string[];
  /** What the program sees as its own name; shells that see one with a `-` before it are login shells. */
  readonly argv0?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
  /** TERM. */
  readonly term: string;
}

export interface PtyExit {
  /** 128 + n for a signal, as shells count it. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
}

/** A program with a terminal of its own. */
export interface Pty {
  readonly pid: number;
  /** Of the terminal in the workspace, such as `/dev/pts/3`. */
  readonly path: string;
  /** Input that the program has not taken yet: nothing tells its sender to slow down but this. */
  readonly pendingBytes: number;
  write(bytes: Buffer): void;
  resize(cols: number, rows: number): void;
  onData(callback: (bytes: Buffer) => void): void;
  /** Stops reading: the terminal fills, and so its program waits. */
  pause(): void;
  resume(): void;
  /** Called once, after the last of its output. While it is paused with output left, it waits. */
  onExit(callback: (exit: PtyExit) => void): void;
  /** To every process of its session, those in the background too. */
  kill(signal: NodeJS.Signals): void;
  /** Hangs up: its processes get SIGHUP, nothing of it is read any more. `onExit` still tells of its end. */
  close(): void;
}

/** Starts a program in a new terminal. Errors: `PtyUnavailableError`, in words. */
export function openPty(options: PtyOptions): Pty {
  const { native, helperPath } = loadPtyNative(options.env["XDG_RUNTIME_DIR"]);
  const { cols, rows, term } = options;
  // The library's child ends without a word where it cannot enter its folder.
  if (!existsSync(options.cwd)) throw new PtyUnavailableError(`there is no folder ${options.cwd}`);
  const { file, args } = startLine(options);
  const env = Object.entries({ ...options.env, TERM: term }).map(([name, value]) => `${name}=${value}`);
  try {
    let told: (exitCode: number, signal: number) => void = () => undefined;
    const made = native.fork(file, args, env, options.cwd, cols, rows, -1, -1, true, helperPath, (code, signal) =>
      told(code, signal),
    );
    const pty = new OpenPty(made, (size) => native.resize(made.fd, size.cols, size.rows));
    told = (code, signal) => pty.exited(code, signal);
    return pty;
  } catch (error) {
    throw new PtyUnavailableError(
      `the terminal could not be made: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

class OpenPty implements Pty {
  readonly pid: number;
  readonly path: string;
  readonly #fd: number;
  readonly #stream: ReadStream;
  readonly #setSize: (size: { readonly cols: number; readonly rows: number }) => void;
  readonly #input: Buffer[] = [];
  #pendingBytes = 0;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = retryMsMin;
  #onData: (bytes: Buffer) => void = () => undefined;
  #onExit: (exit: PtyExit) => void = () => undefined;
  /** Its descriptor is closed, and the number may already be of something else. */
  #isClosed = false;
  #isPaused = false;
  #reads = 0;
  #exit: PtyExit | null = null;
  #isExitTold = false;

  constructor(
    made: { readonly fd: number; readonly pid: number; readonly pty: string },
    setSize: (size: { readonly cols: number; readonly rows: number }) => void,
  ) {
    this.pid = made.pid;
    this.path = made.pty;
    this.#fd = made.fd;
    this.#setSize = setSize;
    // Only reads: written through it, a terminal whose program does not read would hold up the whole agent.
    this.#stream = new ReadStream(made.fd);
    this.#stream.on("data", (bytes: Buffer) => {
      this.#reads += 1;
      this.#onData(bytes);
    });
    this.#stream.on("end", () => this.#readRest());
    // EIO: nobody has the terminal open any more. That is its end.
    this.#stream.on("error", () => undefined);
    this.#stream.on("close", () => this.#closed());
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  write(bytes: Buffer): void {
    if (this.#isClosed || bytes.length === 0) return;
    this.#input.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#retry === undefined) this.#flush();
  }

  resize(cols: number, rows: number): void {
    if (!this.#stream.destroyed) this.#setSize({ cols, rows });
  }

  onData(callback: (bytes: Buffer) => void): void {
    this.#onData = callback;
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream.resume();
  }

  onExit(callback: (exit: PtyExit) => void): void {
    this.#onExit = callback;
    this.#tellExit();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit === null || !this.#isExitTold) signalSession(this.pid, signal);
  }

  close(): void {
    if (this.#isClosed) return;
    // The kernel hangs up only when nobody has the other side open, and whatever the agent has started since does.
    this.kill("SIGHUP");
    this.#stream.destroy();
  }

  exited(exitCode: number, signalNumber: number): void {
    const signal = signalName(signalNumber);
    this.#exit = { exitCode: signal === null ? exitCode : 128 + signalNumber, signal };
    this.#tellExit();
    if (!this.#isExitTold) this.#untilQuiet(this.#reads);
  }

  /** Something that it left behind may keep the terminal open for ever. */
  #untilQuiet(before: number): void {
    setTimeout(() => {
      if (this.#isExitTold) return;
      if (this.#reads === before && !this.#isPaused) this.#stream.destroy();
      else this.#untilQuiet(this.#reads);
    }, quietMs).unref();
  }

  /**
   * Node takes the hang-up for the end once a read came back with less than it had room for, and a terminal's never
   * fill it. The descriptor is still ours in this turn; what is left is no more than the kernel keeps for a terminal.
   */
  #readRest(): void {
    const room = Buffer.allocUnsafe(restBytes);
    for (let got = readSome(this.#fd, room); got > 0; got = readSome(this.#fd, room)) {
      this.#onData(Buffer.from(room.subarray(0, got)));
    }
  }

  #closed(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#input.length = 0;
    this.#pendingBytes = 0;
    this.#tellExit();
  }

  #tellExit(): void {
    if (this.#exit === null || !this.#isClosed || this.#isExitTold) return;
    // Whoever opened it has not said yet whom to tell.
    const exit = this.#exit;
    queueMicrotask(() => {
      if (this.#isExitTold) return;
      this.#isExitTold = true;
      this.#onExit(exit);
    });
  }

  #flush(): void {
    this.#retry = undefined;
    for (let piece = this.#input[0]; piece !== undefined; piece = this.#input[0]) {
      // Between a read that failed and "close" the number is not ours any more.
      if (this.#stream.destroyed) return;
      const written = writeSome(this.#fd, piece);
      if (written === null) return void this.#input.splice(0);
      this.#pendingBytes -= written;
      if (written === piece.length) this.#input.shift();
      else this.#input[0] = piece.subarray(written);
      if (written > 0) {
        this.#retryMs = retryMsMin;
        continue;
      }
      this.#retry = setTimeout(() => this.#flush(), this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, retryMsMax);
      return;
    }
  }
}

/** 0 at the end (EIO). */
function readSome(fd: number, room: Buffer): number {
  try {
    return readSync(fd, room);
  } catch {
    return 0;
  }
}

/** The descriptor does not block: what is taken is taken at once. Null: it takes nothing any more. */
function writeSome(fd: number, bytes: Buffer): number | null {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EAGAIN" ? 0 : null;
  }
}

function signalName(number: number): NodeJS.Signals | null {
  if (number === 0) return null;
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? "SIGKILL" : (found[0] as NodeJS.Signals);
}
