import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import type { ExecFromClient, ExecToClient } from "../../../src/contracts/agent-protocol.ts";
import { CodedError } from "../../../src/contracts/errors.ts";
import { ExecBridge } from "../../../src/http/exec-bridge.ts";
import type { ExecEnd, ExecEvents } from "../../../src/http/exec-end.ts";
import { httpLimits } from "../../../src/http/http-limits.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** As much of a socket as a bridge uses. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly CONNECTING = 0;
  readyState = 1;
  bufferedAmount = 0;
  isPaused = false;
  pings = 0;
  closed: number | undefined;
  readonly sent: ExecToClient[] = [];
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  ping(): void {
    this.pings += 1;
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ExecToClient);
  }
  close(code: number): void {
    this.closed = code;
    this.readyState = 2;
  }
  terminate(): void {
    this.readyState = 3;
    this.emit("close", 1006);
  }
  hear(frame: ExecFromClient): void {
    this.emit("message", Buffer.from(JSON.stringify(frame)));
  }
}

interface Bench {
  readonly socket: FakeSocket;
  readonly end: { backlog: number; held: boolean[]; got: unknown[]; hangUps: number; canHold: boolean };
  readonly events: () => ExecEvents;
  readonly stop: () => void;
  readonly revoke: (why: CodedError) => void;
}

function bench(): Bench {
  const socket = new FakeSocket();
  const end: Bench["end"] = { backlog: 0, held: [], got: [], hangUps: 0, canHold: true };
  const stopping = new AbortController();
  const revoked = new AbortController();
  let events: ExecEvents | undefined;
  const opened: ExecEnd = {
    send: (frame) => void end.got.push(frame),
    backlogBytes: () => end.backlog,
    hold: (isHeld) => {
      end.held.push(isHeld);
      return end.canHold;
    },
    hangUp: () => {
      end.hangUps += 1;
    },
  };
  const bridge = new ExecBridge(socket as unknown as WebSocket, {
    limits: httpLimits,
    stopping: stopping.signal,
    revoked: revoked.signal,
    find: async () => (given) => {
      events = given;
      return opened;
    },
  });
  bridge.serve();
  const known = (): ExecEvents => {
    if (events === undefined) throw new Error("the end was not opened");
    return events;
  };
  return { socket, end, events: known, stop: () => stopping.abort(), revoke: (why) => revoked.abort(why) };
}

const start: ExecFromClient = { kind: "start", command: ["cat"], env: {}, agent: null };
const input = (data: string): ExecFromClient => ({ kind: "input", data, end: false });
const output: ExecToClient = { kind: "output", stream: "stdout", data: "aGVsbG8=" };
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

async function opened(): Promise<Bench> {
  const one = bench();
  one.socket.hear(start);
  await settle();
  one.events().onOpen();
  await settle();
  return one;
}

it("a session without a start ends in time, with a code", async () => {
  const { socket, end } = bench();
  await vi.advanceTimersByTimeAsync(httpLimits.execStartMs + 1);
  expect(socket.sent).toEqual([expect.objectContaining({ kind: "exit", errorCode: "request_timeout" })]);
  expect(socket.closed).toBe(1000);
  expect(end.hangUps).toBe(0);
});

it("what comes with the start waits until the command's side is there, in its order, and up to a limit", async () => {
  const { socket, end, events } = bench();
  socket.hear(start);
  socket.hear(input("one"));
  expect(socket.isPaused).toBe(true);
  await settle();
  socket.hear(input("two"));
  expect(end.got).toEqual([]);
  events().onOpen();
  await settle();
  expect(end.got).toEqual([input("one"), input("two")]);
  expect(socket.isPaused).toBe(false);
  const flood = bench();
  flood.socket.hear(start);
  for (let nth = 0; nth < 5; nth += 1) flood.socket.hear(input("x".repeat(250_000)));
  expect(flood.socket.sent).toEqual([expect.objectContaining({ errorCode: "too_large" })]);
});

it("input is not read while the command's side has not taken what came before", async () => {
  const { socket, end } = await opened();
  end.backlog = 2_000_000;
  socket.hear(input("much"));
  expect(socket.isPaused).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(socket.isPaused).toBe(true);
  end.backlog = 0;
  await vi.advanceTimersByTimeAsync(100);
  expect(socket.isPaused).toBe(false);
});

it("output is held back at its source while the reader has not taken what came before", async () => {
  const { socket, end, events } = await opened();
  socket.bufferedAmount = 2_000_000;
  events().onFrame(output);
  events().onFrame(output);
  expect(end.held.at(-1)).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(end.held).not.toContain(false);
  socket.bufferedAmount = 0;
  await vi.advanceTimersByTimeAsync(100);
  expect(end.held.filter((isHeld) => !isHeld)).toHaveLength(1);
  expect(socket.closed).toBeUndefined();
});

it("where output cannot be held back a reader that takes nothing is given up, and the command ends", async () => {
  const { socket, end, events } = await opened();
  end.canHold = false;
  socket.bufferedAmount = 65 * 1_048_576;
  events().onFrame(output);
  expect(socket.closed).toBe(1009);
  socket.emit("close", 1009);
  expect(end.hangUps).toBe(1);
});

it("a person who is silent is asked for a sign of life, and given up without one", async () => {
  const { socket, end } = await opened();
  await vi.advanceTimersByTimeAsync(httpLimits.execPingMs + 1);
  expect(socket.pings).toBe(1);
  socket.emit("pong");
  await vi.advanceTimersByTimeAsync(httpLimits.execPingMs);
  expect(end.hangUps).toBe(0);
  await vi.advanceTimersByTimeAsync(2 * httpLimits.execPingMs);
  expect(end.hangUps).toBe(1);
});

it("a session that is ended ends its command, and the person is told why", async () => {
  const { socket, end, revoke } = await opened();
  revoke(new CodedError("unauthenticated", "ended"));
  socket.emit("close", 1000);
  expect(socket.sent).toEqual([{ kind: "exit", exitCode: null, errorCode: "unauthenticated", error: "ended" }]);
  expect(end.hangUps).toBe(1);
});

it("an end that is lost, and a server that stops, are told with their codes, once", async () => {
  const lost = await opened();
  lost.events().onLost(new CodedError("agent_unavailable", "gone"));
  lost.events().onLost(new CodedError("agent_unavailable", "gone"));
  expect(lost.socket.sent).toEqual([{ kind: "exit", exitCode: null, errorCode: "agent_unavailable", error: "gone" }]);
  const stopped = await opened();
  stopped.stop();
  stopped.socket.emit("close", 1000);
  expect(stopped.socket.sent).toEqual([expect.objectContaining({ errorCode: "server_stopping" })]);
  expect(stopped.end.hangUps).toBe(1);
});

it("after its exit nothing is asked of the command any more", async () => {
  const { socket, end, events } = await opened();
  const exit: ExecToClient = { kind: "exit", exitCode: 3, errorCode: null, error: null };
  events().onFrame(output);
  events().onFrame(exit);
  socket.emit("close", 1000);
  expect(socket.sent).toEqual([output, exit]);
  expect(end.hangUps).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
