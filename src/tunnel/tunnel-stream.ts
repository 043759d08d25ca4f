import { type TunnelFrame, TunnelFault, type TunnelReset } from "./frames.ts";
import { ReceivedBytes } from "./received-bytes.ts";
import { SentBytes } from "./sent-bytes.ts";

/** What a stream tells whoever uses it. */
export interface TunnelStreamEvents {
  /** There is something to be given to the reader, or room for the writer. */
  onProgress(): void;
  /** A frame may have become ready to be sent. */
  onWork(): void;
  /** It is over, by the other end or a fault; nothing comes after it. */
  onReset(reset: TunnelReset): void;
  /** Both directions have ended, and both ends know it. */
  onDone(): void;
}

/**
 * One end of a stream: two directions, each with its credit, and the line on which they go at the moment. It knows
 * nothing of sockets: frames are taken from it and given to it. Its line may break at any frame; on a new one both ends
 * say what they have, and what is missing is sent again.
 */
export class TunnelStream {
  readonly #events: TunnelStreamEvents;
  readonly #out: SentBytes;
  readonly #in = new ReceivedBytes();
  /** `asking`: our position is to be told; `asked`: it was, and the other's is awaited. */
  #line: "none" | "asking" | "asked" | "open" = "none";
  #otherPosition: number | null = null;
  #reset: TunnelReset | null = null;
  #isResetTold = false;
  #isDoneTold = false;

  /** @param monotonicMs by which the window grows; the process's own clock unless said */
  constructor(events: TunnelStreamEvents, monotonicMs?: () => number) {
    this.#out = new SentBytes(monotonicMs);
    this.#events = events;
  }

  /** Both directions have ended, and both ends know it. */
  get isDone(): boolean {
    return this.#out.isDone && this.#in.isDone;
  }

  /** Nothing of it is to be sent or received any more. */
  get isOver(): boolean {
    return this.isDone || (this.#reset !== null && this.#isResetTold);
  }

  /** Whether everything written has been handed to a line. */
  get isAllSent(): boolean {
    return this.#out.isAllSent;
  }

  /** Position up to which everything that the other end sent is here. */
  get received(): number {
    return this.#in.received;
  }

  /** Bytes that were written, also what the other end does not have yet. */
  get sent(): number {
    return this.#out.written;
  }

  write(bytes: Buffer): void {
    if (this.#reset !== null) return;
    this.#out.write(bytes);
    this.#events.onWork();
  }

  end(): void {
    if (this.#reset !== null) return;
    this.#out.end();
    this.#events.onWork();
  }

  /** Ends it at once, on both sides. */
  abort(reset: TunnelReset): void {
    if (this.#reset !== null) return;
    this.#reset = reset;
    this.#events.onWork();
  }

  /** What the reader is given next: bytes, null for the end (once), undefined when nothing is here. */
  give(): Buffer | null | undefined {
    const given = this.#in.give();
    if (given !== undefined && this.#in.hasAck) this.#events.onWork();
    return given;
  }

  /** Its first line: nothing was sent before. */
  open(): void {
    this.#line = "open";
    this.#events.onWork();
  }

  /** A new line: both ends tell their positions, and go on. */
  resume(): void {
    this.#line = "asking";
    this.#isResetTold = false;
    this.#in.tellAnew();
    if (this.#otherPosition !== null) this.#settle();
    this.#events.onWork();
  }

  /** Its line is gone. */
  detach(): void {
    this.#line = "none";
    this.#otherPosition = null;
  }

  get hasFrame(): boolean {
    if (this.#line === "none") return false;
    if (this.#reset !== null) return !this.#isResetTold;
    if (this.#line === "asking") return true;
    return this.#line === "open" && (this.#in.hasAck || this.#out.hasNext);
  }

  /** The next frame for the line; undefined when there is none to be sent now. */
  next(): TunnelFrame | undefined {
    const frame = this.#choose();
    if (frame?.kind === "ack") this.#tellDone();
    return frame;
  }

  #choose(): TunnelFrame | undefined {
    if (!this.hasFrame) return undefined;
    if (this.#reset !== null) {
      this.#isResetTold = true;
      return { kind: "reset", ...this.#reset };
    }
    if (this.#line === "asking") {
      this.#line = "asked";
      const position = this.#in.received;
      this.#settle();
      return { kind: "resume", position };
    }
    if (this.#in.hasAck) return { kind: "ack", position: this.#in.ack() };
    const piece = this.#out.next();
    if (piece === undefined) return undefined;
    if (this.#out.isAllSent) this.#events.onProgress();
    return piece === "end" ? { kind: "end" } : { kind: "data", bytes: piece };
  }

  /** A frame of the other end. @throws TunnelFault when it is none that may come now; the stream is over then. */
  receive(frame: TunnelFrame): void {
    if (this.#reset !== null) return;
    try {
      this.#take(frame);
    } catch (error) {
      if (error instanceof TunnelFault) this.#end({ code: "tunnel_fault", message: error.message }, { isTold: false });
      throw error;
    }
  }

  #take(frame: TunnelFrame): void {
    switch (frame.kind) {
      case "data":
        this.#in.add(frame.bytes);
        return this.#events.onProgress();
      case "end":
        this.#in.end();
        return this.#events.onProgress();
      case "ack":
        this.#out.ack(frame.position);
        this.#tellDone();
        this.#events.onProgress();
        return this.#events.onWork();
      case "resume":
        this.#otherPosition = frame.position;
        this.#settle();
        return this.#events.onWork();
      case "reset":
        return this.#end({ code: frame.code, message: frame.message }, { isTold: true });
      case "open":
      case "accept":
      case "detach":
        throw new TunnelFault(`A frame of kind ${frame.kind} is none of a stream that is open.`);
    }
  }

  #tellDone(): void {
    if (this.#isDoneTold || !this.isDone) return;
    this.#isDoneTold = true;
    this.#events.onDone();
  }

  /** Once both have told their positions. */
  #settle(): void {
    if (this.#line !== "asked" || this.#otherPosition === null) return;
    this.#out.resumeAt(this.#otherPosition);
    this.#otherPosition = null;
    this.#line = "open";
  }

  #end(reset: TunnelReset, { isTold }: { readonly isTold: boolean }): void {
    this.#reset = reset;
    this.#isResetTold = isTold;
    this.#events.onReset(reset);
    this.#events.onWork();
  }
}
