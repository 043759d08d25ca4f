import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import { tunnelProtocol } from "../../contracts/tunnel.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import type { Invocation } from "../invocation.ts";
import { codedReset } from "../../tunnel/coded-reset.ts";
import { openService, wayInto, type WorkspaceWay } from "./workspace-stream.ts";

/** A round trip that takes longer is none. */
const answerMs = 15_000;
const handshakeMs = 10_000;
const messageBytesMax = 131_072;
const markBytes = 16;

export interface RoundTrips {
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

export interface Legs {
  /** Of requests to the server, over a connection that is there. */
  readonly http: RoundTrips;
  /** Between this machine and the server, by a WebSocket's own ping. */
  readonly line: RoundTrips;
  /** All the way to the agent, over the same line. */
  readonly agent: RoundTrips;
  /** What the way to the agent takes beyond the line, each pair measured one right after the other. */
  readonly serverToAgent: RoundTrips;
}

/** Where the time goes. Errors: `CodedError` for what cannot be reached. */
export async function measureLegs(
  { count, ...wanted }: WorkspaceWay & { readonly count: number },
  invocation: Invocation,
): Promise<Legs> {
  const nowMs = invocation.world.monotonicMs;
  const client = await invocation.connect();
  const way = await wayInto(wanted, invocation);
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const startedMs = nowMs();
    await inTime(work());
    return nowMs() - startedMs;
  };
  const socket = new WebSocket(way.url, tunnelProtocol, {
    headers: { authorization: `Bearer ${way.token}` },
    handshakeTimeout: handshakeMs,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
  });
  const stream = await openService({ ...way, isResumed: false, dial: () => socket }, { kind: "echo" });
  try {
    const echoes = new Echoes(stream);
    const ask = (): Promise<unknown> => client.call("whoAmI", {});
    // What only the first ones take is no part of the way.
    await timed(ask);
    await timed(() => echoes.next());
    const [http, line, agent]: [number[], number[], number[]] = [[], [], []];
    for (let nth = 0; nth < count; nth += 1) {
      http.push(await timed(ask));
      line.push(await timed(() => pong(socket)));
      agent.push(await timed(() => echoes.next()));
    }
    const between = agent.map((ms, nth) => Math.max(ms - (line[nth] ?? 0), 0));
    return { http: summary(http), line: summary(line), agent: summary(agent), serverToAgent: summary(between) };
  } catch (error) {
    throw codedReset(error);
  } finally {
    stream.destroy();
  }
}

/** Says a thing, and waits for it to come back. */
class Echoes {
  readonly #stream: TunnelDuplex;
  readonly #pieces: AsyncIterator<Buffer>;

  constructor(stream: TunnelDuplex) {
    this.#stream = stream;
    stream.on("error", () => undefined);
    this.#pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async next(): Promise<void> {
    const mark = randomBytes(markBytes);
    this.#stream.write(mark);
    let came = Buffer.alloc(0);
    while (came.length < mark.length) {
      const { value, done } = await this.#pieces.next();
      if (done === true) throw new CodedError("agent_unavailable", "The workspace has ended the stream.");
      came = Buffer.concat([came, value]);
    }
    if (!came.equals(mark)) throw new CodedError("internal", "Something else came back than was sent.");
  }
}

function pong(socket: WebSocket): Promise<void> {
  const mark = randomBytes(markBytes);
  return new Promise((resolve, reject) => {
    const settle = (error?: Error | null): void => {
      socket.off("pong", onPong).off("close", onClose);
      if (error instanceof Error) reject(error);
      else resolve();
    };
    const onPong = (data: Buffer): void => {
      if (data.equals(mark)) settle();
    };
    const onClose = (): void => settle(new CodedError("transient", "The line to the server was lost."));
    socket.on("pong", onPong).on("close", onClose);
    socket.ping(mark, undefined, (error?: Error | null) => {
      if (error instanceof Error) settle(error);
    });
  });
}

async function inTime<Answer>(work: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const late = new CodedError("agent_unavailable", `Nothing came back within ${answerMs / 1_000} s.`);
    timer = setTimeout(() => reject(late), answerMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

export function summary(ms: readonly number[]): RoundTrips {
  const sorted = ms.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  const round = (value: number): number => Math.round(value * 1_000) / 1_000;
  return { minMs: round(sorted[0] ?? 0), medianMs: round((low + high) / 2), maxMs: round(sorted.at(-1) ?? 0) };
}
