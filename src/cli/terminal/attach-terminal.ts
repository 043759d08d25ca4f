import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import type { TerminalControl, TerminalService } from "../../contracts/terminals.ts";
import {
  decodeTerminalRecord,
  inStream,
  TerminalMessages,
  type TerminalRecord,
} from "../../tunnel/terminal-records.ts";
import { openTunnel } from "../../tunnel/tunnel-client.ts";
import { sleep } from "../../platform/sleep.ts";
import type { LocalTerminal } from "../exec/local-terminal.ts";
import type { CliWorld } from "../world.ts";
import { LeaveKeys } from "./leave-keys.ts";
import { codedReset } from "../../tunnel/coded-reset.ts";
import { refusedBy } from "../tunnel/tunnel-target.ts";
import { isPassing } from "./is-passing.ts";

/** The agent is told how far the output was shown after so much of it; it may be eight times as far ahead. */
const ackBytes = 65_536;
const againMs = 2_000;
const shownLookMs = 50;
/** For what was typed last to arrive. */
const farewellMs = 1_000;
const clearScreen = "\u001b[0m\u001b[H\u001b[2J";
/** Whatever the program has made of the terminal: its own screen, mouse, paste marks, a hidden cursor. */
const asItWas = "\u001b[?1049l\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?2004l\u001b[?25h\u001b[0m";

export interface AttachOptions {
  readonly url: string;
  readonly token: string;
  readonly agent: string | null;
  readonly id: string;
  /** Whether the terminal is made if there is none. */
  readonly isMade: boolean;
  readonly name: string;
  readonly command: readonly string[] | null;
  readonly terminal: LocalTerminal;
  readonly world: Pick<CliWorld, "stdin" | "stdout" | "stderr" | "onSignal">;
}

export type AttachEnd = { readonly kind: "exit"; readonly exitCode: number } | { readonly kind: "left" };

/**
 * Shows a terminal of the workspace in the local one, which is raw by now, until its program ends or somebody leaves. A
 * line that is lost is looked for: the stream goes on for a minute, and after that the terminal is attached to anew, from
 * where it was. Errors: `CodedError`, when it cannot be had, or is gone.
 */
export async function attachTerminal(options: AttachOptions): Promise<AttachEnd> {
  const attachment = new Attachment(options);
  return await attachment.run();
}

class Attachment {
  readonly #options: AttachOptions;
  readonly #keys = new LeaveKeys();
  #stream: TunnelDuplex | null = null;
  /** After the last byte that came, and the last that was shown; null: nothing was attached yet. */
  #position: number | null = null;
  #shown = 0;
  #acked = 0;
  #isAway = false;
  #settle: (end: AttachEnd) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  #isOver = false;

  constructor(options: AttachOptions) {
    this.#options = options;
  }

  /** Told by whoever sees it change. */
  readonly resized = (): void => {
    const { columns: cols, rows } = this.#options.terminal.size();
    this.#send({ kind: "resize", cols, rows });
  };

