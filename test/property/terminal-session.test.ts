// Any order of output, reading, acknowledging, leaving and coming back gives a reader a stream without a gap, or he is
// told that it begins anew.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pty } from "../../src/agent/pty/open-pty.ts";
import { TerminalSession, type Viewer } from "../../src/agent/terminals/terminal-session.ts";
import { type TerminalControl, terminalRingBytes, terminalUnackedBytesMax } from "../../src/contracts/terminals.ts";
import {
  decodeTerminalRecord,
  inStream,
  TerminalFault,
  TerminalMessages,
  type TerminalRecord,
} from "../../src/tunnel/terminal-records.ts";
import { outputFrom, ScriptedPty } from "../support/scripted-pty.ts";

/** A reader that checks every byte by its position. */
class Reader {
  viewer: Viewer | null = null;
  position: number | null = null;
  clears = 0;
  exitCode: number | null = null;
  isCut = false;
  readonly #session: TerminalSession;
  readonly #messages = new TerminalMessages();

  constructor(session: TerminalSession) {
    this.#session = session;
  }

  attach(): void {
    if (this.viewer !== null || this.exitCode !== null) return;
    const asked = this.position;
    let isFirst = true;
    const send = (record: TerminalRecord): void => {
      for (const message of this.#messages.take(inStream(record))) {
        const heard = decodeTerminalRecord(message);
        if (isFirst && heard.kind === "control") this.#checkBegin(asked, heard.json as TerminalControl);
        isFirst = false;
        this.#hear(heard);
      }
    };
    const end = (): void => {
      this.viewer = null;
    };
    this.isCut = false;
    const cut = (): void => {
      this.isCut = true;
      this.viewer = null;
    };
    const viewer = this.#session.attach({ send, end, cut }, { cols: 80, rows: 24, from: asked, isNew: false });
    if (!viewer.isGone) this.viewer = viewer;
  }

  ack(share: number): void {
    const { viewer } = this;
    if (viewer === null) return;
    const position = viewer.acked + Math.floor((viewer.sent - viewer.acked) * share);
    this.#session.receive(viewer, { kind: "ack", position });
  }

  leave(): void {
    if (this.viewer !== null) this.#session.detach(this.viewer);
    this.viewer = null;
  }

  #checkBegin(asked: number | null, control: TerminalControl): void {
    expect(control.kind).toBe("attached");
    if (control.kind !== "attached") return;
    if (!control.isCleared) expect(control.position, "it goes on where it was").toBe(asked);
  }

  #hear(record: TerminalRecord): void {
    if (record.kind === "control") {
      const control = record.json as TerminalControl;
      if (control.kind === "attached") {
        if (control.isCleared) this.clears += 1;
        else expect(control.position).toBe(this.position);
        this.position = control.position;
      } else if (control.kind === "exit") this.exitCode = control.exitCode;
    } else if (record.kind === "bytes") {
      const position = this.position ?? Number.NaN;
      expect(record.bytes.equals(outputFrom(position, record.bytes.length)), `at ${position}`).toBe(true);
      this.position = position + record.bytes.length;
    }
  }
}

