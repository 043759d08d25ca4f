import type { IncomingMessage } from "node:http";
import { StringDecoder } from "node:string_decoder";

/** One line of a stream may be so long; what is longer is cut there. */
const lineLengthMax = 1_048_576;

/** The lines of a text that comes in pieces. */
async function* lines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const found = (rest + piece).split("\n");
    rest = (found.pop() ?? "").slice(0, lineLengthMax);
    yield* found;
  }
  if (rest !== "") yield rest;
}

async function* decoded(answer: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  for await (const piece of answer) yield decoder.write(piece);
}

/** The JSON objects of a stream such as a pull's progress or events: one a line. A line that is not JSON is skipped. */
export async function* jsonLines(answer: IncomingMessage): AsyncGenerator<Readonly<Record<string, unknown>>> {
  for await (const line of lines(decoded(answer))) {
    const value = parsed(line);
    if (typeof value === "object" && value !== null) yield value as Readonly<Record<string, unknown>>; // JSON has no other keys
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const frameHeadBytes = 8;

/**
 * The lines of a container without a terminal. The engine sends frames: one byte for the channel, three of nothing,
 * four for the length, then the text.
 */
export async function* logLines(answer: IncomingMessage): AsyncGenerator<string> {
  yield* lines(decoded(unframed(answer as AsyncIterable<Buffer>)));
}

async function* unframed(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    while (rest.length >= frameHeadBytes) {
      const end = frameHeadBytes + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield rest.subarray(frameHeadBytes, end);
      rest = rest.subarray(end);
    }
  }
}
