import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { AgentManifest, AgentToServer, ServerToAgent } from "../contracts/agent-protocol.ts";
import { execFrameBytesMax } from "../contracts/limits.ts";
import { sleep } from "../platform/sleep.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { HandOver } from "./hand-over.ts";
import { commandEnvironment } from "./command-environment.ts";
import { endGroup, signalGroup } from "./process-group.ts";
import type { ServerSocket } from "./server-socket.ts";
import { workFolder } from "./work-folder.ts";

/** Input that a command has not read yet. Nothing tells the sender to slow down, so it must end somewhere. */
export const execInputBytesMax = 8 * 1_048_576;

type Start = Extract<ServerToAgent, { readonly kind: "exec_start" }>;
type Input = Extract<ServerToAgent, { readonly kind: "exec_input" }>;
type SignalName = Extract<ServerToAgent, { readonly kind: "exec_signal" }>["signal"];

export interface ExecDependencies {
  readonly config: AgentConfig;
  readonly socket: ServerSocket;
  readonly handOver: HandOver;
  readonly started: () => Promise<AgentManifest>;
  readonly abort: AbortSignal;
}

interface ExecEnd {
  readonly exitCode: number | null;
  readonly error: string | null;
}

/**
 * One command on behalf of the workspace's owner, in a process group of its own.
 * Each pipe waits until its last piece has left for the server, so a slow reader slows the command and not the
 * agent's memory. While the connection is away the command goes on until its pipes are full.
 */
export class ExecSession {
  readonly #start: Start;
  readonly #deps: ExecDependencies;
  #child: ChildProcessWithoutNullStreams | null = null;
  /** What arrived before the command was started. */
  readonly #early: Input[] = [];
  #earlyBytes = 0;
  #refusal: string | null = null;
  #sending = 0;
  #piecesSeen = 0;
  #isOver = false;
  /** Resolves when its output may go on; `#letFlow` is null while it may. */
  #flowing = Promise.resolve();
  #letFlow: (() => void) | null = null;

  constructor(start: Start, deps: ExecDependencies) {
    this.#start = start;
    this.#deps = deps;
  }

  /** Runs the command and reports its end. Never rejects. */
  async run(): Promise<void> {
    let end: ExecEnd;
    try {
      end = await this.#run();
    } catch (error) {
      end = { exitCode: null, error: error instanceof Error ? error.message : String(error) };
    }
    this.#isOver = true;
    await this.#send({ kind: "exec_exit", execId: this.#start.execId, ...end });
  }

  input(message: Input): void {
    const stdin = this.#child?.stdin;
    const bytes = Buffer.from(message.data, "base64");
    if (stdin === undefined) {
      this.#earlyBytes += bytes.length;
      this.#early.push(message);
    } else if (stdin.writable) {
      if (bytes.length > 0) stdin.write(bytes);
      if (message.end) stdin.end();
    }
    if (this.#earlyBytes + (stdin?.writableLength ?? 0) <= execInputBytesMax) return;
    this.#refusal = `the command does not read its input: more than ${execInputBytesMax} bytes are waiting`;
    this.signal("SIGKILL");
  }

  signal(name: SignalName): void {
    // Its reader may be gone, and what is left of its output must not keep it from its end.
    if (name === "SIGHUP" || name === "SIGKILL") this.flow(false);
    if (this.#child?.pid !== undefined) signalGroup(this.#child.pid, name);
    else this.#refusal ??= `it was ended by ${name} before it had started`;
  }

  /** Holds its output back, or lets it go on: its pipes fill, and so the command waits. */
  flow(isHeld: boolean): void {
    if (isHeld && this.#letFlow === null) {
      this.#flowing = new Promise((resolve) => {
        this.#letFlow = resolve;
      });
    } else if (!isHeld) {
      this.#letFlow?.();
      this.#letFlow = null;
    }
  }

