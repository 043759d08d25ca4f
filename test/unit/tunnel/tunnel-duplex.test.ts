// A stream of the tunnel as what reads and writes it sees it.
import { randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FairWriter, type TunnelLine } from "../../../src/tunnel/fair-writer.ts";
import { decodeTunnelFrame } from "../../../src/tunnel/frames.ts";
import { TunnelDuplex } from "../../../src/tunnel/tunnel-duplex.ts";

/** Two ends of streams on one line; each message takes a turn of the event loop. */
class Wire {
  readonly ends = [new Map<number, TunnelDuplex>(), new Map<number, TunnelDuplex>()] as const;
  readonly over: number[] = [];
  readonly writers = [0, 1].map((side) => new FairWriter(this.#line(side), (number) => this.over.push(number)));

  #line(side: number): TunnelLine {
    return {
      bufferedAmount: 0,
      send: (message, sent) => {
        const { stream, frame } = decodeTunnelFrame(message);
        setImmediate(() => {
          this.ends[side === 0 ? 1 : 0].get(stream)?.stream.receive(frame);
          sent();
        });
      },
    };
  }

  open(number: number): readonly [TunnelDuplex, TunnelDuplex] {
    const [client, agent] = [0, 1].map((side) => {
      const duplex = new TunnelDuplex(() => this.writers[side]?.poke(number));
      duplex.on("error", () => undefined);
      this.ends[side === 0 ? 0 : 1].set(number, duplex);
      duplex.stream.open();
      this.writers[side]?.add(number, duplex.stream);
      return duplex;
    });
    if (client === undefined || agent === undefined) throw new Error("there are two ends");
    return [client, agent];
  }
}

async function slowly(duplex: TunnelDuplex): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of duplex as AsyncIterable<Buffer>) {
    for (let pause = 0; pause < 3; pause += 1) await turn();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

describe("a stream of the tunnel", () => {
  it("gives a slow reader everything, also what came when both ends were through with it", async () => {
    const wire = new Wire();
    const [client, agent] = wire.open(2);
    const [there, back] = [randomBytes(3_000_000), randomBytes(500_000)];
    const read = Promise.all([slowly(agent), slowly(client)]);
    client.end(there);
    agent.end(back);
    const [came, returned] = await read;
    expect(came.equals(there)).toBe(true);
    expect(returned.equals(back)).toBe(true);
    while (!client.closed || !agent.closed) await turn();
    expect(wire.over.toSorted(), "nothing of it is known any more").toEqual([2, 2]);
  });

  it("takes no more from a writer than the window and what is in hand while nobody reads", async () => {
    const [client, agent] = new Wire().open(2);
    agent.pause();
    let taken = 0;
    for (let piece = 0; piece < 200; piece += 1) client.write(Buffer.alloc(65_536), () => (taken += 65_536));
    for (let pause = 0; pause < 50; pause += 1) await turn();
    expect(taken).toBeGreaterThanOrEqual(262_144);
    expect(taken).toBeLessThanOrEqual(262_144 + 2 * 65_536);
  });

  it("that is destroyed at one end is an error at the other", async () => {
    const [client, agent] = new Wire().open(2);
    const error = new Promise((resolve) => agent.once("error", resolve));
    client.destroy(new Error("the disk is full"));
    expect(await error).toMatchObject({ name: "TunnelResetError", code: "closed", message: "the disk is full" });
  });

  it("sends its frames in turn with those of others, however much one has", () => {
    const order: number[] = [];
    const line = {
      bufferedAmount: 1_048_576,
      send: (message: Buffer) => void order.push(decodeTunnelFrame(message).stream),
    };
    const writer = new FairWriter(line, () => undefined);
    for (const number of [2, 4, 6]) {
      const duplex = new TunnelDuplex(() => writer.poke(number));
      duplex.stream.open();
      writer.add(number, duplex.stream);
      duplex.stream.write(Buffer.alloc(3 * 65_536));
    }
    expect(order, "the line has enough to do").toEqual([]);
    line.bufferedAmount = 0;
    writer.poke(2);
    expect(order).toEqual([2, 4, 6, 2, 4, 6, 2, 4, 6]);
  });
});
