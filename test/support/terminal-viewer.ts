import { WebSocket } from "ws";
import { terminalPath, type TerminalControl } from "../../src/contracts/terminals.ts";
import { decodeTerminalRecord, encodeTerminalRecord, type TerminalRecord } from "../../src/tunnel/terminal-records.ts";
import { waitUntil } from "./wait-until.ts";

export interface ViewerAt {
  readonly url: string;
  readonly workspace: string;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Whether it tells what it has shown; true unless said. */
  readonly isAcking?: boolean;
}

/** Somebody who looks at a terminal over a WebSocket, as a page does. */
export class TerminalViewer {
  readonly socket: WebSocket;
  readonly controls: TerminalControl[] = [];
  readonly #pieces: Buffer[] = [];
  readonly #isAcking: boolean;
  #isClosed = false;
  bytes = 0;
  position = 0;

  constructor({ url, workspace, id, headers, query = {}, isAcking = true }: ViewerAt) {
    this.#isAcking = isAcking;
    const address = new URL(terminalPath(workspace, id), url.replace("http", "ws"));
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    this.socket = new WebSocket(address, { headers });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.#isClosed = true));
    this.socket.on("message", (data: Buffer) => this.#hear(decodeTerminalRecord(data)));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString();
  }

  control<Kind extends TerminalControl["kind"]>(kind: Kind): Extract<TerminalControl, { kind: Kind }> | undefined {
    return this.controls.findLast((one): one is Extract<TerminalControl, { kind: Kind }> => one.kind === kind);
  }

  send(record: TerminalRecord): void {
    this.socket.send(encodeTerminalRecord(record));
  }

  type(text: string): void {
    this.send({ kind: "bytes", bytes: Buffer.from(text) });
  }

  async attached(): Promise<this> {
    await waitUntil("it is attached", () => this.control("attached") ?? this.#failure());
    return this;
  }

  async shows(text: string | RegExp): Promise<void> {
    const isShown = (): boolean => (typeof text === "string" ? this.text().includes(text) : text.test(this.text()));
    await waitUntil(() => `"${String(text)}" in ${JSON.stringify(this.text().slice(-2_000))}`, isShown);
  }

  async closed(): Promise<void> {
    await waitUntil("the viewer is closed", () => this.#isClosed);
  }

  #failure(): undefined {
    const error = this.control("error");
    if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
    return undefined;
  }

  #hear(record: TerminalRecord): void {
    if (record.kind === "control") {
      const control = record.json as TerminalControl;
      this.controls.push(control);
      if (control.kind === "attached") {
        this.position = control.position;
        if (control.isCleared) this.#pieces.length = 0;
      }
    } else if (record.kind === "bytes") {
      this.bytes += record.bytes.length;
      this.position += record.bytes.length;
      this.#pieces.push(Buffer.from(record.bytes));
      if (this.#pieces.length > 4_096) this.#pieces.splice(0, 2_048);
      if (this.#isAcking) this.send({ kind: "ack", position: this.position });
    }
  }
}