  /** Says that it still runs: a server that knows nothing of it answers with SIGHUP. */
  announce(): void {
    // Who held it did so over the connection that is gone.
    this.flow(false);
    const frame = { kind: "exec_output", execId: this.#start.execId, stream: "stdout", data: "" } as const;
    if (!this.#isOver) void this.#deps.socket.send(frame);
  }

  async end(): Promise<void> {
    this.#refusal ??= "the workspace is shutting down";
    this.flow(false);
    if (this.#child?.pid !== undefined) await endGroup(this.#child.pid, this.#deps.config.timing.killGraceMs);
  }

  async #run(): Promise<ExecEnd> {
    const owner = await this.#deps.handOver.owner();
    if (owner === null) return { exitCode: null, error: "nobody owns this workspace yet: it waits in its pool" };
    const manifest = await this.#deps.started();
    const { config } = this.#deps;
    const { variables, secretsMissing } = await commandEnvironment(this.#deps, { manifest, owner });
    if (secretsMissing !== null)
      await this.#tell(`this command runs without the workspace's secrets: ${secretsMissing}`);
    // A signal may have come while it waited.
    if (this.#refusal !== null) return { exitCode: null, error: this.#refusal };
    const folder = workFolder(config, manifest);
    const [program = "", ...rest] = this.#start.command;
    const child = spawn(program, rest, {
      cwd: existsSync(folder) ? folder : config.home,
      env: { ...variables, ...this.#start.env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    const ended = exitOf(child);
    this.#child = child;
    // A command need not read its input: that its pipe is closed is no error.
    child.stdin.on("error", () => {});
    const drained = Promise.all([this.#pump(child.stdout, "stdout"), this.#pump(child.stderr, "stderr")]);
    for (const message of this.#early.splice(0)) this.input(message);
    this.#earlyBytes = 0;
    const end = await ended;
    await Promise.race([drained, this.#untilQuiet()]);
    return this.#refusal === null ? end : { ...end, error: this.#refusal };
  }

  /** A line of the agent's own among what the command says. */
  async #tell(line: string): Promise<void> {
    const data = Buffer.from(`prewarm: ${line}\n`).toString("base64");
    await this.#send({ kind: "exec_output", execId: this.#start.execId, stream: "stderr", data });
  }

  /** Sends a pipe's bytes piece by piece. Resolves at its end. */
  #pump(pipe: Readable, stream: "stdout" | "stderr"): Promise<void> {
    const execId = this.#start.execId;
    const forward = async (bytes: Buffer): Promise<void> => {
      pipe.pause();
      this.#sending += 1;
      for (let from = 0; from < bytes.length; from += execFrameBytesMax) {
        const data = bytes.subarray(from, from + execFrameBytesMax).toString("base64");
        await this.#flowing;
        await this.#send({ kind: "exec_output", execId, stream, data });
      }
      this.#sending -= 1;
      pipe.resume();
    };
    pipe.on("data", (bytes: Buffer) => {
      this.#piecesSeen += 1;
      // After the end it is still read, and thrown away: what runs on in the background must not die of it.
      if (!this.#isOver) void forward(bytes);
    });
    return new Promise((resolve) => {
      const finish = async (): Promise<void> => {
        while (this.#sending > 0) await sleep(1);
        resolve();
      };
      pipe.once("close", () => void finish());
    });
  }

  /** Resolves when the pipes have brought nothing for a while though nothing is waiting to be sent. */
  async #untilQuiet(): Promise<void> {
    let seen = -1;
    while (seen !== this.#piecesSeen || this.#sending > 0) {
      seen = this.#piecesSeen;
      await sleep(this.#deps.config.timing.execDrainMs, this.#deps.abort);
      if (this.#deps.abort.aborted) return;
    }
  }

  /** Sends as soon as there is a connection; gives up only when the agent ends. */
  async #send(frame: AgentToServer): Promise<void> {
    const { socket, abort } = this.#deps;
    while (!abort.aborted) {
      await socket.whenOpen(abort);
      if (await socket.send(frame)) return;
    }
  }
}

/** 128 + n for a signal, as shells count it; null for a command that could not be started. */
function exitOf(child: ChildProcessWithoutNullStreams): Promise<ExecEnd> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ exitCode: null, error: `it could not be started: ${error.message}` }));
    child.once("exit", (code, signal) => {
      if (signal === null) resolve({ exitCode: code, error: null });
      else resolve({ exitCode: 128 + constants.signals[signal], error: `it was ended by ${signal}` });
    });
  });
}
