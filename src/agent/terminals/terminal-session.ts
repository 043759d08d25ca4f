import {
  type Terminal,
  type TerminalControl,
  terminalRingBytes,
  terminalSideMax,
  terminalStallBytes,
  terminalUnackedBytesMax,
} from "../../contracts/terminals.ts";
import { TerminalFault, type TerminalRecord } from "../../tunnel/terminal-records.ts";
import type { Pty, PtyExit } from "../pty/open-pty.ts";
import { OutputRing } from "./output-ring.ts";
import { TitleReader } from "./title-reader.ts";

/** Bytes of output in one record. */
const pieceBytes = 32_768;
/** Between the two sizes by which a program is made to paint its screen anew. */
const jiggleMs = 40;

/** What leads to somebody who looks at a terminal. */
export interface ViewerLine {
  send(record: TerminalRecord): void;
  /** After the last record. */
  end(): void;
  /** He is sent away; nothing is said to him any more. */
  cut(code: string, message: string): void;
}

export interface ViewerWish {
  readonly cols: number;
  readonly rows: number;
  /** Position from which on he wants the output; null: he has nothing of it. */
  readonly from: number | null;
  readonly isNew: boolean;
}

/** Somebody who looks at a terminal, and types. */
export class Viewer {
  readonly line: ViewerLine;
  cols: number;
  rows: number;
  /** Positions up to which he was sent the output, and has shown it. */
  sent = 0;
  acked = 0;
  /** When he typed last, as a number that only grows; his attaching counts before any typing. */
  typedAt = 0;
  /** As he was at the last look whether he takes anything. */
  look = { acked: 0, isBehind: false };
  isGone = false;

  constructor(line: ViewerLine, { cols, rows }: ViewerWish) {
    this.line = line;
    this.cols = cols;
    this.rows = rows;
  }
}

export interface SessionParts {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly command: string;
  readonly cols: number;
  readonly rows: number;
  readonly pty: Pty;
  readonly now: () => Date;
  readonly stallMs: number;
  /** Somebody came or went, or its program has ended. */
  readonly onChange: () => void;
}