function sessionOf(pty: Pty): TerminalSession {
  return new TerminalSession({
    id: "terminal",
    userId: "somebody",
    name: "",
    command: "sh",
    cols: 80,
    rows: 24,
    pty,
    now: () => new Date(0),
    stallMs: 1_000_000,
    onChange: () => undefined,
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const step = fc.oneof(
  fc.record({ kind: fc.constant("print" as const), length: fc.integer({ min: 1, max: 400_000 }) }),
  fc.record({ kind: fc.constant("turn" as const) }),
  fc.record({ kind: fc.constant("attach" as const), who: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constant("leave" as const), who: fc.integer({ min: 0, max: 2 }) }),
  fc.record({
    kind: fc.constant("ack" as const),
    who: fc.integer({ min: 0, max: 2 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

test("whatever comes when, a reader has each byte once, or is told that he begins anew", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const pty = new ScriptedPty();
      const session = sessionOf(pty);
      const readers = [0, 1, 2].map(() => new Reader(session));
      for (const one of steps) {
        if (one.kind === "print") pty.print(one.length);
        else if (one.kind === "turn") await turn();
        else if (one.kind === "attach") readers[one.who]?.attach();
        else if (one.kind === "leave") readers[one.who]?.leave();
        else readers[one.who]?.ack(one.share);
        for (const { viewer } of readers) {
          if (viewer !== null) expect(viewer.sent - viewer.acked).toBeLessThanOrEqual(terminalUnackedBytesMax);
        }
      }
      pty.exit(3);
      for (const reader of readers) reader.attach();
      for (let i = 0; i < 20 && readers.some(({ exitCode }) => exitCode === null); i += 1) {
        await turn();
        for (const reader of readers) reader.ack(1);
      }
      for (const reader of readers) expect([reader.exitCode, reader.position]).toEqual([3, pty.printed]);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test("a reader who comes back too late is told so, and has what is kept from a line's beginning", async () => {
  const pty = new ScriptedPty();
  const session = sessionOf(pty);
  const reader = new Reader(session);
  reader.attach();
  pty.print(1_000);
  await turn();
  reader.leave();
  for (let i = 0; i < 10; i += 1) pty.print(terminalRingBytes / 4);
  reader.attach();
  expect(reader.clears).toBe(2);
  for (let i = 0; i < 10; i += 1) {
    await turn();
    reader.ack(1);
  }
  expect(reader.position).toBe(pty.printed);
  reader.leave();
});

test("whoever is far behind holds the program, and is cut off when he takes nothing", async () => {
  const pty = new ScriptedPty();
  const session = new TerminalSession({
    id: "terminal",
    userId: "somebody",
    name: "",
    command: "sh",
    cols: 80,
    rows: 24,
    pty,
    now: () => new Date(0),
    stallMs: 20,
    onChange: () => undefined,
  });
  const [slow, quick] = [new Reader(session), new Reader(session)];
  slow.attach();
  quick.attach();
  pty.print(terminalUnackedBytesMax);
  await turn();
  quick.ack(1);
  expect(pty.isPaused).toBe(true);
  await expect.poll(() => slow.isCut, { interval: 5, timeout: 2_000 }).toBe(true);
  expect(pty.isPaused).toBe(false);
  expect([quick.isCut, session.viewers]).toEqual([false, 1]);
  quick.leave();
});

test("the size is of whoever typed last, then of whoever did before him", () => {
  const pty = new ScriptedPty();
  const session = sessionOf(pty);
  const line = { send: () => undefined, end: () => undefined, cut: () => undefined };
  const wish = { from: null, isNew: true };
  const a = session.attach(line, { ...wish, cols: 81, rows: 21 });
  const b = session.attach(line, { ...wish, cols: 82, rows: 22 });
  const c = session.attach(line, { ...wish, cols: 83, rows: 23 });
  const type = (viewer: Viewer): void => session.receive(viewer, { kind: "bytes", bytes: Buffer.from("x") });
  type(b);
  type(c);
  type(c);
  session.receive(a, { kind: "resize", cols: 91, rows: 31 });
  session.detach(c);
  session.detach(b);
  expect(pty.sizes).toEqual(["81x21", "82x22", "83x23", "82x22", "91x31"]);
  session.detach(a);
});

const record: fc.Arbitrary<TerminalRecord> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes): TerminalRecord => ({ kind: "bytes", bytes: Buffer.from(bytes) })),
  fc
    .tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 65_535 }))
    .map(([cols, rows]): TerminalRecord => ({ kind: "resize", cols, rows })),
  fc.maxSafeNat().map((position): TerminalRecord => ({ kind: "ack", position })),
  fc
    .jsonValue()
    .map((json): TerminalRecord => ({ kind: "control", json: JSON.parse(JSON.stringify(json)) as unknown })),
);

test("records come out of a stream as they went in, however it is cut", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 90 })), (records, cuts) => {
      let stream = Buffer.concat(records.map(inStream));
      const messages = new TerminalMessages();
      const heard: TerminalRecord[] = [];
      for (const size of [...cuts, stream.length + 1]) {
        for (const message of messages.take(stream.subarray(0, size))) heard.push(decodeTerminalRecord(message));
        stream = stream.subarray(size);
      }
      expect(heard).toEqual(records);
    }),
  );
});

test("what is no record is a fault, and never anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const messages = new TerminalMessages();
      for (const read of [
        () => decodeTerminalRecord(Buffer.from(bytes)),
        () => messages.take(Buffer.from(bytes)).map((message) => decodeTerminalRecord(message)),
      ]) {
        try {
          read();
        } catch (error) {
          expect(error).toBeInstanceOf(TerminalFault);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
