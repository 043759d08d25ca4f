import { createConnection, type Socket } from "node:net";

export interface LineExchange {
  /** Of one line, either way. */
  readonly bytesMax: number;
  readonly limitMs: number;
}

/** The fields of a line in JSON; null for what is no object. */
export function fieldsOfLine(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    // An object of JSON has names with values of any kind.
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

/** Answers the first line of a connection by one line, and ends it; null: by nothing. Whoever is silent is let go. */
export function answerLine(
  socket: Socket,
  { bytesMax, limitMs }: LineExchange,
  answer: (line: string) => Promise<string> | null,
): void {
  let waiting = Buffer.alloc(0);
  let isAnswered = false;
  socket.setTimeout(limitMs, () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    if (isAnswered) return;
    waiting = Buffer.concat([waiting, bytes]);
    const end = waiting.indexOf("\n");
    if (end < 0 && waiting.length <= bytesMax) return;
    isAnswered = true;
    const answered = end < 0 ? null : answer(waiting.subarray(0, end).toString("utf8"));
    if (answered === null) return void socket.destroy();
    void answered.then((text) => socket.end(`${text}\n`));
  });
}

/** Says a line to who listens at a path. @returns all that is answered. */
export async function askLine(path: string, line: string, { bytesMax, limitMs }: LineExchange): Promise<string> {
  const text = await new Promise<string>((resolve, reject) => {
    let received = "";
    const socket = createConnection(path);
    const timer = setTimeout(() => socket.destroy(new Error("it did not answer")), limitMs);
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${line}\n`));
    socket.on("data", (piece: string) => {
      received += piece;
      if (received.length > bytesMax) socket.destroy(new Error("its answer is too long"));
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(received);
    });
  });
  if (text === "") throw new Error("it hung up");
  return text;
}
