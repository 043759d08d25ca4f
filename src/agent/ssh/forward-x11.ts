import type { Socket } from "node:net";
import type { Connection } from "ssh2";
import { joinSocket } from "../../platform/ssh/join-socket.ts";
import { displaysPerConnectionMax } from "./ssh-limits.ts";
import type { SshLink } from "./ssh-link.ts";
import { X11Display, type X11Request } from "./x11-display.ts";

const screenMax = 255;

/** The displays of one client: `-X`, `-Y`. All of it ends with the connection. */
export class ForwardX11 {
  readonly #client: Connection;
  readonly #connection: SshLink;
  readonly #displays = new Set<X11Display>();

  constructor(client: Connection, connection: SshLink) {
    this.#client = client;
    this.#connection = connection;
  }

  /** One more, to be opened when it is known what its session sees; undefined: it is refused. */
  add(request: X11Request): X11Display | undefined {
    const { protocol, screen } = request;
    const cookie = String(request.cookie);
    const isSound =
      /^[\x21-\x7e]{1,64}$/.test(protocol) && /^([0-9a-f]{2}){1,128}$/i.test(cookie) && screen <= screenMax;
    if (!isSound || this.#connection.isOver || this.#displays.size >= displaysPerConnectionMax) return undefined;
    const wanted = { protocol, cookie: Buffer.from(cookie, "hex"), screen, isSingle: request.single };
    const display = new X11Display(
      wanted,
      (socket) => this.#take(socket),
      () => this.#displays.delete(display),
    );
    this.#displays.add(display);
    return display;
  }

  close(): void {
    for (const display of this.#displays) display.close();
  }

  #take(socket: Socket): void {
    socket.on("error", () => undefined);
    this.#connection.openChannel(
      (opened) => this.#client.x11(socket.remoteAddress ?? "127.0.0.1", socket.remotePort ?? 0, opened),
      (channel) => {
        if (channel === undefined) return void socket.destroy();
        joinSocket(channel, socket);
        socket.resume();
      },
    );
  }
}
