import type { Readable, Writable } from "node:stream";
import WebSocket from "ws";
import type { ErrorResponse } from "../../contracts/api/error-response.ts";
import type { ExecFromClient, ExecToClient } from "../../contracts/agent-protocol.ts";
import { CodedError, isErrorCode, isPassingStatus } from "../../contracts/errors.ts";
import { type CliWorld, type ForwardedSignal, forwardedSignals } from "../world.ts";

const handshakeTimeoutMs = 30_000;
/** Silence after which the server is asked for a sign of life, and after twice of which it is given up. */
const pingMs = 10_000;
/** Bytes of input in one frame; base64 makes a third more of it, which stays below the server's limit. */
const inputChunkBytesMax = 32_768;
/** Bytes that may wait to be sent before standard input is held back. */
const unsentBytesMax = 1_048_576;
/** Signals after which the session is left though the command has not ended: somebody insists. */
const signalsMax = 3;
const frameBytesMax = 16 * 1_048_576;
/** 128 + SIGINT, as shells have it. */
const interruptedExitCode = 130;

export interface ExecSessionOptions {
  /** `ws://` or `wss://` address of the session. */
  readonly url: string;
  readonly token: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly agent: string | null;
  readonly world: Pick<CliWorld, "stdin" | "stdout" | "stderr" | "onSignal">;
}

/**
 * Runs a command in a workspace with this process's standard streams and signals; answers the command's exit code.
 * Errors: the server's own code when the session cannot be had; `transient` when the connection is lost.
 */
export function runExecSession(options: ExecSessionOptions): Promise<number> {
  const socket = new WebSocket(options.url, {
    headers: { authorization: `Bearer ${options.token}` },
    handshakeTimeout: handshakeTimeoutMs,
    maxPayload: frameBytesMax,
  });
  return new Promise((resolve, reject) => {
    const cleanUps: (() => void)[] = [];
    const settle = (end: () => void): void => {
      for (const cleanUp of cleanUps.splice(0)) cleanUp();
      socket.terminate();
      end();
    };
    const fail = (error: CodedError): void => settle(() => reject(error));
    socket.on("unexpected-response", (_request, response) => {
      readRefusal(response, response.statusCode ?? 0).then(fail, fail);
    });
    socket.on("error", (cause) => fail(connectionLost(cause.message, cause)));
    socket.on("close", (code) => fail(connectionLost(`it was closed (${code})`)));
    socket.on("message", (data: Buffer) => {
      const frame = parseFrame(data.toString());
      if (frame?.kind === "output") writeOutput(socket, options.world[frame.stream], frame.data);
      else if (frame?.kind === "exit") onExit(frame, { succeed: (exitCode) => settle(() => resolve(exitCode)), fail });
    });
    socket.on("open", () => {
      const { command, env, agent } = options;
      send(socket, { kind: "start", command: [...command], env: { ...env }, agent });
      cleanUps.push(
        forwardInput(socket, options.world.stdin),
        forwardSignals(socket, options.world, () => settle(() => resolve(interruptedExitCode))),
        watchLiveness(socket, () => fail(connectionLost("nothing was heard from the server"))),
      );
    });
  });
}

function send(socket: WebSocket, frame: ExecFromClient): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function connectionLost(reason: string, cause?: unknown): CodedError {
  return new CodedError("transient", `The connection to the workspace was lost: ${reason}.`, {
    cause,
    next: "Look at `prewarm show NAME` and try again; the command may have run.",
  });
}

function parseFrame(text: string): ExecToClient | undefined {
  try {
    // The server sends frames of this schema only; one that is no JSON is passed over.
    return JSON.parse(text) as ExecToClient;
  } catch {
    return undefined;
  }
}

/** Output that cannot be written fast enough holds the socket back instead of filling the memory. */
function writeOutput(socket: WebSocket, stream: Writable, data: string): void {
  if (stream.write(Buffer.from(data, "base64"))) return;
  socket.pause();
  stream.once("drain", () => socket.resume());
}

