import { createPrivateKey, type KeyObject } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { sshString } from "../../platform/ssh-ed25519.ts";
import { answerOfKeyAgent, keyMessageBytesMax } from "./key-agent-protocol.ts";

/** Connections to the socket at a time; `ssh` and `git` have one each. */
export const keyConnectionsMax = 64;

interface Opened {
  readonly folder: string;
  readonly path: string;
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

/**
 * The owner's SSH key, offered to programs by a socket that signs and never tells the key. It is in this process's memory
 * alone. The socket is there while there is a key, in a folder that only the workspace's user may enter.
 */
export class KeyAgent {
  #key: KeyObject | null = null;
  #opened: Opened | null = null;

  /** Has it offer this key and no other; null forgets the key, and ends what is connected. */
  async offer(pem: string | null): Promise<void> {
    this.#key = pem === null ? null : createPrivateKey(pem);
    if (this.#key === null) return this.close();
    // Folders for temporary files are swept now and then, and what is swept is opened anew.
    if (this.#opened !== null && !existsSync(this.#opened.path)) this.#shut();
    if (this.#opened !== null) return;
    const opened = await this.#open();
    // Forgotten, or offered by another call, meanwhile.
    if (this.#key === null || this.#opened !== null) return end(opened);
    this.#opened = opened;
  }

  /** What `SSH_AUTH_SOCK` says; undefined while there is no key. */
  get path(): string | undefined {
    return this.#opened?.path;
  }

  close(): void {
    this.#key = null;
    this.#shut();
  }

  #shut(): void {
    const opened = this.#opened;
    this.#opened = null;
    if (opened !== null) end(opened);
  }

  async #open(): Promise<Opened> {
    // Made with mode 0700. Not beside the agent's files: a socket's path is short.
    const folder = mkdtempSync(path.join(tmpdir(), "prewarm-key-"));
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => undefined);
      this.#serve(socket);
    });
    server.maxConnections = keyConnectionsMax;
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

  #serve(socket: Socket): void {
    let waiting: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 4) {
        const length = waiting.readUInt32BE(0);
        if (length === 0 || length > keyMessageBytesMax) return void socket.destroy();
        if (waiting.length < 4 + length) return;
        const answer = answerOfKeyAgent(this.#key, waiting.subarray(4, 4 + length));
        waiting = waiting.subarray(4 + length);
        // One that does not read what it asked for is heard no further.
        if (!socket.write(sshString(answer))) {
          socket.pause();
          socket.once("drain", () => socket.resume());
        }
      }
    });
  }
}

function end({ server, sockets, folder }: Opened): void {
  server.close();
  for (const socket of sockets) socket.destroy();
  rmSync(folder, { recursive: true, force: true });
}
