import type { AgentToServer } from "../contracts/agent-protocol.ts";
import { logBatchLinesMax } from "../contracts/limits.ts";
import { sleep } from "../platform/sleep.ts";
import type { ServerSocket } from "./server-socket.ts";

type LogFrame = Extract<AgentToServer, { readonly kind: "logs" }>;
type LogLine = LogFrame["lines"][number];

/** Lines kept while the server is away; the oldest go first, and their number is told. */
export const agentLogBufferLinesMax = 2_000;

/** A frame stays well below the server's limit on one message. */
const frameCharactersMax = 262_144;

/** Lines on their way to the server: in order, in batches, held back while there is no connection. */
export class AgentLog {
  readonly #waiting: LogLine[] = [];
  #dropped = 0;
  #wake: (() => void) | null = null;

  add(line: { readonly level: LogLine["level"]; readonly source: string; readonly text: string }): void {
    if (this.#waiting.length >= agentLogBufferLinesMax) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#waiting.push({ at: new Date().toISOString(), level: line.level, source: line.source, line: line.text });
    this.#wake?.();
  }

  /** Sends until `abort`; then what is left, once, if it can. */
  async run(socket: ServerSocket, options: { readonly flushMs: number; readonly abort: AbortSignal }): Promise<void> {
    const { abort, flushMs } = options;
    while (!abort.aborted) {
      if (this.#waiting.length === 0) await this.#untilAdded(abort);
      await sleep(flushMs, abort);
      await socket.whenOpen(abort);
      await this.flush(socket);
    }
  }

  /** Sends what there is. What could not be sent stays, in its order. */
  async flush(socket: ServerSocket): Promise<void> {
    while (this.#waiting.length > 0 && socket.isOpen) {
      if (this.#dropped > 0) this.#tellDropped();
      const lines = this.#takeBatch();
      if (await socket.send({ kind: "logs", lines })) continue;
      this.#waiting.unshift(...lines);
      return;
    }
  }

  #takeBatch(): LogLine[] {
    let characters = 0;
    let count = 0;
    for (const { line } of this.#waiting) {
      characters += line.length + 100;
      if (count > 0 && (characters > frameCharactersMax || count >= logBatchLinesMax)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #tellDropped(): void {
    const line = `${this.#dropped} older lines were dropped: the server was away for too long`;
    const at = this.#waiting[0]?.at ?? new Date().toISOString();
    this.#waiting.unshift({ at, level: "error", source: "agent", line });
    this.#dropped = 0;
  }

  async #untilAdded(abort: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.#wake = null;
        abort.removeEventListener("abort", finish);
        resolve();
      };
      this.#wake = finish;
      abort.addEventListener("abort", finish, { once: true });
      if (abort.aborted) finish();
    });
  }
}
