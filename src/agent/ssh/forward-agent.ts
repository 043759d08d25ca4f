import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Connection } from "ssh2";
import { joinSocket } from "../../platform/ssh/join-socket.ts";
import { openAgentChannel } from "../../platform/ssh/ssh2-inside.ts";
import type { SshLink } from "./ssh-link.ts";

/** The client's agent of keys, as a socket in a folder that only the workspace's user may enter: `-A`. */
export class ForwardAgent {
  readonly path: string;
  readonly #folder: string;
  readonly #server: Server;

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.path = path.join(folder, "agent");
    this.#server = server;
  }

  static async open(client: Connection, connection: SshLink): Promise<ForwardAgent> {
    // Made with mode 0700.
    const folder = await mkdtemp(path.join(tmpdir(), "prewarm-keys-"));
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      socket.on("error", () => undefined);
      connection.openChannel(
        (opened) => openAgentChannel(client, opened),
        (channel) => {
          if (channel === undefined) return void socket.destroy();
          joinSocket(channel, socket);
          socket.resume();
        },
      );
    });
    const opened = new ForwardAgent(folder, server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(opened.path, resolve);
    });
    return opened;
  }

  close(): void {
    this.#server.close(() => void rm(this.#folder, { recursive: true, force: true }).catch(() => undefined));
  }
}
