// More streams at once than anybody may have: each is opened or refused with a code, and others still get in.
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  agentTunnelPath,
  tunnelOpenMs,
  tunnelPath,
  tunnelProtocol,
  tunnelStreamsPerAgentMax,
} from "../../src/contracts/tunnel.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import { refusedBy } from "../../src/cli/tunnel/tunnel-target.ts";
import { decodeTunnelFrame, encodeTunnelFrame } from "../../src/tunnel/frames.ts";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import { type TunnelDuplex, TunnelResetError } from "../../src/tunnel/tunnel-duplex.ts";
import { connectAgent, type SocketAgent } from "../support/socket-agent.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 90_000;
const flood = 1_000;
let server: TestServer;
const closers: (() => void)[] = [];

beforeAll(async () => {
  server = await startTestServer({}, { openingsPerMinuteMax: 0 });
}, testLimitMs);
afterAll(async () => {
  for (const close of closers) close();
  await server.stop();
}, testLimitMs);

/** An agent that accepts every stream and says nothing. */
async function acceptingAgent(): Promise<SocketAgent> {
  let isCalled = false;
  const agent = await connectAgent(server, (frame, { token }) => {
    if (frame.kind !== "tunnel_wanted" || isCalled) return;
    isCalled = true;
    const line = new WebSocket(`${server.url.replace("http", "ws")}${agentTunnelPath}`, tunnelProtocol, {
      headers: { authorization: `Bearer ${token}` },
    });
    closers.push(() => line.terminate());
    line.on("error", () => undefined);
    line.on("message", (data: Buffer) => {
      const { stream, frame: said } = decodeTunnelFrame(data);
      if (said.kind !== "open") return;
      line.send(encodeTunnelFrame(stream, { kind: "accept", json: { sessionId: String(stream), secret: "s" } }));
    });
  });
  closers.push(() => agent.close());
  return agent;
}

async function open({ workspaceId }: SocketAgent): Promise<TunnelDuplex | string> {
  try {
    return await openTunnel({
      url: `${server.url.replace("http", "ws")}${tunnelPath(workspaceId)}`,
      token: server.admin.token ?? "",
      agent: null,
      service: { kind: "echo" },
      refusal: refusedBy,
    });
  } catch (error) {
    if (error instanceof TunnelResetError || error instanceof CodedError) return error.code;
    throw error;
  }
}

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

test(
  "of a thousand streams that are opened at once as many as may be are, the others are refused with codes, and other workspaces have theirs",
  async () => {
    const before = timers();
    const [flooded, other] = [await acceptingAgent(), await acceptingAgent()];
    const outcomes = await Promise.all(Array.from({ length: flood }, () => open(flooded)));
    const streams = outcomes.filter((one) => typeof one !== "string");
    const codes = new Set(outcomes.filter((one) => typeof one === "string"));
    expect(streams).toHaveLength(tunnelStreamsPerAgentMax);
    expect([...codes]).toEqual(["too_many_open"]);
    const beside = await open(other);
    expect(beside).toBeTypeOf("object");
    for (const stream of [...streams, beside]) if (typeof stream !== "string") stream.destroy();
    const again = await waitUntil("there is room again", async () => {
      const stream = await open(flooded);
      return typeof stream === "string" ? undefined : stream;
    });
    again.destroy();
    // What was refused has no timer that goes off for a stream that never was.
    await waitUntil("no stream is waited for", () => timers() < before + flood / 4, tunnelOpenMs / 2);
  },
  testLimitMs,
);