interface Ends {
  readonly succeed: (exitCode: number) => void;
  readonly fail: (error: CodedError) => void;
}

function onExit(frame: Extract<ExecToClient, { kind: "exit" }>, { succeed, fail }: Ends): void {
  if (frame.exitCode !== null) succeed(frame.exitCode);
  else {
    fail(notRun(frame));
  }
}

function notRun({ errorCode, error }: Extract<ExecToClient, { kind: "exit" }>): CodedError {
  if (errorCode !== null && isErrorCode(errorCode)) return new CodedError(errorCode, error ?? "There is no session.");
  // The agent could be reached and has tried: the command itself is what is wrong.
  return new CodedError("conflict", `The command did not run: ${error ?? "no reason given"}.`, {
    next: "Check how the command is written, and that the workspace has it.",
  });
}

function forwardInput(socket: WebSocket, stdin: Readable): () => void {
  const onData = (chunk: Buffer | string): void => {
    const bytes = Buffer.from(chunk);
    for (let at = 0; at < bytes.length; at += inputChunkBytesMax) {
      const piece = bytes.subarray(at, at + inputChunkBytesMax).toString("base64");
      send(socket, { kind: "input", data: piece, end: false });
    }
    if (socket.bufferedAmount > unsentBytesMax) holdBack();
  };
  let timer: NodeJS.Timeout | undefined;
  const holdBack = (): void => {
    stdin.pause();
    timer = setInterval(() => {
      if (socket.bufferedAmount > unsentBytesMax) return;
      clearInterval(timer);
      stdin.resume();
    }, 10);
  };
  const onEnd = (): void => send(socket, { kind: "input", data: "", end: true });
  stdin.on("data", onData).once("end", onEnd);
  return () => {
    clearInterval(timer);
    stdin.off("data", onData).off("end", onEnd).pause();
  };
}

function forwardSignals(socket: WebSocket, world: Pick<CliWorld, "onSignal">, leave: () => void): () => void {
  let count = 0;
  const forward = (signal: ForwardedSignal) => (): void => {
    count += 1;
    if (count > signalsMax) leave();
    else send(socket, { kind: "signal", signal });
  };
  const takeBacks = forwardedSignals.map((signal) => world.onSignal(signal, forward(signal)));
  return () => {
    for (const takeBack of takeBacks) takeBack();
  };
}

function watchLiveness(socket: WebSocket, onSilence: () => void): () => void {
  let isAnswered = true;
  const onPong = (): void => {
    isAnswered = true;
  };
  const timer = setInterval(() => {
    // A paused socket reads no pongs; it is our own output that is slow then, not the server.
    if (!isAnswered && !socket.isPaused) return onSilence();
    isAnswered = false;
    socket.ping();
  }, pingMs);
  socket.on("pong", onPong).on("message", onPong);
  return () => clearInterval(timer);
}

/** The coded error of an upgrade that the server answered with an ordinary response. */
async function readRefusal(body: AsyncIterable<Buffer>, status: number): Promise<CodedError> {
  let text = "";
  for await (const chunk of body) text += chunk.toString();
  let report: ErrorResponse["error"] | undefined;
  let requestId: string | undefined;
  try {
    // Checked below: a proxy may answer with anything.
    ({ error: report, requestId } = JSON.parse(text) as Partial<ErrorResponse>);
  } catch {
    report = undefined;
  }
  if (report === undefined || !isErrorCode(report.code)) {
    const code = isPassingStatus(status) ? "transient" : "internal";
    return new CodedError(code, `The server refused the session with status ${status}.`, {
      next: "A proxy before the server must let WebSockets through.",
    });
  }
  return new CodedError(report.code, report.message, {
    ...(report.next === undefined ? {} : { next: report.next }),
    requestId,
  });
}
