import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { sendSignal } from "./process-list.ts";
import { comesTrue } from "./wait.ts";

export interface ProgramOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly account?: { readonly uid?: number; readonly gid?: number };
  /** Called when it ends though nobody had told it to. One that could not start yet may: its database is away, say. */
  readonly onSurprise: (what: string, hasServed: boolean) => void;
}

/** One that ends by itself is started again after this, as an operator's service manager does. */
const restartMs = 1_000;

/** A program of the system under test, in a process group of its own, that can be killed, frozen and started again. */
export class Program {
  readonly #options: ProgramOptions;
  #child: ChildProcess | null = null;
  #isEndWanted = true;
  #hasServed = false;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** 0 while it does not run. */
  get pid(): number {
    return this.isRunning ? (this.#child?.pid ?? 0) : 0;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== null && child.exitCode === null && child.signalCode === null;
  }

  /** Notes that this process of it does its work: from now on it must not end by itself. */
  markServing(pid: number): void {
    if (this.isRunning && this.pid === pid) this.#hasServed = true;
  }

  start(): void {
    if (this.isRunning) return;
    this.#isEndWanted = false;
    this.#hasServed = false;
    const [program = "", ...args] = this.#options.command;
    const log = openSync(this.#options.logFile, "a");
    const child = spawn(program, args, {
      cwd: "/",
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", ...this.#options.env },
      stdio: ["ignore", log, log],
      detached: true,
      ...this.#options.account,
    });
    closeSync(log);
    this.#child = child;
    child.once("error", (error) => this.#options.onSurprise(`${this.name} cannot be started: ${error.message}`, true));
    child.once("exit", (code, signal) => {
      if (this.#isEndWanted) return;
      this.#options.onSurprise(`${this.name} ended by itself: ${signal ?? `status ${code}`}`, this.#hasServed);
      setTimeout(() => {
        if (!this.#isEndWanted) this.start();
      }, restartMs).unref();
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (signal === "SIGKILL" || signal === "SIGTERM" || signal === "SIGINT") this.#isEndWanted = true;
    if (this.pid !== 0) sendSignal(this.pid, signal);
  }

  /** Tells it to end, and kills it when it does not within the limit. @returns whether it did */
  async end(signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
    // A second signal would say that somebody insists, and cut its goodbye short.
    if (!this.#isEndWanted) this.signal(signal);
    const hasEnded = await comesTrue(() => !this.isRunning, limitMs);
    if (hasEnded) return true;
    this.signal("SIGKILL");
    await comesTrue(() => !this.isRunning, limitMs);
    return false;
  }
}
