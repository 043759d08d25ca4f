import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type OpenedWorkspace, openedWorkspace } from "./harness/opened-workspace.ts";
import { atLeast, atMost, type BenchContext, type Benchmark, type Outcome, type Row } from "./harness/benchmark.ts";
import { summarize, type Summary } from "./harness/percentiles.ts";

const mebibyte = 1_048_576;
const pieceBytes = 65_536;
const keyEveryMs = 5;

/** What listens in the workspace: it says `E` for an echo, `S` to be a sink, and anything else to be a source. */
async function listening(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (first) => {
      const kind = String(first.subarray(0, 1));
      if (kind === "E") {
        socket.write(first);
        return void socket.pipe(socket);
      }
      if (kind === "S") return void socket.on("data", () => undefined).once("end", () => socket.end("done"));
      pour(socket, Number(String(first)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as { port: number }).port };
}

function pour(socket: Socket, bytes: number): void {
  const piece = Buffer.alloc(pieceBytes);
  let left = bytes;
  const go = (): void => {
    while (left > 0) {
      left -= piece.length;
      if (!socket.write(piece)) return void socket.once("drain", go);
    }
    socket.end();
  };
  go();
}

interface Scene {
  readonly workspace: OpenedWorkspace;
  readonly port: number;
}

async function open({ workspace, port }: Scene, say: string) {
  const stream = await workspace.open({ kind: "tcp", host: "localhost", port });
  stream.write(say);
  return stream;
}

async function openings(scene: Scene, count: number): Promise<Summary> {
  const samples: number[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const begun = performance.now();
    const stream = await scene.workspace.open({ kind: "tcp", host: "localhost", port: scene.port });
    samples.push(performance.now() - begun);
    stream.destroy();
  }
  return summarize(samples);
}

/** @returns MB/s, of a million bytes. */
async function down(scene: Scene, bytes: number): Promise<number> {
  const begun = performance.now();
  const stream = await open(scene, String(bytes));
  let came = 0;
  for await (const piece of stream) came += (piece as Buffer).length;
  stream.end();
  if (came < bytes) throw new Error(`${came} of ${bytes} bytes came.`);
  return came / (performance.now() - begun) / 1_000;
}

async function up(scene: Scene, bytes: number): Promise<number> {
  const stream = await open(scene, "S");
  const begun = performance.now();
  const piece = Buffer.alloc(pieceBytes);
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!stream.write(piece)) await once(stream, "drain");
  }
  stream.end();
  for await (const piece of stream) void piece;
  return bytes / (performance.now() - begun) / 1_000;
}

/** A key and its echo, one after another. */
async function keys(scene: Scene, count: number): Promise<Summary> {
  const stream = await open(scene, "E");
  await once(stream, "data");
  const samples: number[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const begun = performance.now();
    stream.write("k");
    await once(stream, "data");
    samples.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, keyEveryMs));
  }
  stream.destroy();
  return summarize(samples);
}

async function run({ isSmall, say }: BenchContext): Promise<Outcome> {
  const workspace = await openedWorkspace();
  const { server, port } = await listening();
  const scene = { workspace, port };
  const bytes = isSmall ? 4 * mebibyte : 1_024 * mebibyte;
  const [streams, strokes] = isSmall ? [5, 20] : [300, 1_000];
  try {
    await openings(scene, 3);
    say(`${streams} streams opened one after another`);
    const opened = await openings(scene, streams);
    say(`${bytes / mebibyte} MiB each way`);
    const [fromMBps, toMBps] = [await down(scene, bytes), await up(scene, bytes)];
    say(`${strokes} keys, alone and beside bulk`);
    const alone = await keys(scene, strokes);
    let isBulk = true;
    const bulk = (async () => {
      while (isBulk) await down(scene, bytes / 4);
    })();
    const beside = await keys(scene, strokes);
    isBulk = false;
    await bulk;
    const rows: Row[] = [
      { case: "a stream is opened", values: timesOf(opened) },
      { case: "bulk from the workspace", values: { MBps: fromMBps } },
      { case: "bulk to the workspace", values: { MBps: toMBps } },
      { case: "a key and its echo", values: timesOf(alone) },
      { case: "the same beside bulk", values: timesOf(beside) },
    ];
    return {
      setup: `One server, one agent and what listens on one machine, by streams as \`prewarm port-forward\` opens them; ${bytes / mebibyte} MiB each way, a key every ${keyEveryMs} ms.`,
      rows,
      targets: [
        atMost("median of an opening", opened.p50Ms, 5, "ms"),
        atLeast("from the workspace", fromMBps, 200, "MB/s"),
        atLeast("to the workspace", toMBps, 200, "MB/s"),
        atMost("median of a key", alone.p50Ms, 3, "ms"),
        atMost("p99 of a key", alone.p99Ms, 25, "ms"),
        atMost("median of a key beside bulk, by that alone", beside.p50Ms / alone.p50Ms, 2, "×"),
      ],
    };
  } finally {
    server.close();
    await workspace.stop();
  }
}

function timesOf({ p50Ms, p99Ms, maxMs }: Summary): Row["values"] {
  return { p50Ms, p99Ms, maxMs };
}

export const streams: Benchmark = { id: "B15", title: "Streams into a workspace", run };
