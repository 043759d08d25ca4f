import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Ssh2Server } from "../../platform/ssh/ssh2-modules.ts";
import type { ForwardTargets } from "../../contracts/forward-targets.ts";
import type { Logger } from "../../platform/logger.ts";
import type { SshHostKey } from "./ssh-host-key.ts";
import { SshConnection } from "./ssh-connection.ts";
import { listenForModes } from "./pty-modes.ts";
import { connectionsMax } from "./ssh-limits.ts";
import type { SessionWorld } from "./ssh-link.ts";

export interface SshServerOptions {
  readonly hostKey: SshHostKey;
  readonly version: string;
  readonly logger: Logger;
  readonly world: SessionWorld;
}

/**
 * What both sides have had for years, and `ssh2` can without a native part. The client's order counts, and OpenSSH's
 * begins with chacha20-poly1305, which takes twice as long as these here: it is not offered (measured, decision 0050).
 */
const kex = ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"] as const;
const cipher = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr"] as const;

/**
 * The line is looked after by the tunnel, which waits for a client that sleeps longer than `ssh2` would. There is no way to
 * switch its own question off; this is the longest that a timer of Node takes.
 */
const neverMs = 2 ** 31 - 1;

/**
 * The workspace's SSH server. It listens nowhere: connections come over the tunnel, whose server has said who is there, so
 * that any way to authenticate is as good as another.
 */
export class SshServer {
  readonly #options: SshServerOptions;
  readonly #open = new Map<Duplex, SshConnection | null>();

  constructor(options: SshServerOptions) {
    this.#options = options;
    listenForModes();
  }

  /** How many clients are connected. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * @param userId as the server that brought the stream has verified.
   * @param targets where the client's channels may lead.
   */
  serve(stream: Duplex, userId: string, targets: ForwardTargets): void {
    // Its failure is the connection's, which is told of it.
    stream.on("error", () => undefined);
    if (this.#open.size >= connectionsMax) {
      return void stream.destroy(new Error(`The workspace has ${connectionsMax} SSH connections, its limit.`));
    }
    const { world, logger, hostKey, version } = this.#options;
    this.#open.set(stream, null);
    // Each of its channels may wait for it.
    stream.setMaxListeners(0);
    stream.once("end", () => stream.end());
    stream.once("close", () => this.#open.delete(stream));
    logger.info("an SSH client is connected", { userId });
    const server = new Ssh2Server(
      {
        hostKeys: [hostKey.secret],
        ident: `Prewarm_${version.replaceAll(/[^\w.]/g, "_")}`,
        algorithms: { kex: [...kex], cipher: [...cipher], compress: ["none"] },
        keepaliveInterval: neverMs,
      },
      (client) => this.#open.set(stream, new SshConnection(client, { world, logger, userId, targets })),
    );
    // What it asks of a socket besides, the tunnel's stream has.
    server.injectSocket(stream as Socket);
  }

  /** The workspace ends, and with it every connection. */
  end(): void {
    for (const [stream, connection] of this.#open) {
      if (connection === null) stream.destroy();
      else connection.end();
    }
  }
}
