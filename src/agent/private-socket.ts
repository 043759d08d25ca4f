import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

interface Opened {
  readonly folder: string;
  readonly path: string;
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

export interface PrivateSocketOptions {
  /** Begins the folder's name. */
  readonly name: string;
  readonly connectionsMax: number;
  readonly serve: (socket: Socket) => void;
}

/** A socket for the programs of the workspace, in a folder that only its user may enter. */
export class PrivateSocket {
  readonly #options: PrivateSocketOptions;
  #opened: Opened | null = null;
  #isWanted = false;

  constructor(options: PrivateSocketOptions) {
    this.#options = options;
  }

  /** Undefined while it is closed. */
  get path(): string | undefined {
    return this.#opened?.path;
  }

  async open(): Promise<void> {
    this.#isWanted = true;
    // Folders for temporary files are swept now and then, and what is swept is opened anew.
    if (this.#opened !== null && !existsSync(this.#opened.path)) this.#shut();
    if (this.#opened !== null) return;
    const opened = await this.#listen();
    // Closed, or opened by another call, meanwhile.
    if (!this.#isWanted || this.#opened !== null) return end(opened);
    this.#opened = opened;
  }

  /** Ends what is connected, too. */
  close(): void {
    this.#isWanted = false;
    this.#shut();
  }

  #shut(): void {
    const opened = this.#opened;
    this.#opened = null;
    if (opened !== null) end(opened);
  }

  async #listen(): Promise<Opened> {
    const { name, connectionsMax, serve } = this.#options;
    // Made with mode 0700. Not beside the agent's files: a socket's path is short.
    const folder = mkdtempSync(path.join(tmpdir(), `prewarm-${name}-`));
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: false }, (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => undefined);
      serve(socket);
    });
    server.maxConnections = connectionsMax;
    const opened = { folder, path: path.join(folder, "agent"), server, sockets };
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(opened.path, resolve);
      });
    } catch (error) {
      end(opened);
      throw error;
    }
    return opened;
  }
}

function end({ server, sockets, folder }: Opened): void {
  server.close();
  for (const socket of sockets) socket.destroy();
  rmSync(folder, { recursive: true, force: true });
}
