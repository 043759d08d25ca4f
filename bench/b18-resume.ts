import { atMost, type BenchContext, type Benchmark, type Outcome } from "./harness/benchmark.ts";
import { startChild } from "./harness/child-process.ts";
import type { LineMessage } from "./harness/line-role.ts";
import { openedWorkspace } from "./harness/opened-workspace.ts";
import { summarize } from "./harness/percentiles.ts";
import type { StreamsMessage } from "./harness/streams-role.ts";

const cutMs = 10_000;
const betweenMs = 1_000;
/** Bytes a millisecond. */
const rate = 10_000;
const lookMs = 5;
const backWithinMs = 30_000;

async function run({ isSmall, say }: BenchContext): Promise<Outcome> {
  const workspace = await openedWorkspace();
  const [program, line] = [startChild("streams"), startChild("line")];
  const cuts = isSmall ? 1 : 10;
  try {
    const port = await program.ask<number>({ kind: "listen" } satisfies StreamsMessage);
    const url = new URL(workspace.url);
    const near = await line.ask<number>({ kind: "line", port: Number(url.port), oneWayMs: 0 } satisfies LineMessage);
    url.port = `${near}`;
    const stream = await workspace.open({ kind: "tcp", host: "localhost", port }, url.href);
    const read = new Counted();
    stream.on("data", (piece: Buffer) => read.take(piece));
    stream.write(`C@${rate}`);
    const waits: number[] = [];
    for (let nth = 0; nth < cuts; nth += 1) {
      await sleep(betweenMs);
      say(`the line is cut for ${cutMs / 1_000} s, ${nth + 1} of ${cuts}`);
      const backAt = await line.ask<number>({ kind: "cut", ms: isSmall ? cutMs / 10 : cutMs } satisfies LineMessage);
      waits.push(await flowing(read, backAt));
    }
    stream.destroy();
    const back = summarize(waits);
    return {
      setup: `A stream that brings ${rate / 1_000} MB/s of numbers in their order, each of which is looked at; its line is cut ${cuts} times, for ${cutMs / 1_000} s each, and everything on one machine.`,
      rows: [
        {
          case: "from the line's return to the next byte",
          values: { p50Ms: back.p50Ms, maxMs: back.maxMs, MB: read.bytes / 1e6, wrongNumbers: read.wrong },
        },
      ],
      targets: [
        atMost("longest wait for the next byte", back.maxMs, 1_000, "ms"),
        atMost("numbers that were lost, or came twice", read.wrong, 0, "numbers"),
      ],
    };
  } finally {
    await Promise.all([program.stop(), line.stop()]);
    await workspace.stop();
  }
}

/** @returns milliseconds since `backAt`, of the wall clock, until something has come. */
async function flowing(read: Counted, backAt: number): Promise<number> {
  const endAt = backAt + backWithinMs;
  while (read.lastAt < backAt) {
    if (Date.now() > endAt) throw new Error("The stream did not go on.");
    await sleep(lookMs);
  }
  return read.firstSince(backAt) - backAt;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const numberBytes = 4;

/** Numbers of four bytes that count on from 0. */
class Counted {
  bytes = 0;
  wrong = 0;
  lastAt = 0;
  #rest: Buffer = Buffer.alloc(0);
  #next = 0;
  readonly #firsts: number[] = [];

  take(piece: Buffer): void {
    const nowAt = Date.now();
    // After a silence.
    if (nowAt - this.lastAt > betweenMs / 2) this.#firsts.push(nowAt);
    this.lastAt = nowAt;
    this.bytes += piece.length;
    const all = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    for (; at + numberBytes <= all.length; at += numberBytes) {
      const found = all.readUInt32LE(at);
      if (found !== this.#next) this.wrong += 1;
      this.#next = (found + 1) >>> 0;
    }
    this.#rest = Buffer.from(all.subarray(at));
  }

  firstSince(at: number): number {
    return this.#firsts.find((each) => each >= at) ?? this.lastAt;
  }
}

export const resume: Benchmark = { id: "B18", title: "A line that is cut", run };
