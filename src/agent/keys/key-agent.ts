import { createPrivateKey, type KeyObject } from "node:crypto";
import type { Socket } from "node:net";
import { sshString } from "../../platform/ssh-ed25519.ts";
import { PrivateSocket } from "../private-socket.ts";
import { answerOfKeyAgent, keyMessageBytesMax } from "./key-agent-protocol.ts";

/** Connections to the socket at a time; `ssh` and `git` have one each. */
export const keyConnectionsMax = 64;

/**
 * The owner's SSH key, offered to programs by a socket that signs and never tells the key. It is in this process's memory
 * alone. The socket is there while there is a key.
 */
export class KeyAgent {
  #key: KeyObject | null = null;
  readonly #socket = new PrivateSocket({
    name: "key",
    connectionsMax: keyConnectionsMax,
    serve: (socket) => this.#serve(socket),
  });

  /** Has it offer this key and no other; null forgets the key, and ends what is connected. */
  async offer(pem: string | null): Promise<void> {
    this.#key = pem === null ? null : createPrivateKey(pem);
    if (this.#key === null) return this.close();
    await this.#socket.open();
  }

  /** What `SSH_AUTH_SOCK` says; undefined while there is no key. */
  get path(): string | undefined {
    return this.#socket.path;
  }

  close(): void {
    this.#key = null;
    this.#socket.close();
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
