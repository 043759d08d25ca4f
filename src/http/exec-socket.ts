import type { FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import { WebSocket } from "ws";
import { execTarget, type ExecTarget } from "../app/agents/exec-target.ts";
import type { Actor } from "../app/authorize.ts";
import { ExecFromClient, execPath, type ExecToClient } from "../contracts/agent-protocol.ts";
import { CodedError } from "../contracts/errors.ts";
import { execCommandLengthMax } from "../contracts/limits.ts";
import { agentBacklogBytesMax } from "./agent-hub.ts";
import { codedError } from "./error-answer.ts";
import type { HttpDeps } from "./http-deps.ts";

const check = Compile(ExecFromClient);
/** Set on a connection that one server makes to another, so that none goes round in a ring. */
const relayHeader = "x-prewarm-relayed";
/** Bytes that may wait for a slow reader before the command's output is given up. */
const clientBacklogBytesMax = 64 * 1_048_576;
const resumeCheckMs = 20;

export interface ExecConnection {
  readonly socket: WebSocket;
  readonly request: FastifyRequest;
  readonly actor: Actor;
  readonly workspace: string;
}

/** Serves a person's command in a workspace: the first frame starts it, the last answer is its exit. */
export function serveExec(deps: HttpDeps, connection: ExecConnection): void {
  const { socket } = connection;
  socket.once("message", (data) => {
    const text = String(data);
    const first = parseFrame(text);
    if (first?.kind !== "start")
      return fail(socket, new CodedError("invalid_request", "The first frame must be `start`."));
    if (first.command.reduce((sum, word) => sum + word.length, 0) > execCommandLengthMax) {
      return fail(
        socket,
        new CodedError("too_large", `The command is longer than ${execCommandLengthMax} characters.`),
      );
    }
    // Frames that come while the target is looked up wait in the socket.
    socket.pause();
    execTarget(deps, connection.actor, { workspace: connection.workspace, agent: first.agent })
      .then((target) => {
        if (target.elsewhereUrl === null) runHere(deps, { socket, target, start: first });
        else relay(connection, { target, url: target.elsewhereUrl, first: text });
        socket.resume();
      })
      .catch((error: unknown) => {
        socket.resume();
        fail(socket, codedError(error));
      });
  });
}

interface LocalExec {
  readonly socket: WebSocket;
  readonly target: ExecTarget;
  readonly start: Extract<ExecFromClient, { kind: "start" }>;
}

function runHere(deps: HttpDeps, { socket, target, start }: LocalExec): void {
  const execId = deps.random.uuid();
  const { agentId } = target;
  let hasEnded = false;
  deps.hub.startExec(agentId, { execId, command: start.command, env: start.env }, (event) => {
    if (event.kind === "exit") {
      hasEnded = true;
      const errorCode = event.isAgentLost ? "agent_unavailable" : null;
      send(socket, { kind: "exit", exitCode: event.exitCode, errorCode, error: event.error });
      return socket.close(1000);
    }
    send(socket, event);
    if (socket.bufferedAmount > clientBacklogBytesMax) socket.close(1009, "reader too slow");
  });
  socket.on("message", (data) => {
    const frame = parseFrame(String(data));
    if (frame?.kind === "input") {
      deps.hub.send(agentId, { kind: "exec_input", execId, data: frame.data, end: frame.end });
      holdBack(deps, socket, agentId);
    } else if (frame?.kind === "signal") {
      deps.hub.send(agentId, { kind: "exec_signal", execId, signal: frame.signal });
    }
  });
  // Whoever hangs up wants the command to end, as a terminal that is closed does.
  socket.on("close", () => {
    if (!hasEnded) deps.hub.send(agentId, { kind: "exec_signal", execId, signal: "SIGHUP" });
  });
}

/** Stops reading a person's input while the agent has not taken what came before. */
function holdBack(deps: HttpDeps, socket: WebSocket, agentId: ExecTarget["agentId"]): void {
  if (deps.hub.backlogBytes(agentId) <= agentBacklogBytesMax) return;
  socket.pause();
  const timer = setInterval(() => {
    if (deps.hub.backlogBytes(agentId) > agentBacklogBytesMax && socket.readyState === socket.OPEN) return;
    clearInterval(timer);
    socket.resume();
  }, resumeCheckMs);
}

/** The agent is connected to another server: the whole conversation goes there, with the person's own credential. */
function relay(
  connection: ExecConnection,
  { target, url, first }: { readonly target: ExecTarget; readonly url: string; readonly first: string },
): void {
  const { socket, request } = connection;
  if (request.headers[relayHeader] !== undefined) {
    return fail(socket, new CodedError("agent_unavailable", "The agent moved to another server; try again."));
  }
  const there = new URL(execPath(target.workspaceId), url);
  there.protocol = there.protocol === "https:" ? "wss:" : "ws:";
  const headers: Record<string, string> = { [relayHeader]: "1" };
  if (request.headers.authorization !== undefined) headers["authorization"] = request.headers.authorization;
  if (request.headers.cookie !== undefined) headers["cookie"] = request.headers.cookie;
  const upstream = new WebSocket(there, { headers });
  const waiting: string[] = [first];
  upstream.on("open", () => {
    for (const text of waiting.splice(0)) upstream.send(text);
  });
  upstream.on("message", (data) => socket.send(String(data)));
  upstream.on("close", () => socket.close(1000));
  upstream.on("error", (error) =>
    fail(
      socket,
      new CodedError("agent_unavailable", `The server that holds the agent cannot be reached: ${error.message}.`),
    ),
  );
  socket.on("message", (data) => {
    if (upstream.readyState === upstream.OPEN) upstream.send(String(data));
    else waiting.push(String(data));
  });
  socket.on("close", () => upstream.close());
}

function parseFrame(text: string): ExecFromClient | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return check.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function send(socket: WebSocket, frame: ExecToClient): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
}

function fail(socket: WebSocket, error: CodedError): void {
  send(socket, { kind: "exit", exitCode: null, errorCode: error.code, error: error.message });
  socket.close(1000);
}
