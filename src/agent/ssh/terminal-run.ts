import { existsSync } from "node:fs";
import path from "node:path";
import type { PseudoTtyInfo, ServerChannel } from "ssh2";
import { sleep } from "../../platform/sleep.ts";
import type { Pty, PtyOptions } from "../pty/open-pty.ts";
import type { ChannelOutput, ExitWord } from "../../platform/ssh/channel-output.ts";
import { exitWord } from "./command-pipes.ts";
import { askedModes, type TerminalModes } from "./pty-modes.ts";

/** What makes terminals, where the workspace can. */
export interface Terminals {
  /** Null: there are some; else why there are none. */
  readonly missing: string | null;
  open(options: PtyOptions): Pty;
}

export interface WantedTerminal {
  readonly term: string;
  readonly cols: number;
  readonly rows: number;
  readonly modes: TerminalModes;
}

/** Output that waits for the client, above which the terminal is not read. */
const queuedBytesMax = 128 * 1_024;
/** Input that waits for the program, above which the client's is not read. */
const pendingBytesMax = 64 * 1_024;
const pendingLookMs = 20;
const sizeMax = 65_535;

/** Clients without a terminal of their own ask for none of any size. */
export function wantedTerminal(info: PseudoTtyInfo): WantedTerminal {
  const { cols, rows } = info;
  const { term = "" } = info as { readonly term?: string };
  return { term: term === "" ? "xterm" : term, ...sizeOf({ cols, rows }), modes: askedModes() };
}

export function sizeOf({ cols, rows }: { readonly cols: number; readonly rows: number }): {
  readonly cols: number;
  readonly rows: number;
} {
  const within = (size: number, unlessSaid: number): number => (size === 0 ? unlessSaid : Math.min(size, sizeMax));
  return { cols: within(cols, 80), rows: within(rows, 24) };
}

const asItIs = { VERASE: 127, VINTR: 3, ECHO: 1, ICRNL: 1 } as const;

/** What `stty` is told, where the client's terminal is not as one is made; mostly nothing. */
export function terminalSettings(modes: TerminalModes): readonly string[] {
  const differs = (name: keyof typeof asItIs): boolean => modes[name] !== undefined && modes[name] !== asItIs[name];
  const character = (name: "VERASE" | "VINTR", word: string): readonly string[] =>
    differs(name) ? [word, characterText(modes[name] ?? 0)] : [];
  const onOff = (name: "ECHO" | "ICRNL", word: string): readonly string[] => (differs(name) ? [`-${word}`] : []);
  return [
    ...character("VERASE", "erase"),
    ...character("VINTR", "intr"),
    ...onOff("ECHO", "echo"),
    ...onOff("ICRNL", "icrnl"),
  ];
}

function characterText(code: number): string {
  if (code === 255 || code === 0) return "undef";
  if (code === 127) return "^?";
  return code < 32 ? `^${String.fromCharCode(code + 64)}` : String(code);
}

const bash = "/bin/bash";
/** Only what runs in the terminal can ask for its name. */
const prepare = 'SSH_TTY=$(tty) && export SSH_TTY; [ -z "$1" ] || stty $1; shift; ';

/** The shell, by way of a program that gives the terminal its settings first. */
export function inTerminal(
  shell: { readonly file: string; readonly args: readonly string[]; readonly argv0: string },
  settings: readonly string[],
  hasBash = existsSync(bash),
): { readonly file: string; readonly args: readonly string[] } {
  const { file, args, argv0 } = shell;
  if (hasBash) {
    const script = `${prepare}exec -a "$0" "$@"`;
    return { file: bash, args: ["-p", "-c", script, argv0, settings.join(" "), file, ...args] };
  }
  // Without bash the name cannot be given; the shells of such images know the option.
  const isLogin = argv0.startsWith("-") && /^(ba|da|a|z|k|mk|fi)?sh$/.test(path.basename(file));
  return {
    file: "/bin/sh",
    args: ["-c", `${prepare}exec "$@"`, "sh", settings.join(" "), file, ...(isLogin ? ["-l"] : []), ...args],
  };
}

/** Carries a terminal until its program has ended and all that it wrote is gone. A client that goes hangs it up. */
export async function carryTerminal(parts: {
  readonly pty: Pty;
  readonly channel: ServerChannel;
  readonly output: ChannelOutput;
}): Promise<ExitWord> {
  const { pty, channel, output } = parts;
  channel.on("error", () => undefined);
  channel.on("data", (bytes: Buffer) => {
    pty.write(bytes);
    if (pty.pendingBytes > pendingBytesMax) void holdBack(pty, channel);
  });
  let queuedBytes = 0;
  let sent: Promise<unknown> = Promise.resolve();
  pty.onData((bytes) => {
    queuedBytes += bytes.length;
    if (queuedBytes > queuedBytesMax) pty.pause();
    sent = output.write(bytes).then(() => {
      queuedBytes -= bytes.length;
      if (queuedBytes <= queuedBytesMax) pty.resume();
    });
  });
  output.onClosed(() => pty.close());
  const { exitCode, signal } = await new Promise<Parameters<Parameters<Pty["onExit"]>[0]>[0]>((resolve) =>
    pty.onExit(resolve),
  );
  await sent;
  return exitWord(exitCode, signal);
}

async function holdBack(pty: Pty, channel: ServerChannel): Promise<void> {
  channel.pause();
  while (pty.pendingBytes > pendingBytesMax) await sleep(pendingLookMs);
  channel.resume();
}
