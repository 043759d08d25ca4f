import { EventEmitter } from "node:events";
import { WebSocket } from "ws";
import { describe, expect, it } from "vitest";
import { readInTurns } from "../../../src/tunnel/read-in-turns.ts";

const pieceBytes = 65_536;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What `readInTurns` uses of a WebSocket: as it does, it gives its messages while it is not paused. */
class Line extends EventEmitter {
  readyState: number = WebSocket.OPEN;
  isPaused = false;
  readonly #waiting: Buffer[];

  constructor(waiting: readonly Buffer[]) {
    super();
    this.#waiting = [...waiting];
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.give();
  }

  give(): void {
    while (!this.isPaused) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.emit("message", message);
    }
  }
}

function lineOf(sizes: readonly number[], tell: (size: number) => void) {
  const line = new Line(sizes.map((size) => Buffer.alloc(size)));
  // It has what is used of a WebSocket.
  const reading = readInTurns(line as unknown as WebSocket);
  line.on("message", (data: Buffer) => tell(data.length));
  return { line, reading };
}

describe("a connection that is read in turns", () => {
  it("gives a key of another connection its turn after one piece of its own bulk", async () => {
    const order: string[] = [];
    const bulk = lineOf(
      Array.from({ length: 8 }, () => pieceBytes),
      () => order.push("bulk"),
    );
    const key = lineOf([1], () => order.push("key"));
    bulk.line.give();
    key.line.give();
    for (let nth = 0; nth < 8; nth += 1) await turn();
    expect(order).toEqual(["bulk", "key", ...Array.from({ length: 7 }, () => "bulk")]);
  });

  it("gives small messages together", async () => {
    const sizes: number[] = [];
    const { line } = lineOf(
      Array.from({ length: 100 }, () => 100),
      (size) => sizes.push(size),
    );
    line.give();
    expect(sizes).toHaveLength(100);
  });

  it("is not read again by its turn while its reader holds it", async () => {
    const sizes: number[] = [];
    const { line, reading } = lineOf([pieceBytes, 1, pieceBytes, 2], (size) => sizes.push(size));
    line.give();
    reading.hold();
    await turn();
    await turn();
    expect(sizes).toEqual([pieceBytes]);
    reading.goOn();
    expect(sizes).toEqual([pieceBytes, 1, pieceBytes]);
    await turn();
    expect(sizes).toEqual([pieceBytes, 1, pieceBytes, 2]);
  });

  it("is not paused once it is closing: its end would not be heard", async () => {
    const { line, reading } = lineOf([], () => undefined);
    line.readyState = WebSocket.CLOSING;
    line.emit("message", Buffer.alloc(pieceBytes));
    reading.hold();
    expect(line.isPaused).toBe(false);
  });
});