/** One terminal, its newest output, and those who look at it. */
export class TerminalSession {
  readonly #parts: SessionParts;
  readonly #ring = new OutputRing(terminalRingBytes);
  readonly #titles = new TitleReader();
  readonly #viewers = new Set<Viewer>();
  readonly #startedAt: string;
  #name: string;
  #title = "";
  #size: { readonly cols: number; readonly rows: number };
  #sizeOwner: Viewer | null = null;
  #typed = 0;
  #exit: (PtyExit & { readonly at: string }) | null = null;
  #isFlushing = false;
  #isHeld = false;
  #looks: NodeJS.Timeout | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#name = parts.name;
    this.#size = { cols: parts.cols, rows: parts.rows };
    this.#startedAt = parts.now().toISOString();
    parts.pty.onData((bytes) => this.#take(bytes));
    parts.pty.onExit((exit) => this.#ended(exit));
  }

  get id(): string {
    return this.#parts.id;
  }

  get userId(): string {
    return this.#parts.userId;
  }

  get hasEnded(): boolean {
    return this.#exit !== null;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get processId(): number {
    return this.#parts.pty.pid;
  }

  /** Input that the program has not read. */
  get pendingInputBytes(): number {
    return this.#parts.pty.pendingBytes;
  }

  info(): Terminal {
    return {
      id: this.id,
      name: this.#name,
      title: this.#title,
      command: this.#parts.command,
      ...this.#size,
      viewers: this.#viewers.size,
      position: this.#ring.end,
      startedAt: this.#startedAt,
      endedAt: this.#exit?.at ?? null,
      exitCode: this.#exit?.exitCode ?? null,
    };
  }

  rename(name: string): void {
    this.#name = name;
  }

  /** A line that is not of its program, before its first. */
  note(text: string): void {
    this.#take(Buffer.from(text));
  }

  attach(line: ViewerLine, wish: ViewerWish): Viewer {
    const viewer = new Viewer(line, wish);
    const isKept = wish.from !== null && wish.from >= this.#ring.start && wish.from <= this.#ring.end;
    const position = isKept ? (wish.from ?? 0) : this.#ring.begin();
    viewer.sent = position;
    viewer.acked = position;
    viewer.look = { acked: position, isBehind: false };
    this.#viewers.add(viewer);
    this.#tellPosition(viewer, { position, isCleared: !isKept, isNew: wish.isNew });
    if (this.#title !== "") this.#tell(viewer, { kind: "title", title: this.#title });
    const before = this.#size;
    if (this.#viewers.size === 1) this.#own(viewer);
    else this.#tellSize(viewer);
    // A program with a screen of its own paints it when its size changes, and what is kept may begin in the middle of it.
    if (!isKept && !wish.isNew && isSame(before, this.#size)) this.#jiggle();
    this.#looks ??= setInterval(() => this.#cutStalled(), this.#parts.stallMs);
    this.#serve(viewer);
    this.#pace();
    this.#parts.onChange();
    return viewer;
  }

  /** @throws TerminalFault when it is none that a viewer sends. */
  receive(viewer: Viewer, record: TerminalRecord): void {
    if (viewer.isGone) return;
    switch (record.kind) {
      case "bytes":
        viewer.typedAt = this.#typed += 1;
        if (this.#sizeOwner !== viewer) this.#own(viewer);
        if (this.#exit === null) this.#parts.pty.write(Buffer.from(record.bytes));
        return;
      case "resize":
        if (!isSide(record.cols) || !isSide(record.rows)) throw new TerminalFault("That is no size of a terminal.");
        [viewer.cols, viewer.rows] = [record.cols, record.rows];
        if (this.#sizeOwner === viewer) this.#own(viewer);
        return;
      case "ack":
        if (record.position > viewer.sent) throw new TerminalFault("What was never sent cannot have been shown.");
        viewer.acked = Math.max(viewer.acked, record.position);
        this.#serve(viewer);
        this.#pace();
        return;
      case "control":
        // There is none yet: one of a later release is passed over.
        return;
    }
  }

  detach(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    viewer.isGone = true;
    if (this.#sizeOwner === viewer) {
      this.#sizeOwner = null;
      // Whoever typed last among the others; of those who never did, whoever came last.
      const next = [...this.#viewers].reduce<Viewer | null>(
        (last, one) => (last === null || one.typedAt >= last.typedAt ? one : last),
        null,
      );
      if (next !== null) this.#own(next);
    }
    if (this.#viewers.size === 0) {
      clearInterval(this.#looks);
      this.#looks = undefined;
    }
    this.#pace();
    this.#parts.onChange();
  }

  /** Hangs up: its processes get SIGHUP. */
  close(): void {
    this.#parts.pty.close();
  }

  #take(bytes: Buffer): void {
    this.#ring.add(bytes);
    const title = this.#titles.read(bytes);
    if (title !== undefined && title !== this.#title) {
      this.#title = title;
      for (const viewer of this.#viewers) this.#tell(viewer, { kind: "title", title });
    }
    this.#pace();
    // What a program writes at once comes in many pieces.
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      for (const viewer of this.#viewers) this.#serve(viewer);
    });
  }

  #ended(exit: PtyExit): void {
    this.#exit = { ...exit, at: this.#parts.now().toISOString() };
    for (const viewer of this.#viewers) this.#serve(viewer);
    this.#parts.onChange();
  }

  /** Sends what he may be ahead, and the end after the last. */
  #serve(viewer: Viewer): void {
    if (viewer.isGone) return;
    if (viewer.sent < this.#ring.start) {
      // He was too far behind all the same. What is told is not silently wrong.
      const position = this.#ring.begin();
      [viewer.sent, viewer.acked] = [position, position];
      this.#tellPosition(viewer, { position, isCleared: true, isNew: false });
    }
    while (viewer.sent < this.#ring.end) {
      const room = viewer.acked + terminalUnackedBytesMax - viewer.sent;
      if (room <= 0) return;
      const bytes = this.#ring.read(viewer.sent, Math.min(room, pieceBytes));
      viewer.sent += bytes.length;
      viewer.line.send({ kind: "bytes", bytes });
    }
    if (this.#exit === null || viewer.isGone) return;
    const { exitCode, signal } = this.#exit;
    this.#tell(viewer, { kind: "exit", exitCode, signal });
    viewer.line.end();
    this.detach(viewer);
  }

  /** The program waits while somebody is too far behind. */
  #pace(): void {
    const isHeld = [...this.#viewers].some((viewer) => this.#isBehind(viewer));
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#parts.pty.pause();
    else this.#parts.pty.resume();
  }

  #isBehind(viewer: Viewer): boolean {
    return this.#ring.end - viewer.acked >= terminalUnackedBytesMax;
  }

  /** Nobody holds the program, and so the others, for ever. */
  #cutStalled(): void {
    for (const viewer of this.#viewers) {
      const { acked, isBehind } = viewer.look;
      viewer.look = { acked: viewer.acked, isBehind: this.#isBehind(viewer) };
      if (!isBehind || !viewer.look.isBehind || viewer.acked - acked >= terminalStallBytes) continue;
      this.detach(viewer);
      viewer.line.cut("terminal_slow", "The terminal's output was not taken; attach again to go on.");
    }
  }

  #own(viewer: Viewer): void {
    this.#sizeOwner = viewer;
    const size = { cols: viewer.cols, rows: viewer.rows };
    if (!isSame(size, this.#size)) {
      this.#size = size;
      if (this.#exit === null) this.#parts.pty.resize(size.cols, size.rows);
    }
    for (const one of this.#viewers) this.#tellSize(one);
  }

  #jiggle(): void {
    if (this.#exit !== null) return;
    const { cols, rows } = this.#size;
    this.#parts.pty.resize(cols, rows > 1 ? rows - 1 : rows + 1);
    setTimeout(() => {
      if (this.#exit === null) this.#parts.pty.resize(this.#size.cols, this.#size.rows);
    }, jiggleMs);
  }

  #tellPosition(
    viewer: Viewer,
    told: { readonly position: number; readonly isCleared: boolean; readonly isNew: boolean },
  ): void {
    this.#tell(viewer, { kind: "attached", id: this.id, name: this.#name, ...told });
  }

  #tellSize(viewer: Viewer): void {
    this.#tell(viewer, { kind: "size", ...this.#size, isOwn: this.#sizeOwner === viewer });
  }

  #tell(viewer: Viewer, json: TerminalControl): void {
    viewer.line.send({ kind: "control", json });
  }
}

function isSame(one: { cols: number; rows: number }, other: { cols: number; rows: number }): boolean {
  return one.cols === other.cols && one.rows === other.rows;
}

function isSide(side: number): boolean {
  return side >= 1 && side <= terminalSideMax;
}
