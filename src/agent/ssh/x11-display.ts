import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { changeXauthority, familyLocal, withEntry, withoutEntry, type XauthEntry } from "./xauthority.ts";

/** What a client asks for with `x11-req`. */
export interface X11Request {
  /** Whether one program is all that it takes. */
  readonly single: boolean;
  readonly protocol: string;
  /** Hexadecimal. One of the client's making, which it replaces by its display's own. */
  readonly cookie: string | Buffer;
  readonly screen: number;
}

type Variables = Readonly<Record<string, string>>;

/** Those below may be real ones; as OpenSSH has it. */
const displayMin = 10;
const displayMax = 1_009;
const portOfDisplayZero = 6_000;
const hostsOfDisplays = ["127.0.0.1", "::1"] as const;

interface WantedDisplay {
  readonly protocol: string;
  readonly cookie: Buffer;
  readonly screen: number;
  readonly isSingle: boolean;
}

/**
 * A display that is the client's: programs find it by DISPLAY, and the cookie that they have to show in the file of cookies,
 * which is written here, so that no `xauth` has to be in the image. The client checks what they show.
 */
export class X11Display {
  readonly #wanted: WantedDisplay;
  readonly #taken: (socket: Socket) => void;
  readonly #onClosed: () => void;
  #servers: readonly Server[] = [];
  #isClosed = false;
  #putAway: () => Promise<void> = async () => undefined;

  constructor(wanted: WantedDisplay, taken: (socket: Socket) => void, onClosed: () => void) {
    this.#wanted = wanted;
    this.#taken = taken;
    this.#onClosed = onClosed;
  }

  /**
   * Listens, and leaves the cookie where programs look.
   * @param seen what the session's command sees.
   * @returns what it is to see besides. Errors: no display is free; nowhere can a cookie be left.
   */
  async open(seen: Variables, home: string): Promise<Record<string, string>> {
    try {
      const display = await this.#listen();
      const entry: XauthEntry = {
        family: familyLocal,
        address: Buffer.from(hostname()),
        display: Buffer.from(String(display)),
        protocol: Buffer.from(this.#wanted.protocol),
        cookie: this.#wanted.cookie,
      };
      const usual = seen["XAUTHORITY"] || path.join(seen["HOME"] || home, ".Xauthority");
      const file = await this.#leaveCookie(usual, entry);
      if (this.#isClosed) await this.#putAway();
      const variables = { DISPLAY: `localhost:${display}.${this.#wanted.screen}` };
      return file === usual ? variables : { ...variables, XAUTHORITY: file };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    // What cannot be removed opens nothing any more.
    void this.#putAway().catch(() => undefined);
    this.#onClosed();
  }

  #stopListening(): void {
    for (const server of this.#servers) server.close();
    this.#servers = [];
  }

  /** @returns the number of the first that is free. */
  async #listen(): Promise<number> {
    for (let display = displayMin; display <= displayMax; display += 1) {
      const servers = await this.#listenAt(portOfDisplayZero + display);
      if (servers === undefined) continue;
      this.#servers = servers;
      if (this.#isClosed) this.#stopListening();
      return display;
    }
    throw new Error(`all displays from ${displayMin} to ${displayMax} are taken`);
  }

  /** On both of loopback's addresses: what listened on the other would be shown cookies. Undefined: one is taken. */
  async #listenAt(port: number): Promise<readonly Server[] | undefined> {
    const servers: Server[] = [];
    for (const host of hostsOfDisplays) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
        if (this.#wanted.isSingle) this.#stopListening();
        this.#taken(socket);
      });
      const code = await listen(server, host, port);
      if (code === null) servers.push(server);
      else if (host === "127.0.0.1" || code === "EADDRINUSE") {
        for (const each of servers) each.close();
        if (code === "EADDRINUSE") return undefined;
        throw new Error(`nothing can listen on ${host}: ${code}`);
      }
    }
    return servers;
  }

  /** @returns the file: one of its own where the usual one cannot be written, as in a home that is only to be read. */
  async #leaveCookie(usual: string, entry: XauthEntry): Promise<string> {
    try {
      await changeXauthority(usual, (entries) => withEntry(entries, entry));
      this.#putAway = () => changeXauthority(usual, (entries) => withoutEntry(entries, entry));
      return usual;
    } catch {
      // Made with mode 0700.
      const folder = await mkdtemp(path.join(tmpdir(), "prewarm-x11-"));
      this.#putAway = () => rm(folder, { recursive: true, force: true });
      const own = path.join(folder, "Xauthority");
      await changeXauthority(own, () => [entry]);
      return own;
    }
  }
}

/** @returns null, or the code of why it does not. */
function listen(server: Server, host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => {
      server.removeAllListeners("error").on("error", () => undefined);
      resolve(null);
    });
  });
}
