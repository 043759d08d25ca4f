import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { WebSocket } from "ws";
import { appLabel } from "../src/contracts/app-address.ts";
import { atLeast, atMost, type BenchContext, type Benchmark, type Outcome } from "./harness/benchmark.ts";
import { hammer } from "./harness/hammer.ts";
import { openedWorkspace } from "./harness/opened-workspace.ts";
import { summarize, type Summary } from "./harness/percentiles.ts";

/** An app of a few lines, in a process of its own, with an echo for WebSockets. */
const program = `
import { createServer } from "node:http";
import { WebSocketServer } from ${JSON.stringify(import.meta.resolve("ws"))};
const server = createServer((request, response) => response.end("hello"));
new WebSocketServer({ server }).on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

async function startApp(): Promise<{ readonly port: number; readonly stop: () => void }> {
  const app = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(app.stdout, "data");
  return { port: Number(String(port)), stop: () => void app.kill() };
}

interface Way {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

async function ask(agent: Agent, { port, headers }: Way): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const asked = request({ agent, host: "127.0.0.1", port, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`It was answered ${response.statusCode}.`));
      response.resume().once("end", resolve);
    });
    asked.once("error", reject);
    asked.end();
  });
}

async function load(way: Way, clients: number, total: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  try {
    await hammer({ clients, total: clients, ask: async () => await ask(agent, way) });
    return await hammer({ clients, total, ask: async () => await ask(agent, way) });
  } finally {
    agent.destroy();
  }
}

async function echoes({ port, headers }: Way, count: number): Promise<Summary> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { ...headers } });
  await once(socket, "open");
  const samples: number[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const begun = performance.now();
    socket.send("a word");
    await once(socket, "message");
    samples.push(performance.now() - begun);
  }
  socket.terminate();
  return summarize(samples);
}

async function run({ isSmall, say }: BenchContext): Promise<Outcome> {
  const workspace = await openedWorkspace();
  const app = await startApp();
  const [total, words] = isSmall ? [200, 20] : [20_000, 2_000];
  try {
    const { client, workspaceId } = workspace;
    const { port } = new URL(client.url);
    const label = appLabel({ what: { kind: "port", port: app.port, isTls: false }, workspaceId, agentNumber: 1 });
    const host = `${label}.apps.localhost:${port}`;
    const through: Way = { port: Number(port), headers: { host, authorization: `Bearer ${client.token ?? ""}` } };
    const direct: Way = { port: app.port, headers: {} };
    say(`${total} requests, straight to the app and through the server`);
    const [alone, one] = [await load(direct, 1, total / 10), await load(through, 1, total / 10)];
    const [manyAlone, many] = [await load(direct, 32, total), await load(through, 32, total)];
    const [aloneMs, oneMs] = [summarize(alone.samplesMs), summarize(one.samplesMs)];
    const echo = await echoes(through, words);
    const manyMs = summarize(many.samplesMs);
    return {
      setup: `A port of a workspace that answers five bytes, in a process of its own, by kept connections: straight to it, and by its address through one server and one agent, all on one machine with what asks. ${total} requests of 32 clients, ${total / 10} of one, ${words} words over a WebSocket.`,
      rows: [
        {
          case: "one client, straight",
          values: { perSecond: alone.perSecond, p50Ms: aloneMs.p50Ms, p99Ms: aloneMs.p99Ms },
        },
        { case: "one client, through", values: { perSecond: one.perSecond, p50Ms: oneMs.p50Ms, p99Ms: oneMs.p99Ms } },
        { case: "32 clients, straight", values: { perSecond: manyAlone.perSecond } },
        {
          case: "32 clients, through",
          values: { perSecond: many.perSecond, p50Ms: manyMs.p50Ms, p99Ms: manyMs.p99Ms },
        },
        { case: "a word over a WebSocket, through", values: { p50Ms: echo.p50Ms, p99Ms: echo.p99Ms } },
      ],
      targets: [
        atLeast("requests of 32 clients", many.perSecond, 3_000, "/s"),
        atMost("added to the median", oneMs.p50Ms - aloneMs.p50Ms, 2, "ms"),
        atMost("p99 of a WebSocket's echo", echo.p99Ms, 10, "ms"),
      ],
    };
  } finally {
    app.stop();
    await workspace.stop();
  }
}

export const appProxy: Benchmark = { id: "B16", title: "Apps in a browser's way", run };
