// An agent belongs to whoever owns the workspace: nothing that it sends over its tunnel may harm a server or a client.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { agentTunnelPath, tunnelPath, tunnelProtocol } from "../../src/contracts/tunnel.ts";
import { decodeTunnelFrame, encodeTunnelFrame, tunnelFrameKinds, type TunnelFrame } from "../../src/tunnel/frames.ts";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import type { TunnelDuplex } from "../../src/tunnel/tunnel-duplex.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { TerminalViewer } from "../support/terminal-viewer.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 60_000;
const mebibyte = 1_048_576;

let server: TestServer;
let agent: SocketAgent;
let line: WebSocket | null = null;
/** What the agent does with a stream that is opened. */
let answer: (number: number, say: (frame: TunnelFrame) => void, raw: (message: Buffer) => void) => void = accept;
/** Streams that the server ended at the agent. */
let ended = 0;

function accept(_: number, say: (frame: TunnelFrame) => void): void {
  say({ kind: "accept", json: { sessionId: randomUUID(), secret: "s" } });
}

beforeAll(async () => {
  server = await startTestServer({}, { openingsPerMinuteMax: 0 });
  agent = await connectAgent(server, (frame) => {
    if (frame.kind === "tunnel_wanted" && line === null) openLine();
  });
}, testLimitMs);
beforeEach(() => {
  answer = accept;
});
afterAll(async () => {
  line?.terminate();
  agent.close();
  await server.stop();
}, testLimitMs);

