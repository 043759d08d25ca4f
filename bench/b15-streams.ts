import { once } from "node:events";
import { startChild } from "./harness/child-process.ts";
import type { StreamsMessage } from "./harness/streams-role.ts";
import { type OpenedWorkspace, openedWorkspace } from "./harness/opened-workspace.ts";
import { atLeast, atMost, type BenchContext, type Benchmark, type Outcome, type Row } from "./harness/benchmark.ts";
import { summarize, type Summary } from "./harness/percentiles.ts";

const mebibyte = 1_048_576;
const pieceBytes = 65_536;
const keyEveryMs = 5;
/** Bytes a millisecond: more than a line of 400 Mbit/s brings, and less than keeps both cores of the machine busy. */
const bulkRate = 50_000;

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
  const [program, somebody] = [startChild("streams"), startChild("streams")];
  const port = await program.ask<number>({ kind: "listen" } satisfies StreamsMessage);
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
    const { url, token } = workspace;
    const besideBulk = async (rate: number | null): Promise<Summary> => {
      await somebody.ask({ kind: "bulk", url, token, port, rate } satisfies StreamsMessage);
      const found = await keys(scene, strokes);
      await somebody.ask({ kind: "rest" } satisfies StreamsMessage);
      return found;
    };
    const beside = await besideBulk(bulkRate);
    const besideAll = await besideBulk(null);
    const rows: Row[] = [
      { case: "a stream is opened", values: timesOf(opened) },
      { case: "bulk from the workspace", values: { MBps: fromMBps } },
      { case: "bulk to the workspace", values: { MBps: toMBps } },
      { case: "a key and its echo", values: timesOf(alone) },
      { case: `the same beside ${bulkRate / 1_000} MB/s of bulk`, values: timesOf(beside) },
      { case: "the same beside all the bulk that goes", values: timesOf(besideAll) },
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
    await Promise.all([program.stop(), somebody.stop()]);
    await workspace.stop();
  }
}

function timesOf({ p50Ms, p99Ms, maxMs }: Summary): Row["values"] {
  return { p50Ms, p99Ms, maxMs };
}

export const streams: Benchmark = { id: "B15", title: "Streams into a workspace", run };
