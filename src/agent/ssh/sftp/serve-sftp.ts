import type { Readable } from "node:stream";
import { PacketReader } from "./packet-reader.ts";
import type { Paths } from "./paths.ts";
import { queuedBytesMax, requestsMax } from "./protocol.ts";
import { SftpSession } from "./sftp-session.ts";

export interface SftpParts {
  readonly channel: Readable;
  /** Resolves when there is room for more; false when nobody wants it. */
  readonly send: (packet: Buffer) => Promise<boolean>;
  readonly paths: Paths;
}

/** Serves files until the client has had enough. Errors: `PacketFault` and what the channel says. */
export async function serveSftp({ channel, send, paths }: SftpParts): Promise<void> {
  const session = new SftpSession(paths);
  const reader = new PacketReader();
  const room = new Room();
  const failures: unknown[] = [];
  // Answers go in the order of the requests, though the protocol leaves that open: OpenSSH's scp takes the first gap for
  // the end of the file, and cuts it there (9.2).
  let last: Promise<void> = Promise.resolve();
  const work = (packet: Buffer): void => {
    const answered = session.answer(packet);
    answered.catch(() => undefined);
    const before = last;
    const sent = async (): Promise<void> => {
      await before;
      if (!(await send(await answered))) channel.destroy();
    };
    last = sent()
      .catch((error: unknown) => void failures.push(error))
      .finally(() => room.leave(packet.length));
  };
  try {
    // Not destroyed at its end: how it ended is still to be told over it.
    for await (const piece of channel.iterator({ destroyOnReturn: false })) {
      for (const packet of reader.add(piece as Buffer)) {
        await room.enter(packet.length);
        if (failures.length > 0) break;
        work(packet);
      }
      if (failures.length > 0) break;
    }
    await room.empty();
    if (failures.length > 0) throw failures[0];
  } finally {
    await room.empty();
    await session.close();
  }
}

/** How much is worked on at a time. */
class Room {
  #requests = 0;
  #bytes = 0;
  #changed: (() => void) | null = null;

  async enter(bytes: number): Promise<void> {
    while (this.#requests >= requestsMax || (this.#requests > 0 && this.#bytes + bytes > queuedBytesMax)) {
      await this.#change();
    }
    this.#requests += 1;
    this.#bytes += bytes;
  }

  leave(bytes: number): void {
    this.#requests -= 1;
    this.#bytes -= bytes;
    this.#changed?.();
  }

  async empty(): Promise<void> {
    while (this.#requests > 0) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }
}
