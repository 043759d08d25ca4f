import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import { ExecFromClient, type ExecToClient } from "../contracts/agent-protocol.ts";
import { CodedError } from "../contracts/errors.ts";
import { execCommandLengthMax, execFrameBytesMax } from "../contracts/limits.ts";
import { agentBacklogBytesMax } from "./agent-hub.ts";
import { endSocket } from "./end-socket.ts";
import type { ExecEnd, ExecInput, ExecStart, OpenExecEnd } from "./exec-end.ts";
import { codedError } from "./error-answer.ts";
import type { HttpLimits } from "./http-limits.ts";
import { pingRegularly } from "./keep-alive.ts";
import { problemsIn } from "./storable-input.ts";
import { serverStopping } from "./stop-http.ts";

const check = Compile(ExecFromClient);
/** Bytes of output that may wait for a slow reader before the command's side is held back. */
const readerBacklogBytesMax = 1_048_576;
/** Where that side goes on, an agent of an older release for one: before the session is given up. */
const readerLostBytesMax = 32 * 1_048_576;
/** Characters of one frame: a start, or a piece of input in base64 with what stands around it. */
const frameLengthMax = 4 * execFrameBytesMax;
/** Characters of input that may wait for the command's side to be there. The socket is paused, and little comes after. */
const waitingLengthMax = 1_048_576;
const resumeCheckMs = 20;
const idleCheckMsMax = 60_000;

export interface BridgeOptions {
  readonly limits: HttpLimits;
  readonly stopping: AbortSignal;
  /** Aborted, with the error that says so, when the session or token that it was opened with is ended. */
  readonly revoked: AbortSignal;
  /** Finds where the command runs. Errors are told the person. */
  readonly find: (start: ExecStart) => Promise<OpenExecEnd>;
}

/**
 * One conversation between a person's socket and the end where his command runs: wherever that is, the same rules for
 * the first frame, for pace, for silence, and for the end of either side.
 */
export class ExecBridge {
  readonly #socket: WebSocket;
  readonly #options: BridgeOptions;
  readonly #cleanUps: (() => void)[] = [];
  #state: "starting" | "opening" | "open" | "ended" = "starting";
  #end: ExecEnd | undefined;
  #waiting: ExecInput[] = [];
  #waitingLength = 0;
  /** When a byte came last, in either direction. */
  #busyMs = performance.now();
  readonly #holds = new Set<"input" | "output">();