function openLine(): void {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}${agentTunnelPath}`, tunnelProtocol, {
    headers: { authorization: `Bearer ${agent.token}` },
  });
  line = socket;
  socket.on("error", () => undefined);
  socket.on("close", () => (line = null));
  socket.on("message", (data: Buffer) => {
    const { stream, frame } = decodeTunnelFrame(data);
    if (frame.kind === "reset" || frame.kind === "detach") ended += 1;
    const raw = (message: Buffer): void => socket.send(message);
    if (frame.kind === "open") answer(stream, (said) => raw(encodeTunnelFrame(stream, said)), raw);
  });
}

function open(): Promise<TunnelDuplex> {
  return openTunnel({
    url: `${server.url.replace("http", "ws")}${tunnelPath(agent.workspaceId)}`,
    token: server.admin.token ?? "",
    agent: null,
    service: { kind: "echo" },
  });
}

/** Why a stream could not be had, or did not last. */
async function failure(): Promise<unknown> {
  try {
    const stream = await open();
    return await new Promise((resolve) => stream.once("error", resolve));
  } catch (error) {
    return error;
  }
}

function look(): TerminalViewer {
  const headers = { authorization: `Bearer ${server.admin.token ?? ""}` };
  return new TerminalViewer({ url: server.url, workspace: agent.workspaceId, id: randomUUID(), headers });
}

/** A frame as it never should be. */
function bare(number: number, kind: keyof typeof tunnelFrameKinds, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(tunnelFrameKinds[kind], 0);
  header.writeUInt32BE(number, 1);
  return Buffer.concat([header, payload]);
}

const position = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

const afterAccepted: readonly (readonly [string, (number: number) => readonly Buffer[]])[] = [
  ["a position of three bytes", (number) => [bare(number, "ack", Buffer.alloc(3))]],
  ["an acknowledgement of what was never sent", (number) => [bare(number, "ack", position(7n))]],
  ["a position beyond every number", (number) => [bare(number, "resume", position(2n ** 63n))]],
  ["an opening", (number) => [bare(number, "open", Buffer.from("{}"))]],
  ["another acceptance", (number) => [bare(number, "accept", Buffer.from("null"))]],
  ["data without any", (number) => [bare(number, "data")]],
  ["two ends", (number) => [bare(number, "end"), bare(number, "end")]],
  ["data after the end", (number) => [bare(number, "end"), bare(number, "data", Buffer.from("x"))]],
  ["a detachment", (number) => [bare(number, "detach")]],
  ["more than the window", (number) => Array.from({ length: 80 }, () => bare(number, "data", Buffer.alloc(65_536)))],
];

test.each(afterAccepted)(
  "%s of an agent ends its stream with a code, and no client and no server by it",
  async (_, frames) => {
    answer = (number, say, raw) => {
      accept(number, say);
      for (const message of frames(number)) raw(message);
    };
    expect(await failure()).toMatchObject({ name: "TunnelResetError", code: "tunnel_fault" });
    const viewer = look();
    await viewer.closed();
    expect(viewer.control("error")?.code).toBeDefined();
  },
  testLimitMs,
);

test.each([
  ["null", "null"],
  ["a text", '"yes"'],
  ["a list", "[]"],
  ["no JSON", "{"],
  ["a secret that is a number", '{"sessionId":"a","secret":7}'],
  ["a key that is a number", '{"sessionId":"a","secret":"b","hostKey":7}'],
])("an acceptance that is %s is refused with a code", async (_, json) => {
  answer = (number, _say, raw) => raw(bare(number, "accept", Buffer.from(json)));
  await expect(open()).rejects.toMatchObject({ name: "TunnelResetError", code: "tunnel_fault" });
  const viewer = look();
  await viewer.closed();
  expect(viewer.control("error")?.code).toBeDefined();
});

test("streams of the same agent beside one that was ended for its frames go on", async () => {
  let steadyNumber = 0;
  answer = (number, say) => {
    steadyNumber = number;
    accept(number, say);
  };
  const steady = await open();
  answer = (number, say, raw) => {
    accept(number, say);
    raw(bare(number, "detach"));
  };
  const before = ended;
  expect(await failure()).toMatchObject({ code: "tunnel_fault" });
  await waitUntil("the agent is told that it is over", () => ended > before);
  line?.send(encodeTunnelFrame(steadyNumber, { kind: "data", bytes: Buffer.from("steady") }));
  expect(String(await new Promise((resolve) => steady.once("data", resolve)))).toBe("steady");
  steady.destroy();
});

test(
  "an agent that sends without leave to somebody who does not read fills no memory",
  async () => {
    const before = process.memoryUsage.rss();
    let sent = 0;
    answer = (number, say, raw) => {
      accept(number, say);
      const message = bare(number, "data", Buffer.alloc(65_536));
      const more = (): void => {
        for (; sent < 512 * mebibyte && (line?.bufferedAmount ?? 0) < mebibyte; sent += message.length) raw(message);
        if (sent < 512 * mebibyte && line !== null) setTimeout(more, 1);
      };
      more();
    };
    const client = new WebSocket(
      `${server.url.replace("http", "ws")}${tunnelPath(agent.workspaceId)}`,
      tunnelProtocol,
      {
        headers: { authorization: `Bearer ${server.admin.token ?? ""}` },
      },
    );
    let isClosed = false;
    client.on("error", () => undefined).on("close", () => (isClosed = true));
    await new Promise((resolve) => client.once("open", resolve));
    const opened = { service: { kind: "echo" }, agent: null, resume: null };
    client.send(encodeTunnelFrame(0, { kind: "open", json: opened }));
    client.pause();
    let most = 0;
    await waitUntil(
      "all is sent, or nobody takes it",
      () => {
        most = Math.max(most, process.memoryUsage.rss() - before);
        return sent >= 512 * mebibyte || isClosed || line === null;
      },
      30_000,
    );
    expect(most).toBeLessThan(200 * mebibyte);
    client.terminate();
  },
  testLimitMs,
);

test("after all that the server serves, and holds nothing of it", async () => {
  answer = accept;
  line?.terminate();
  await waitUntil("its line is gone", () => line === null);
  const stream = await open();
  stream.destroy();
  expect(server.logger.entries.filter(({ level }) => level === "error")).toEqual([]);
});
