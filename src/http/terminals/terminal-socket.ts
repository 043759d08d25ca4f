import type { WebSocket } from "ws";
import { Compile } from "typebox/compile";
import { Type } from "typebox";
import { appCommand } from "../../app/apps/apps.ts";
import type { Actor } from "../../app/authorize.ts";
import { loginShellCommand } from "../../contracts/app-command.ts";
import { appNameLengthMax, appNamePattern } from "../../contracts/app-address.ts";
import { CodedError } from "../../contracts/errors.ts";
import {
  type TerminalControl,
  TerminalId,
  TerminalName,
  type TerminalService,
  terminalSideMax,
} from "../../contracts/terminals.ts";
import {
  decodeTerminalRecord,
  encodeTerminalRecord,
  messageInStream,
  TerminalFault,
  TerminalMessages,
} from "../../tunnel/terminal-records.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import { endSocket } from "../end-socket.ts";
import { codedError } from "../error-answer.ts";
import type { HttpDeps } from "../http-deps.ts";
import { httpLimits } from "../http-limits.ts";
import { pingRegularly } from "../keep-alive.ts";
import { codedReset } from "../../tunnel/coded-reset.ts";
import { type Asker, openForPerson } from "./terminal-stream.ts";

/** Bytes that a viewer has not taken: above it his stream is not read. */
const unsentBytesMax = 262_144;
const sizeUnlessSaid = { cols: 80, rows: 24 } as const;

/** Of the upgrade. Query strings are text. */
const Query = Type.Object({
  agent: Type.Optional(Type.String({ maxLength: 64 })),
  cols: Type.Optional(Type.String({ pattern: "^[1-9][0-9]{0,3}$" })),
  rows: Type.Optional(Type.String({ pattern: "^[1-9][0-9]{0,3}$" })),
  /** With it, none is made where there is none. */
  from: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })),
  name: Type.Optional(TerminalName),
  /** Of one that is made: the app of the template whose command runs in it. */
  app: Type.Optional(Type.String({ pattern: appNamePattern, maxLength: appNameLengthMax })),
});
const checkQuery = Compile(Query);
const checkId = Compile(TerminalId);

export interface TerminalWish {
  readonly agent: string | null;
  readonly service: TerminalService;
}

/** What a viewer asks for, of a workspace that he may see. Errors: `invalid_request`; `not_found` for an app that is none. */
export async function terminalWish(
  deps: HttpDeps,
  actor: Actor,
  {
    params,
    query,
  }: { readonly params: { readonly workspace: string; readonly terminal: string }; readonly query: unknown },
): Promise<TerminalWish> {
  const { app, ...wish } = readTerminalWish(params.terminal, query);
  if (app === undefined) return wish;
  const { workspace } = params;
  const { agent, name, command } = await appCommand(deps, actor, { workspace, app, agent: wish.agent });
  const called = wish.service.name === "" ? name : wish.service.name;
  return { agent, service: { ...wish.service, name: called, command: loginShellCommand(command) } };
}

/** As its upgrade says it. Errors: `invalid_request`. */
export function readTerminalWish(id: string, query: unknown): TerminalWish & { readonly app: string | undefined } {
  if (!checkId.Check(id) || !checkQuery.Check(query)) {
    throw new CodedError(
      "invalid_request",
      "A terminal has a UUID, and takes `agent`, `cols`, `rows`, `from`, `name` and `app`.",
    );
  }
  const cols = Number(query.cols ?? sizeUnlessSaid.cols);
  const rows = Number(query.rows ?? sizeUnlessSaid.rows);
  if (cols > terminalSideMax || rows > terminalSideMax) {
    throw new CodedError("invalid_request", `A terminal has at most ${terminalSideMax} columns and rows.`);
  }
  const from = query.from === undefined ? null : Number(query.from);
  const service: TerminalService = {
    kind: "terminal",
    id,
    cols,
    rows,
    from,
    isMade: from === null,
    name: query.name ?? "",
    command: null,
  };
  return { agent: query.agent ?? null, service, app: query.app };
}

export interface TerminalConnection extends Asker {
  readonly socket: WebSocket;
  readonly service: TerminalService;
}

/** Joins a viewer's WebSocket with a stream to the agent that has the terminal. Each message is a record. */
export function serveTerminal(deps: HttpDeps, connection: TerminalConnection): void {
  const { socket } = connection;
  const limits = deps.limits ?? httpLimits;
  const stopPings = pingRegularly(socket, limits.execPingMs);
  const onStop = (): void => endSocket(socket, 1001, "server stopping");
  deps.stopping.addEventListener("abort", onStop, { once: true });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    stopPings();
    deps.stopping.removeEventListener("abort", onStop);
  });
  // Nobody listens until there is something to listen to.
  socket.pause();
  openForPerson(deps, connection, connection.service)
    .then(
      (stream) => join(socket, stream),
      (error: unknown) => refuse(socket, error),
    )
    .finally(() => socket.resume());
}

function join(socket: WebSocket, stream: TunnelDuplex): void {
  const messages = new TerminalMessages();
  if (socket.readyState !== socket.OPEN) return void stream.destroy();
  stream.on("data", (piece: Buffer) => {
    try {
      for (const message of messages.take(piece)) socket.send(message, goOn);
    } catch (error) {
      stream.destroy();
      return refuse(socket, error);
    }
    if (socket.bufferedAmount > unsentBytesMax) stream.pause();
  });
  const goOn = (): void => {
    if (stream.isPaused() && socket.bufferedAmount <= unsentBytesMax) stream.resume();
  };
  stream.on("error", (error) => refuse(socket, codedReset(error)));
  stream.once("end", () => {
    stream.end();
    endSocket(socket, 1000, "ended");
  });
  socket.on("message", (data: Buffer, isBinary) => {
    try {
      if (!isBinary) throw new TerminalFault("A terminal has binary messages only.");
      decodeTerminalRecord(data);
      if (!stream.writable || stream.write(messageInStream(data))) return;
      socket.pause();
      stream.once("drain", () => socket.resume());
    } catch (error) {
      stream.destroy();
      refuse(socket, error);
    }
  });
  socket.once("close", () => stream.destroy());
}

/** Says why, as the last record, and closes. */
function refuse(socket: WebSocket, error: unknown): void {
  const isFault = error instanceof TerminalFault;
  const { code, message } = isFault ? { code: "terminal_fault", message: error.message } : codedError(error);
  const json: TerminalControl = { kind: "error", code, message };
  if (socket.readyState === socket.OPEN) socket.send(encodeTerminalRecord({ kind: "control", json }));
  endSocket(socket, isFault ? 1008 : 1000, code);
}
