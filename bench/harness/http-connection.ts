import net from "node:net";

export interface Answered {
  readonly status: number;
  readonly body: string;
}

/**
 * A keep-alive HTTP/1.1 connection over a bare socket, one request at a time: a full client would take as much of the
 * machine as the server that is measured. It reads answers that give their length, as the server's JSON answers do.
 */
export class HttpConnection {
  readonly #socket: net.Socket;
  #received = "";
  #isOpen = true;
  #done: ((answer: Answered | Error) => void) | undefined;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#onData(text));
    socket.on("error", (error) => this.#finish(error));
    socket.on("close", () => {
      this.#isOpen = false;
      this.#finish(new Error("The server closed the connection."));
    });
  }

  /** False once the server has closed it, as it does with one that was idle for long. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  static async open(host: string, port: number): Promise<HttpConnection> {
    const socket = net.connect({ host, port });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new HttpConnection(socket);
  }

  send(request: string, done: (answer: Answered | Error) => void): void {
    this.#done = done;
    this.#received = "";
    this.#socket.write(request, "latin1");
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) return this.#finish(new Error("An answer without a length."));
    const bodyStart = headEnd + 4;
    if (this.#received.length < bodyStart + Number(length)) return;
    this.#finish({ status: Number(head.slice(9, 12)), body: this.#received.slice(bodyStart) });
  }

  #finish(answer: Answered | Error): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(answer);
  }
}

export function postRequest(options: {
  readonly host: string;
  readonly path: string;
  readonly secret: string;
  readonly body: object;
}): string {
  const body = JSON.stringify(options.body);
  return (
    `POST ${options.path} HTTP/1.1\r\nhost: ${options.host}\r\nauthorization: Bearer ${options.secret}\r\n` +
    `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
