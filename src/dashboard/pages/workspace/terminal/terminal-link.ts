import type { TerminalControl } from "../../../../contracts/terminals.ts";
import { basePath } from "../../../state/server-facts.ts";

/** First byte of each message; docs/access.md has the protocol. */
const kinds = { bytes: 0, resize: 1, ack: 2, control: 3 } as const;
/** What is typed or pasted goes in pieces, each far below what a message may have. */
const pieceBytesMax = 8_192;
/** Shown output is acknowledged at least this often; the program waits at eight times as much. */
const ackEveryBytes = 65_536;
const retryFirstMs = 500;
const retryMostMs = 10_000;
/** Refusals that another attempt may find gone. */
const passingCodes: readonly string[] = ["agent_unavailable", "unavailable", "internal", "rate_limited"];

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export type LinkState =
  | { readonly kind: "connecting" | "open" | "lost" }
  | { readonly kind: "ended"; readonly exitCode: number }
  | { readonly kind: "refused"; readonly message: string };

interface LinkParts {
  readonly workspaceId: string;
  readonly id: string;
  readonly size: () => Size;
  readonly onState: (state: LinkState) => void;
  /** Calls back when it is shown. */
  readonly onBytes: (bytes: Uint8Array, onShown: () => void) => void;
  readonly onCleared: () => void;
  readonly onSize: (size: Size & { readonly isOwn: boolean }) => void;
  readonly onTitle: (title: string) => void;
}

/** A viewer of one terminal: it comes back by itself, from the last byte that came, until the terminal has ended. */
export class TerminalLink {
  readonly #parts: LinkParts;
  #socket: WebSocket | null = null;
  #state: LinkState = { kind: "connecting" };
  /** Of the next byte to come; null before it was attached to for the first time. */
  #position: number | null = null;
  #acked = 0;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#connect();
  }

  close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** Now, and not when the wait is over. */
  retry(): void {
    if (this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** The line may be dead without knowing it: another one is made, which goes on where this one was. */
  renew(): void {
    if (this.#hasEnded) return;
    this.cut();
    this.retry();
  }

  /** There is no network: it is lost now, and not when that is found out. */
  cut(): void {
    const socket = this.#socket;
    if (socket === null || this.#hasEnded) return;
    this.#lost();
    socket.close();
  }

  get #hasEnded(): boolean {
    return this.#state.kind === "ended" || this.#state.kind === "refused";
  }

  /** What is typed while the line is lost goes nowhere, as the page says. */
  type(text: string): void {
    if (this.#state.kind !== "open") return;
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += pieceBytesMax) {
      const piece = bytes.subarray(at, at + pieceBytesMax);
      const message = new Uint8Array(piece.length + 1);
      message.set(piece, 1);
      this.#socket?.send(message);
    }
  }

  resize({ cols, rows }: Size): void {
    if (this.#state.kind !== "open") return;
    const message = new DataView(new ArrayBuffer(5));
    message.setUint8(0, kinds.resize);
    message.setUint16(1, cols);
    message.setUint16(3, rows);
    this.#socket?.send(message.buffer);
  }

  #connect(): void {
    if (this.#position === null) this.#tell({ kind: "connecting" });
    const { workspaceId, id, size } = this.#parts;
    const { cols, rows } = size();
    const address = new URL(`${basePath}/api/v1/workspaces/${workspaceId}/terminals/${id}`, window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.search = new URLSearchParams({
      cols: String(cols),
      rows: String(rows),
      ...(this.#position === null ? {} : { from: String(this.#position) }),
    }).toString();
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
      if (socket === this.#socket) this.#take(new Uint8Array(data));
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#lost();
    });
  }

  #lost(): void {
    this.#socket = null;
    if (this.#hasEnded) return;
    this.#tell({ kind: "lost" });
    const wait = Math.min(retryMostMs, retryFirstMs * 2 ** this.#attempts) * (0.75 + Math.random() / 2);
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #take(message: Uint8Array): void {
    if (message[0] === kinds.control) {
      // The server sends what its own type says; kinds of a later one are passed over.
      this.#control(JSON.parse(new TextDecoder().decode(message.subarray(1))) as TerminalControl);
    } else if (message[0] === kinds.bytes) {
      const bytes = message.subarray(1);
      const end = (this.#position ?? 0) + bytes.length;
      this.#position = end;
      this.#parts.onBytes(bytes, () => this.#shown(end));
    }
  }

  #control(told: TerminalControl): void {
    switch (told.kind) {
      case "attached":
        this.#attempts = 0;
        if (told.isCleared) this.#parts.onCleared();
        this.#position = told.position;
        this.#acked = told.position;
        this.#tell({ kind: "open" });
        break;
      case "size":
        this.#parts.onSize(told);
        break;
      case "title":
        this.#parts.onTitle(told.title);
        break;
      case "exit":
        this.#tell({ kind: "ended", exitCode: told.exitCode });
        break;
      case "error":
        if (!passingCodes.includes(told.code)) this.#tell({ kind: "refused", message: told.message });
        break;
      default:
    }
  }

  #shown(end: number): void {
    if (end - this.#acked < ackEveryBytes && end !== this.#position) return;
    if (this.#state.kind !== "open" || end <= this.#acked) return;
    this.#acked = end;
    const message = new DataView(new ArrayBuffer(9));
    message.setUint8(0, kinds.ack);
    message.setBigUint64(1, BigInt(end));
    this.#socket?.send(message.buffer);
  }

  #tell(state: LinkState): void {
    this.#state = state;
    this.#parts.onState(state);
  }
}
