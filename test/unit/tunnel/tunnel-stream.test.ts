// A stream of the tunnel delivers what was sent, once and in order, whatever becomes of the line under it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTunnelFrame, encodeTunnelFrame } from "../../../src/tunnel/frames.ts";
import { TunnelStream } from "../../../src/tunnel/tunnel-stream.ts";
import { windowBytesMax, windowBytesMin } from "../../../src/tunnel/sent-bytes.ts";

/** One end, with what it was told to write and what its reader was given. */
class End {
  readonly written: Buffer[] = [];
  readonly given: Buffer[] = [];
  isEnded = false;
  hasReadEnd = false;
  isDone = false;
  resets: string[] = [];
  /** Frames that are on their way to it. */
  incoming: Buffer[] = [];
  readonly stream = new TunnelStream(
    {
      onProgress: () => undefined,
      onWork: () => undefined,
      onReset: ({ code }) => this.resets.push(code),
      onDone: () => {
        this.isDone = true;
      },
    },
    // No time passes: how long a piece was on its way is a matter of `sent-bytes.test.ts`, not of how busy a machine is.
    () => 0,
  );

  read(): boolean {
    const given = this.stream.give();
    if (given === undefined) return false;
    if (given === null) this.hasReadEnd = true;
    else this.given.push(given);
    return true;
  }

  sendTo(other: End): boolean {
    const frame = this.stream.next();
    if (frame === undefined) return false;
    other.incoming.push(encodeTunnelFrame(7, frame));
    return true;
  }

  hear(): boolean {
    const message = this.incoming.shift();
    if (message === undefined) return false;
    this.stream.receive(decodeTunnelFrame(message).frame);
    return true;
  }
}

class Pair {
  readonly client = new End();
  readonly agent = new End();

  constructor() {
    this.client.stream.open();
    this.agent.stream.open();
  }

  get ends(): readonly [End, End] {
    return [this.client, this.agent];
  }

  other(end: End): End {
    return end === this.client ? this.agent : this.client;
  }

  /** The line breaks: what was on its way is lost, for one end more than for the other. */
  cut(): void {
    for (const end of this.ends) {
      end.incoming = [];
      end.stream.detach();
    }
    for (const end of this.ends) end.stream.resume();
  }

  /** Lets everything happen that can. */
  settle(): void {
    let isMoving = true;
    while (isMoving) {
      isMoving = false;
      for (const end of this.ends) {
        isMoving = end.sendTo(this.other(end)) || isMoving;
        isMoving = end.hear() || isMoving;
        isMoving = end.read() || isMoving;
      }
    }
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), end: fc.nat(1), size: fc.nat(200_000) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("send" as const), end: fc.nat(1), times: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("hear" as const), end: fc.nat(1), times: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("read" as const), end: fc.nat(1), times: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), end: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut" as const) }) },
);

let filled = 0;
function bytes(size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += 1) buffer[at] = (filled + at * 7) % 251;
  filled += size + 1;
  return buffer;
}

function play(pair: Pair, one: typeof step extends fc.Arbitrary<infer Step> ? Step : never): void {
  if (one.kind === "cut") return pair.cut();
  const end = pair.ends[one.end === 0 ? 0 : 1];
  switch (one.kind) {
    case "write":
      if (end.isEnded) return;
      end.written.push(bytes(one.size));
      return end.stream.write(end.written.at(-1) as Buffer);
    case "end":
      end.isEnded = true;
      return end.stream.end();
    case "send":
      for (let time = 0; time < one.times; time += 1) end.sendTo(pair.other(end));
      return;
    case "hear":
      for (let time = 0; time < one.times; time += 1) end.hear();
      return;
    case "read":
      for (let time = 0; time < one.times; time += 1) end.read();
  }
}

