import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Logger } from "../platform/logger.ts";
import type { HttpLimits } from "./http-limits.ts";

/** Whose connection it is. Daemons have a key that an administrator made, and what they fetch is large. */
export type Reader =
  | { readonly kind: "agent" | "person"; readonly id: string }
  | { readonly kind: "daemon" | "unknown"; readonly id: "" };

/** Whether what waits is an answer, which has to be taken in time, or comes for as long as the connection is there. */
type Manner = "answer" | "open";

interface Line {
  readonly socket: Socket;
  reader: Reader;
  manner: Manner;
  /** How many bytes had left, and when the present window began. */
  leftBytes: number;
  windowMs: number;
}

const unknownReader: Reader = { kind: "unknown", id: "" };
const saidEveryMs = 60_000;

/**
 * What this server has written and its callers have not taken, by connection. Who reads slowly is held back at the source
 * where there is one that can be (commands, event streams); this is the bound of whatever is left: answers, agents that
 * were stopped, sources that do not obey. It looks several times a second, and cuts the largest first.
 */
export class OutgoingBytes {
  readonly #limits: HttpLimits;
  readonly #logger: Logger;
  readonly #lines = new Map<Socket, Line>();
  #saidMs = Number.NEGATIVE_INFINITY;
  readonly cut = { budget: 0, slow_answer: 0 };

  constructor(limits: HttpLimits, logger: Logger) {
    this.#limits = limits;
    this.#logger = logger;
  }

  watch(app: FastifyInstance): void {
    app.server.on("connection", (socket) => {
      const line: Line = { socket, reader: unknownReader, manner: "answer", leftBytes: 0, windowMs: 0 };
      this.#lines.set(socket, line);
      socket.once("close", () => this.#lines.delete(socket));
    });
    const timer = setInterval(() => this.look(), this.#limits.queueLookMs);
    timer.unref();
    app.addHook("onClose", async () => clearInterval(timer));
  }

  /** Notes who is at the other end; the last one counts where a proxy brings several. */
  note(socket: Socket, reader: Reader, manner: Manner = "answer"): void {
    const line = this.#lines.get(socket);
    if (line !== undefined) Object.assign(line, { reader, manner });
  }

  bytes(): Readonly<Record<Reader["kind"], number>> {
    const sums = { agent: 0, person: 0, daemon: 0, unknown: 0 };
    for (const { socket, reader } of this.#lines.values()) sums[reader.kind] += socket.writableLength;
    return sums;
  }

  look(): void {
    const waiting = [...this.#lines.values()].filter((line) => this.#isWaiting(line));
    for (const lines of linesByReader(waiting)) this.#keepWithin(lines, this.#budgetOf(lines));
    this.#keepWithin(
      waiting.filter(({ reader }) => reader.kind !== "daemon"),
      this.#limits.serverQueueBytesMax,
    );
  }

  /** Whether anything waits; and an answer that is not taken, or by a trickle, ends here. */
  #isWaiting(line: Line): boolean {
    const { socket, manner } = line;
    const nowMs = performance.now();
    const leftBytes = socket.bytesWritten - socket.writableLength;
    if (socket.writableLength === 0) {
      Object.assign(line, { leftBytes, windowMs: nowMs });
      return false;
    }
    if (nowMs - line.windowMs < this.#limits.bodyWindowMs) return true;
    if (manner === "answer" && leftBytes - line.leftBytes < this.#limits.bodyBytesMin) {
      this.#end(line, "slow_answer");
      return false;
    }
    Object.assign(line, { leftBytes, windowMs: nowMs });
    return true;
  }

  #budgetOf([line]: readonly Line[]): number {
    if (line?.reader.kind === "agent") return this.#limits.agentQueueBytesMax;
    return line?.reader.kind === "person" ? this.#limits.personQueueBytesMax : Number.POSITIVE_INFINITY;
  }

  #keepWithin(lines: readonly Line[], bytesMax: number): void {
    let sum = lines.reduce((bytes, { socket }) => bytes + socket.writableLength, 0);
    if (sum <= bytesMax) return;
    for (const line of lines.toSorted((one, other) => other.socket.writableLength - one.socket.writableLength)) {
      if (sum <= bytesMax) return;
      sum -= line.socket.writableLength;
      this.#end(line, "budget");
    }
  }

  #end({ socket, reader }: Line, reason: keyof OutgoingBytes["cut"]): void {
    this.cut[reason] += 1;
    const bytes = socket.writableLength;
    socket.destroy();
    if (performance.now() - this.#saidMs < saidEveryMs) return;
    this.#saidMs = performance.now();
    this.#logger.warn("a connection was cut: what was written to it was not taken", { reason, bytes, ...reader });
  }
}

function linesByReader(lines: readonly Line[]): Iterable<Line[]> {
  const byReader = new Map<string, Line[]>();
  for (const line of lines) {
    const key = `${line.reader.kind} ${line.reader.id}`;
    const others = byReader.get(key);
    if (others === undefined) byReader.set(key, [line]);
    else others.push(line);
  }
  return byReader.values();
}
