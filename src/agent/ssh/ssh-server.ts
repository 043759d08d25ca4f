import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import ssh2, { type Connection, type ServerChannel } from "ssh2";
import type { Logger } from "../../platform/logger.ts";
import { dial } from "../tunnel/dial.ts";
import type { SshHostKey } from "./ssh-host-key.ts";
import { type SessionWorld, serveSession } from "./ssh-session.ts";

export interface SshServerOptions {
  readonly hostKey: SshHostKey;
  readonly version: string;
  readonly logger: Logger;
  readonly world: SessionWorld;
}

/** What both sides have had for years, and `ssh2` can without a native part. */
const algorithms = {
  kex: ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes256-ctr",
  ],
  compress: ["none"],
} as const;

/**
 * The workspace's SSH server. It listens nowhere: connections come over the tunnel, whose server has said who is there, so
 * that any way to authenticate is as good as another.
 */
export class SshServer {
  readonly #server: ssh2.Server;
  readonly #options: SshServerOptions;

  constructor(options: SshServerOptions) {
    this.#options = options;
    this.#server = new ssh2.Server(
      {
        hostKeys: [options.hostKey.secret],
        ident: `Prewarm_${options.version.replaceAll(/[^\w.]/g, "_")}`,
        algorithms: { ...algorithms, kex: [...algorithms.kex], cipher: [...algorithms.cipher], compress: ["none"] },
      },
      (connection) => this.#serve(connection),
    );
  }

  serve(stream: Duplex): void {
    // What it asks of a socket besides, the tunnel's stream has.
    this.#server.injectSocket(stream as Socket);
  }

  #serve(connection: Connection): void {
    const { world, logger } = this.#options;
    connection.on("error", (error: Error) => logger.debug("an SSH connection failed", { reason: error.message }));
    connection.on("authentication", (context) => context.accept());
    connection.on("session", (accept) => serveSession(accept(), world));
    connection.on("tcpip", (accept, reject, { destIP: host, destPort: port }) => {
      dial({ kind: "tcp", host, port }).then(
        (socket) => join(accept(), socket),
        () => reject(),
      );
    });
    connection.on("openssh.streamlocal", (accept: () => ServerChannel, reject: () => void, info: unknown) => {
      const { socketPath } = info as { readonly socketPath: string };
      const socket = connect({ path: socketPath });
      socket.once("error", () => reject());
      socket.once("connect", () => join(accept(), socket.removeAllListeners("error")));
    });
  }
}

/** Each side's end is the other's. */
function join(channel: ServerChannel, socket: Socket): void {
  channel.on("error", () => socket.destroy());
  socket.on("error", () => channel.close());
  channel.pipe(socket).pipe(channel);
  channel.once("close", () => socket.destroy());
}