describe("a stream of the tunnel", () => {
  it("delivers every byte once and in order under any interleaving of writes, sends, reads, acks and cuts", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const pair = new Pair();
        for (const one of steps) play(pair, one);
        for (const end of pair.ends) end.stream.end();
        pair.settle();
        for (const end of pair.ends) {
          expect(Buffer.concat(pair.other(end).given).equals(Buffer.concat(end.written))).toBe(true);
          expect({ ...end, hasReadEnd: end.hasReadEnd, isDone: end.isDone, resets: end.resets }).toMatchObject({
            hasReadEnd: true,
            isDone: true,
            resets: [],
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is never further ahead of its reader than the window, which doubles only while it holds the sender up", () => {
    const { client, agent } = new Pair();
    client.stream.write(bytes(10 * windowBytesMax));
    const sizes: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      while (client.sendTo(agent)) agent.hear();
      const ahead = agent.stream.received - Buffer.concat(agent.given).length;
      sizes.push(ahead);
      while (agent.read()) if (agent.sendTo(client)) client.hear();
    }
    expect(sizes[0]).toBe(windowBytesMin);
    expect(sizes.at(-1)).toBe(windowBytesMax);
    expect(Math.max(...sizes)).toBe(windowBytesMax);
  });

  it("ends on both sides when one aborts it, and what was written goes nowhere", () => {
    const pair = new Pair();
    pair.client.stream.write(bytes(100));
    pair.client.stream.abort({ code: "closed", message: "It was closed." });
    pair.settle();
    expect(pair.agent.resets).toEqual(["closed"]);
    expect(pair.agent.given).toEqual([]);
    pair.agent.stream.write(bytes(100));
    pair.settle();
    expect(pair.client.given).toEqual([]);
  });

  it.each([
    [
      "more data than the largest window",
      (end: End) => end.stream.receive({ kind: "data", bytes: bytes(windowBytesMax + 1) }),
    ],
    ["an acknowledgement of what was never sent", (end: End) => end.stream.receive({ kind: "ack", position: 1 })],
    ["a second opening", (end: End) => end.stream.receive({ kind: "open", json: {} })],
  ])("is over at %s, and tells the other end so", (_, misbehave) => {
    const { client, agent } = new Pair();
    expect(() => misbehave(agent)).toThrow(/./);
    expect(agent.resets).toEqual(["tunnel_fault"]);
    expect(agent.sendTo(client)).toBe(true);
    client.hear();
    expect(client.resets).toEqual(["tunnel_fault"]);
  });

  it("is over when data comes after the end, or it ends twice", () => {
    for (const again of [{ kind: "end" } as const, { kind: "data", bytes: bytes(1) } as const]) {
      const { agent } = new Pair();
      agent.stream.receive({ kind: "end" });
      expect(() => agent.stream.receive(again)).toThrow(/end/);
    }
  });

  it("refuses to go on from a position that the other end cannot have", () => {
    const { client } = new Pair();
    client.stream.write(bytes(100));
    client.stream.next();
    client.stream.detach();
    client.stream.resume();
    client.stream.next();
    expect(() => client.stream.receive({ kind: "resume", position: 101 })).toThrow(/never sent/);
  });
});

describe("a frame of the tunnel", () => {
  it("reads as it was written", () => {
    const frame = fc.oneof(
      fc.record({
        kind: fc.constant("data" as const),
        bytes: fc.uint8Array({ minLength: 1 }).map((all) => Buffer.from(all)),
      }),
      fc.record({ kind: fc.constantFrom("ack" as const, "resume" as const), position: fc.maxSafeNat() }),
      fc.record({ kind: fc.constantFrom("end" as const, "detach" as const) }),
      fc.record({ kind: fc.constant("reset" as const), code: fc.string(), message: fc.string() }),
      fc.record({ kind: fc.constantFrom("open" as const, "accept" as const), json: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), frame, (stream, one) => {
        const read = decodeTunnelFrame(encodeTunnelFrame(stream, one));
        const expected =
          one.kind === "open" || one.kind === "accept" ? { ...one, json: JSON.parse(JSON.stringify(one.json)) } : one;
        expect(read).toEqual({ stream, frame: expected });
      }),
    );
  });

  it("that is anything else is refused as a fault of the other end, and nothing else happens", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (all) => {
        try {
          decodeTunnelFrame(Buffer.from(all));
        } catch (error) {
          expect((error as Error).name).toBe("TunnelFault");
        }
      }),
      { numRuns: 2_000 },
    );
    const long = Buffer.alloc(5 + 65_537);
    long[0] = 3;
    expect(() => decodeTunnelFrame(long)).toThrow(/too long/);
  });
});