  constructor(socket: WebSocket, options: BridgeOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  serve(): void {
    const { limits, stopping, revoked } = this.#options;
    const socket = this.#socket;
    const late = setTimeout(() => {
      if (this.#state !== "starting") return;
      const message = `No \`start\` came within ${limits.execStartMs / 1_000} s.`;
      this.#fail(new CodedError("request_timeout", message));
    }, limits.execStartMs);
    const onStopping = (): void => this.#fail(serverStopping());
    stopping.addEventListener("abort", onStopping, { once: true });
    const onRevoked = (): void => this.#fail(revoked.reason);
    revoked.addEventListener("abort", onRevoked, { once: true });
    this.#cleanUps.push(
      () => clearTimeout(late),
      () => revoked.removeEventListener("abort", onRevoked),
      () => stopping.removeEventListener("abort", onStopping),
      pingRegularly(socket, limits.execPingMs),
      this.#endWhenIdle(),
    );
    socket.on("message", (data) => this.#hear(String(data)));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#finish());
    if (stopping.aborted) onStopping();
  }

  /** @returns how to stop looking. */
  #endWhenIdle(): () => void {
    const { execIdleMs } = this.#options.limits;
    if (execIdleMs === 0) return () => undefined;
    const timer = setInterval(
      () => {
        if (performance.now() - this.#busyMs < execIdleMs) return;
        const message = `Neither input nor output came for ${execIdleMs / 1_000} s.`;
        this.#fail(new CodedError("command_idle", message));
      },
      Math.min(execIdleMs / 2, idleCheckMsMax),
    );
    return () => clearInterval(timer);
  }

  #hear(text: string): void {
    this.#busyMs = performance.now();
    if (text.length > frameLengthMax) {
      return this.#fail(new CodedError("too_large", `A frame is longer than ${frameLengthMax} characters.`));
    }
    const frame = parseFrame(text);
    const [problem] = problemsIn(frame);
    if (problem !== undefined) {
      const message = `A frame is not valid: ${problem.field}: ${problem.reason}.`;
      return this.#fail(new CodedError("invalid_request", message));
    }
    if (this.#state === "starting") {
      if (frame?.kind === "start") this.#start(frame);
      else this.#fail(new CodedError("invalid_request", "The first frame must be `start`."));
    } else if (frame !== undefined && frame.kind !== "start") this.#pass(frame);
  }

  #start(start: ExecStart): void {
    if (start.command.reduce((sum, word) => sum + word.length, 0) > execCommandLengthMax) {
      return this.#fail(new CodedError("too_large", `The command is longer than ${execCommandLengthMax} characters.`));
    }
    this.#state = "opening";
    // What comes before the command's side is there waits in the socket, but for what was read with the start.
    this.#socket.pause();
    this.#options.find(start).then(
      (open) => this.#open(open),
      (error: unknown) => this.#fail(error),
    );
  }

  #open(open: OpenExecEnd): void {
    // Hung up meanwhile.
    if (this.#state !== "opening") return;
    try {
      this.#end = open({
        // Also said from within: the end is known a moment later.
        onOpen: () => queueMicrotask(() => this.#onOpen()),
        onFrame: (frame) => this.#onFrame(frame),
        onLost: (error) => this.#fail(error),
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  #onOpen(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#socket.resume();
    for (const frame of this.#waiting.splice(0)) this.#pass(frame);
  }

  #pass(frame: ExecInput): void {
    if (this.#state === "opening") {
      this.#waitingLength += frame.kind === "input" ? frame.data.length : 1;
      if (this.#waitingLength > waitingLengthMax)
        this.#fail(new CodedError("too_large", "Too much input came at once."));
      else this.#waiting.push(frame);
    } else if (this.#state === "open") {
      this.#end?.send(frame);
      if (this.#backlogBytes() > agentBacklogBytesMax) this.#holdInput();
    }
  }

  #backlogBytes(): number {
    return this.#end?.backlogBytes() ?? 0;
  }

  /** Stops reading a person's input while the command's side has not taken what came before. */
  #holdInput(): void {
    this.#socket.pause();
    this.#until(
      "input",
      () => this.#backlogBytes() <= agentBacklogBytesMax,
      () => this.#socket.resume(),
    );
  }

  #onFrame(frame: ExecToClient): void {
    if (this.#state === "ended") return;
    this.#busyMs = performance.now();
    this.#send(frame);
    if (frame.kind === "exit") {
      this.#state = "ended";
      this.#socket.close(1000);
      return this.#cleanUp();
    }
    if (this.#socket.bufferedAmount > readerBacklogBytesMax) this.#holdOutput();
  }

  #holdOutput(): void {
    if (this.#socket.bufferedAmount > readerLostBytesMax) return endSocket(this.#socket, 1009, "reader too slow");
    if (this.#holds.has("output") || this.#end?.hold(true) !== true) return;
    const isTaken = (): boolean => this.#socket.bufferedAmount <= readerBacklogBytesMax;
    this.#until("output", isTaken, () => this.#end?.hold(false));
  }

  /** Looks until it is so, once for each direction. */
  #until(what: "input" | "output", isSo: () => boolean, then: () => void): void {
    if (this.#holds.has(what)) return;
    this.#holds.add(what);
    const timer = setInterval(() => {
      if (!isSo()) return;
      clearInterval(timer);
      this.#holds.delete(what);
      then();
    }, resumeCheckMs);
    this.#cleanUps.push(() => clearInterval(timer));
  }

  #fail(error: unknown): void {
    if (this.#state === "ended") return;
    const { code, message } = codedError(error);
    this.#send({ kind: "exit", exitCode: null, errorCode: code, error: message });
    endSocket(this.#socket, 1000, "");
    this.#finish();
  }

  /** The person hung up, or there is nothing more to tell him. */
  #finish(): void {
    if (this.#state === "ended") return this.#cleanUp();
    this.#state = "ended";
    this.#cleanUp();
    this.#end?.hangUp();
  }

  #cleanUp(): void {
    for (const cleanUp of this.#cleanUps.splice(0)) cleanUp();
    // Paused, it would not read the other side's goodbye.
    this.#socket.resume();
  }

  #send(frame: ExecToClient): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}

function parseFrame(text: string): ExecFromClient | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return check.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