  async run(): Promise<AttachEnd> {
    const { stdin, onSignal } = this.#options.world;
    const end = new Promise<AttachEnd>((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    // It may fail while the first stream is opened, which then says so itself.
    end.catch(() => undefined);
    const leave = (): void => this.#settle({ kind: "left" });
    const takeBacks = (["SIGTERM", "SIGHUP"] as const).map((signal) => onSignal(signal, leave));
    const onTyped = (typed: Buffer | string): void => this.#typed(Buffer.from(typed));
    stdin.on("data", onTyped).resume();
    try {
      await this.#open();
      return await this.#options.terminal.raw(this.resized, () => end);
    } catch (error) {
      throw codedReset(error);
    } finally {
      this.#isOver = true;
      stdin.off("data", onTyped).pause();
      for (const takeBack of takeBacks) takeBack();
      await this.#farewell();
      if (this.#position !== null) this.#options.world.stdout.write(asItWas);
    }
  }

  async #open(): Promise<void> {
    const { url, token, agent, id, isMade, name, command, terminal } = this.#options;
    const { columns: cols, rows } = terminal.size();
    const from = this.#position;
    const service: TerminalService = {
      kind: "terminal",
      id,
      cols,
      rows,
      from,
      name,
      isMade: isMade && from === null,
      command: command === null ? null : [...command],
    };
    const onLine = (state: "lost" | "back"): void => this.#tellLine(state);
    const stream = await openTunnel({ url, token, agent, service, onLine, refusal: refusedBy });
    const messages = new TerminalMessages();
    this.#stream = stream;
    this.#tellLine("back");
    stream.on("data", (piece: Buffer) => {
      try {
        for (const message of messages.take(piece)) this.#receive(decodeTerminalRecord(message));
      } catch (error) {
        this.#fail(error);
      }
    });
    stream.on("error", (error) => this.#lost(stream, error));
    stream.once("close", () => this.#lost(stream, undefined));
  }

  /** The stream is over though nobody has left and nothing has ended: the terminal may still be there. */
  #lost(stream: TunnelDuplex, error: unknown): void {
    if (this.#isOver || this.#stream !== stream) return;
    this.#stream = null;
    if (!isPassing(error)) return this.#fail(error);
    this.#tellLine("lost");
    void this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    while (!this.#isOver) {
      try {
        // Sent away for taking nothing, it would hold the program again, and what waits to be shown would grow each time.
        while (this.#shown < (this.#position ?? 0) && !this.#isOver) await sleep(shownLookMs);
        return await this.#open();
      } catch (error) {
        if (!isPassing(error)) return this.#fail(error);
        await sleep(againMs);
      }
    }
  }

  #receive(record: TerminalRecord): void {
    if (record.kind === "bytes") return this.#show(record.bytes);
    if (record.kind !== "control") return;
    const control = record.json as TerminalControl;
    if (control.kind === "attached") {
      if (control.isCleared && !control.isNew) this.#options.world.stdout.write(clearScreen);
      [this.#position, this.#shown, this.#acked] = [control.position, control.position, control.position];
    } else if (control.kind === "exit") {
      // After all that was to be shown.
      this.#options.world.stdout.write("", () => this.#settle({ kind: "exit", exitCode: control.exitCode }));
    }
  }

  /** A terminal that does not take what it is given holds the program back: no more is acknowledged. */
  #show(bytes: Buffer): void {
    const position = (this.#position ?? 0) + bytes.length;
    this.#position = position;
    this.#options.world.stdout.write(bytes, () => {
      this.#shown = Math.max(this.#shown, position);
      if (this.#shown - this.#acked < ackBytes) return;
      this.#acked = this.#shown;
      this.#send({ kind: "ack", position: this.#shown });
    });
  }

  #typed(typed: Buffer): void {
    const { passed, isLeaving } = this.#keys.take(typed);
    if (passed.length > 0) this.#send({ kind: "bytes", bytes: passed });
    if (isLeaving) this.#settle({ kind: "left" });
  }

  #send(record: TerminalRecord): void {
    if (this.#stream?.writable === true) this.#stream.write(inStream(record));
  }

  #tellLine(state: "lost" | "back"): void {
    const isAway = state === "lost";
    if (isAway === this.#isAway || this.#isOver) return;
    this.#isAway = isAway;
    const text = isAway ? "the line is lost; looking for another (Enter ~ . leaves)" : "the line is back";
    this.#options.world.stderr.write(`\r\n[prewarm: ${text}]\r\n`);
  }

  /** What was typed last still goes. */
  async #farewell(): Promise<void> {
    const stream = this.#stream;
    if (stream === null || stream.destroyed) return;
    const closed = new Promise<void>((resolve) => stream.once("close", () => resolve()));
    stream.end();
    await Promise.race([closed, sleep(this.#isAway ? 0 : farewellMs)]);
    stream.destroy();
  }
}
