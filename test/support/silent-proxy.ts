import { connect, createServer, type Server, type Socket } from "node:net";
import type { EmbeddedConnection } from "../../src/db/embedded/start-embedded.ts";
import { sleep } from "../../src/platform/sleep.ts";

export interface SilentProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that the proxy holds at this moment. */
  readonly size: number;
  /** Drops nothing and closes nothing, but passes nothing on any more, in either direction. */
  silence(): void;
  /** Passes everything on again, what had been sent meanwhile too, as a network that is mended does. */
  speak(): void;
  /** Passes on what is asked, and no answers. */
  swallowAnswers(): void;
  /** The lines of this moment pass nothing on any more that way, and close nothing; later ones are as they should be. */
  stall(way: "both" | "requests" | "answers"): void;
  /** Cuts every connection. */
  cut(): void;
  /** New connections are cut at once. */
  refuse(isRefusing: boolean): void;
  /** Each piece of data waits so long, in both directions. */
  delay(ms: number): void;
  close(): Promise<void>;
}

type Mode = "speaking" | "silent" | "answerless" | "requestless";

interface Line {
  readonly client: Socket;
  readonly target: Socket;
  /** Unless said, that of the proxy. */
  mode: Mode | null;
}

const stalled = { both: "silent", requests: "requestless", answers: "answerless" } as const;

/** A TCP proxy in front of something, PostgreSQL or a server, whose network can be broken. */
export async function startSilentProxy(to: () => Socket): Promise<SilentProxy> {
  const lines = new Set<Line>();
  let mode: Mode = "speaking";
  let isRefusing = false;
  let delayMs = 0;

  const set = (line: Line): void => {
    const own = line.mode ?? mode;
    if (own === "silent" || own === "requestless") line.client.pause();
    else line.client.resume();
    if (own === "speaking" || own === "requestless") line.target.resume();
    else line.target.pause();
  };
  const join = (from: Socket, into: Socket, line: Line): void => {
    from.on("data", (data) => {
      if (delayMs === 0) return void into.write(data);
      from.pause();
      void sleep(delayMs).then(() => {
        into.write(data);
        set(line);
      });
    });
    from.on("end", () => into.end());
    from.on("error", () => undefined);
    from.on("close", () => {
      lines.delete(line);
      into.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (isRefusing) return void client.destroy();
    const line: Line = { client, target: to(), mode: null };
    lines.add(line);
    join(client, line.target, line);
    join(line.target, client, line);
    set(line);
  });
  const turn = (next: Mode): void => {
    mode = next;
    for (const line of lines) set(line);
  };
  return {
    host: "127.0.0.1",
    port: await portOf(server),
    get size() {
      return lines.size;
    },
    silence: () => turn("silent"),
    speak: () => turn("speaking"),
    swallowAnswers: () => turn("answerless"),
    stall: (way) => {
      for (const line of lines) {
        line.mode = stalled[way];
        set(line);
      }
    },
    cut: () => cutAll(lines),
    refuse: (is) => {
      isRefusing = is;
    },
    delay: (ms) => {
      delayMs = ms;
    },
    close: async () => {
      cutAll(lines);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** In front of a server. */
export async function proxyBefore(url: string): Promise<{ readonly proxy: SilentProxy; readonly url: string }> {
  const { hostname: host, port } = new URL(url);
  const proxy = await startSilentProxy(() => connect({ host, port: Number(port), allowHalfOpen: true }));
  return { proxy, url: `http://${proxy.host}:${proxy.port}` };
}

export interface DatabaseProxy {
  readonly proxy: SilentProxy;
  /** The same database by way of the proxy. */
  readonly connection: EmbeddedConnection;
  readonly url: string;
}

export async function startDatabaseProxy(database: EmbeddedConnection): Promise<DatabaseProxy> {
  const proxy = await startSilentProxy(() => connect(`${database.host}/.s.PGSQL.${database.port}`));
  const { host, port } = proxy;
  const url = `postgresql://${database.user}:${database.password}@${host}:${port}/${database.database}`;
  return { proxy, connection: { ...database, host, port }, url };
}

function cutAll(lines: ReadonlySet<Line>): void {
  for (const { client, target } of lines) {
    client.destroy();
    target.destroy();
  }
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return address.port;
}
