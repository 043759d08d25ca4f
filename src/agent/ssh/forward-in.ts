import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Connection, ServerChannel } from "ssh2";
import { joinSocket } from "../../platform/ssh/join-socket.ts";
import { listenersPerConnectionMax } from "./ssh-limits.ts";
import type { SshLink } from "./ssh-link.ts";

type Opened = (error: Error | undefined, channel: ServerChannel) => void;

const socketMode = 0o600;

/** Listens in the workspace for the client's side: `-R`. All of it ends with the connection. */
export class ForwardIn {
  readonly #client: Connection;
  readonly #connection: SshLink;
  /** By `address:port` as the client names it, or the path. */
  readonly #listeners = new Map<string, readonly Server[]>();
  #opening = 0;

  constructor(client: Connection, connection: SshLink) {
    this.#client = client;
    this.#connection = connection;
    client.on("request", (accept, reject, name, info: unknown) => {
      this.#request(name, info).then(
        (port) => accept?.(port),
        () => reject?.(),
      );
    });
  }

  close(): void {
    for (const servers of this.#listeners.values()) for (const server of servers) server.close();
    this.#listeners.clear();
  }

  /** @returns the port that was chosen, where one was. Errors: it is refused. */
  async #request(name: string, info: unknown): Promise<number | undefined> {
    await this.#connection.environment();
    const {
      bindAddr = "",
      bindPort = 0,
      socketPath = "",
    } = info as {
      readonly bindAddr?: string;
      readonly bindPort?: number;
      readonly socketPath?: string;
    };
    switch (name) {
      case "tcpip-forward":
        return await this.#listenPort(bindAddr, bindPort);
      case "streamlocal-forward@openssh.com":
        await this.#listenPath(socketPath);
        return undefined;
      case "cancel-tcpip-forward":
        return this.#cancel(`${bindAddr}:${bindPort}`);
      case "cancel-streamlocal-forward@openssh.com":
        return this.#cancel(socketPath);
      default:
        throw new Error(`${name} is not known`);
    }
  }

  /** Whatever address is asked for: on the workspace's loopback, so that nobody else's machine gets in. */
  async #listenPort(address: string, wanted: number): Promise<number> {
    const opened = (socket: Socket): void =>
      this.#take(socket, (callback) => {
        const { remoteAddress = "127.0.0.1", remotePort = 0 } = socket;
        this.#client.forwardOut(address, port, remoteAddress, remotePort, callback);
      });
    const first = await this.#listen(opened, { host: "127.0.0.1", port: wanted });
    const { port } = first.address() as AddressInfo;
    // Where the machine has no IPv6, or somebody has the port there, IPv4 is enough.
    const second = await this.#listen(opened, { host: "::1", port }).catch(() => undefined);
    this.#keep(`${address}:${port}`, second === undefined ? [first] : [first, second]);
    return port;
  }

  async #listenPath(path: string): Promise<void> {
    await removeDeadSocket(path);
    const server = await this.#listen(
      (socket) => this.#take(socket, (opened) => this.#client.openssh_forwardOutStreamLocal(path, opened)),
      { path },
    );
    this.#keep(path, [server]);
  }

  #listen(
    opened: (socket: Socket) => void,
    where: { readonly host: string; readonly port: number } | { readonly path: string },
  ): Promise<Server> {
    if (this.#listeners.size + this.#opening >= listenersPerConnectionMax) {
      return Promise.reject(new Error("the connection has as many listeners as it may"));
    }
    this.#opening += 1;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, opened);
    return new Promise<Server>((resolve, reject) => {
      server.once("error", reject);
      server.listen(where, () => resolve(server));
      // Bound by now, as a path is at once: nobody got in between.
      if ("path" in where && server.listening) chmodSync(where.path, socketMode);
    }).finally(() => {
      this.#opening -= 1;
    });
  }

  #keep(name: string, servers: readonly Server[]): void {
    if (this.#connection.isOver) for (const server of servers) server.close();
    else this.#listeners.set(name, servers);
  }

  #cancel(name: string): undefined {
    const servers = this.#listeners.get(name);
    if (servers === undefined) throw new Error("nothing listens there");
    for (const server of servers) server.close();
    this.#listeners.delete(name);
  }

  #take(socket: Socket, open: (opened: Opened) => void): void {
    socket.on("error", () => undefined);
    this.#connection.openChannel(open, (channel) => {
      if (channel === undefined) return void socket.destroy();
      joinSocket(channel, socket);
      socket.resume();
    });
  }
}

/** A program that was killed leaves its socket, and the next one could not listen there. One that answers is left alone. */
async function removeDeadSocket(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const isAlive = await new Promise<boolean>((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => resolve(socket.destroy() === socket));
    socket.once("error", () => resolve(false));
  });
  if (!isAlive) unlinkSync(path);
}
