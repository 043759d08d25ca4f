import { spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync, readSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import { LineSplitter } from "./line-splitter.ts";
import type { SecretMasks } from "./secret-mask.ts";

/** Who takes a hook's lines, and what they may not hold. */
export interface HookLines {
  readonly masks: SecretMasks;
  readonly onLine: (level: "info" | "error", line: string) => void;
}

const streams = [
  { suffix: "out", level: "info" },
  { suffix: "err", level: "error" },
] as const;
const chunkBytes = 65_536;

/** Where a hook writes, and where the agent reads it. */
export interface HookOutput {
  /** For the hook's standard output and error. */
  readonly stdio: readonly [number, number];
  /** Reads what has been written by now. */
  drain(): void;
  /** To be called when the hook has its own copies of `stdio`. */
  release(): void;
}

/**
 * Named pipes for a hook's output. A server that a hook leaves running writes to what the hook was given, for as long as
 * the workspace lives; a plain pipe breaks when the agent is killed, and takes the server along at its next line. Of these
 * the writer itself holds the reading end as well, so that nothing breaks: it waits at most until the agent is back, which
 * opens them again. Null where they cannot be made: then a plain pipe has to do.
 */
export function openHookOutput(folder: string, name: string, lines: HookLines): HookOutput | null {
  const files = streams.map(({ suffix }) => fileOf(folder, name, suffix));
  for (const file of files) rmSync(file, { force: true });
  if (spawnSync("mkfifo", ["-m", "600", ...files], { stdio: "ignore" }).status !== 0) return null;
  // Read and write: that is what keeps it whole.
  const [out, err] = files.map((file) => openSync(file, constants.O_RDWR));
  if (out === undefined || err === undefined) return null;
  const readers = streams.map(({ suffix, level }) => new PipeReader(fileOf(folder, name, suffix), level, lines));
  return {
    stdio: [out, err],
    drain: () => {
      for (const reader of readers) reader.drain();
    },
    release: () => {
      closeSync(out);
      closeSync(err);
    },
  };
}

/** Goes on reading what hooks of an agent that was killed have left running. Without any, this ends at once. */
export function followLeftOutput(folder: string, name: string, lines: HookLines): void {
  for (const { suffix, level } of streams) {
    const file = fileOf(folder, name, suffix);
    if (existsSync(file)) new PipeReader(file, level, lines);
  }
}

function fileOf(folder: string, name: string, suffix: string): string {
  return path.join(folder, `${name}.${suffix}`);
}

/** Reads one named pipe line by line, until nobody can write to it any more. */
class PipeReader {
  readonly #fd: number;
  readonly #splitter: LineSplitter;
  #isOver = false;

  constructor(file: string, level: "info" | "error", { masks, onLine }: HookLines) {
    // Without O_NONBLOCK this would wait for a writer.
    this.#fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#splitter = new LineSplitter(masks, (line) => onLine(level, line));
    const socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    socket.on("data", (bytes: Buffer) => this.#splitter.push(bytes));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => {
      this.#isOver = true;
    });
    socket.on("close", () => {
      this.#isOver = true;
      this.#splitter.end();
    });
    // The workspace's output keeps nobody from ending.
    socket.unref();
  }

  drain(): void {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    while (!this.#isOver) {
      let length = 0;
      try {
        length = readSync(this.#fd, chunk);
      } catch {
        // EAGAIN: it is empty.
      }
      if (length === 0) return;
      this.#splitter.push(Buffer.from(chunk.subarray(0, length)));
    }
  }
}
