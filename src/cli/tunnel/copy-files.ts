import type { Writable } from "node:stream";
import { lastName, placesFor, resolvePath } from "../../platform/copy/copy-places.ts";
import { CopyChannel, CopyError, type CopyOffer, copyPieceBytes } from "../../platform/copy/copy-records.ts";
import { receiveTree } from "../../platform/copy/receive-tree.ts";
import { type CopyTally, sendStream, sendTree } from "../../platform/copy/send-tree.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import type { CliWorld } from "../world.ts";
import type { CopySpec } from "./copy-spec.ts";

export interface CopyRun {
  readonly stream: TunnelDuplex;
  readonly spec: CopySpec;
  readonly isSync: boolean;
  readonly world: Pick<CliWorld, "stdin" | "stdout" | "workingDirectory" | "homeDirectory">;
  /** Something was not copied, here or there. */
  readonly onProblem: (path: string, reason: string) => void;
  readonly tally: CopyTally;
}

/** Copies, in the one or the other direction. Errors: `CopyError` for what cannot be begun or gone on with. */
export async function copyFiles(run: CopyRun): Promise<void> {
  const { stream } = run;
  // Whoever is not through with it ends it; nobody shall wait for the rest.
  try {
    await (run.spec.direction === "up" ? sendUp(run) : await takeDown(run));
    stream.end();
    stream.resume();
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

async function sendUp({ stream, spec, isSync, world, onProblem, tally }: CopyRun): Promise<void> {
  const channel = new CopyChannel(stream);
  const isStream = spec.sources[0] === "-";
  const names = spec.sources.map((source) => (isStream ? null : lastName(portable(source))));
  await channel.send({ kind: "write", target: spec.target, names });
  let answered: ((are: readonly boolean[]) => void) | null = null;
  const hear = async (): Promise<void> => {
    for await (const record of channel.records) {
      const json = record.kind === "control" ? record.json : null;
      if (json?.kind === "done") return;
      if (json?.kind === "problem") onProblem(json.path, json.reason);
      else if (json?.kind === "has") answered?.(json.are);
      else if (json?.kind === "failed") throw new CopyError(json.message);
      else throw new CopyError("what the workspace answers is not understood");
    }
    throw new CopyError("the stream ended before all was in its place");
  };
  const ask = async (files: readonly CopyOffer[]): Promise<readonly boolean[]> => {
    const answer = new Promise<readonly boolean[]>((resolve) => (answered = resolve));
    await channel.send({ kind: "offer", files });
    return await answer;
  };
  const { workingDirectory: base, homeDirectory: home } = world;
  const sources = spec.sources.map((source) => resolvePath(portable(source), { base, home }));
  const send = isStream
    ? sendStream(channel, world.stdin as AsyncIterable<Buffer>, tally)
    : sendTree({ channel, sources, ask: isSync ? ask : null, onProblem, tally });
  const heard = hear();
  // Its reason is the better one: when the workspace gives up, it ends the stream.
  heard.catch(() => undefined);
  await Promise.race([send, heard.then(() => send)]).catch(async (error: unknown) => {
    if (stream.destroyed || stream.readableEnded) await heard;
    throw error;
  });
  await heard;
}

async function takeDown({ stream, spec, isSync, world, onProblem, tally }: CopyRun): Promise<void> {
  const channel = new CopyChannel(stream);
  if (spec.target === "-") {
    await channel.send({ kind: "read", paths: spec.sources, isSync: false });
    return await takeToStream(channel, { to: world.stdout, onProblem, tally });
  }
  const { workingDirectory: base, homeDirectory: home } = world;
  const names = spec.sources.map(lastName);
  const places = await placesFor({ target: portable(spec.target), names, base, home });
  await channel.send({ kind: "read", paths: spec.sources, isSync });
  await receiveTree({ channel, places, onProblem, tally });
}

interface ToStream {
  readonly to: Writable;
  readonly onProblem: (path: string, reason: string) => void;
  readonly tally: CopyTally;
}

async function takeToStream(channel: CopyChannel, { to, onProblem, tally }: ToStream): Promise<void> {
  for await (const record of channel.records) {
    if (record.kind === "control") {
      const { json } = record;
      if (json.kind === "sent") return;
      if (json.kind === "failed") throw new CopyError(json.message);
      if (json.kind === "folder") throw new CopyError("a folder cannot be written to standard output");
      if (json.kind === "problem") onProblem(json.path, json.reason);
      if (json.kind === "end" && json.reason !== null) throw new CopyError(`it could not be read: ${json.reason}`);
      if (json.kind === "file") tally.files += 1;
      continue;
    }
    tally.bytes += typeof record.bytes === "number" ? record.bytes : record.bytes.length;
    for (const piece of record.kind === "data" ? [record.bytes] : zerosOf(record.bytes)) {
      if (!to.write(piece)) await new Promise((resolve) => to.once("drain", resolve));
    }
  }
  throw new CopyError("the stream ended before all had come");
}

/** What a hole is read as, in pieces. */
function* zerosOf(bytes: number): Generator<Buffer> {
  const zeros = Buffer.alloc(Math.min(bytes, copyPieceBytes));
  for (let rest = bytes; rest > 0; rest -= zeros.length) yield zeros.subarray(0, rest);
}

/** Paths of this machine with `/`, as those of the workspace have. */
function portable(written: string): string {
  return process.platform === "win32" ? written.replaceAll("\\", "/") : written;
}
