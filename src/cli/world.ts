import type { Readable, Writable } from "node:stream";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";

/** The signals that the command line hands on to a command it runs. */
export const forwardedSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type ForwardedSignal = (typeof forwardedSignals)[number];

/** A long-running program behind the same executable: takes its own arguments, answers an exit code. */
export type Program = (argv: readonly string[]) => Promise<number>;

/** Loaded only when asked for, because `prewarm list` must not pay for a server. */
export interface Programs {
  readonly server: Program;
  readonly provisioner: Program;
  readonly agent: Program;
  /** `export FILE` and `import FILE`. */
  readonly databaseTransfer: Program;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Everything outside the process that commands touch; `main/cli.ts` gives the real one. */
export interface CliWorld {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly isInputTerminal: boolean;
  readonly isOutputTerminal: boolean;
  readonly isErrorTerminal: boolean;
  /** Of the terminal that results go to, as it is now; undefined where there is none, or it does not tell. */
  readonly terminalSize?: () => TerminalSize | undefined;
  /** The terminal that is typed into; undefined where there is none. */
  readonly terminal?: {
    /** Whether each key is handed on as it is typed, Ctrl-C too; switched back when the process ends, however it does. */
    readonly setRaw: (isRaw: boolean) => void;
    /** The answer takes the listener back. */
    readonly onResize: (listener: () => void) => () => void;
  };
  /** The context that the command line names; the current one unless it does. */
  readonly context?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** The home that the account database says, which OpenSSH takes; `HOME` may say another. */
  readonly accountHome: string;
  /** Absolute words that run this command line: the interpreter, and the program. */
  readonly program: readonly string[];
  readonly workingDirectory: string;
  /** The data folder of a server that was started from this checkout, unless it was told another one. */
  readonly serverDataDir: () => Promise<string>;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds of a clock that never jumps; for measuring only. */
  readonly monotonicMs: () => number;
  /** Calls `listener` in place of the signal's default; the answer takes it back. */
  readonly onSignal: (signal: ForwardedSignal, listener: () => void) => () => void;
  readonly programs: Programs;
  /**
   * Runs another program of this machine in place of ours, with our terminal, input and output, and answers its exit code.
   * Errors: `ENOENT` when there is none of that name.
   */
  readonly runProgram: (name: string, args: readonly string[]) => Promise<number>;
  /** Shows a page in the person's browser, without waiting for it; false where there is none, or it cannot be started. */
  readonly openUrl: (url: string) => Promise<boolean>;
  readonly version: string;
}
