import { Writable } from "node:stream";
import { CodedError, isPassingCode } from "../contracts/errors.ts";
import { sleep } from "../platform/sleep.ts";
import { exitCodes } from "./exit-codes.ts";
import type { OutputForm } from "./output/form.ts";
import { Output } from "./output/output.ts";
import type { CliWorld } from "./world.ts";

const watchIntervalMs = 2_000;

/** Runs the command once, with all that it says going to `output`. */
type RunOnce = (world: CliWorld, output: Output) => Promise<number>;

/**
 * An output that keeps what it is told: the text in order, and of the result what a program would see, by which it is
 * known whether anything but the time has changed.
 */
class Picture extends Output {
  json: unknown = undefined;
  readonly text: () => string;
  readonly world: CliWorld;

  constructor(world: CliWorld, form: OutputForm) {
    const chunks: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk.toString());
        done();
      },
    });
    const still = { ...world, stdout: stream, stderr: stream };
    super(still, form);
    this.world = still;
    this.text = () => chunks.join("");
  }

  override result(json: unknown, render: () => string, names?: () => readonly string[]): void {
    this.json = json;
    super.result(json, render, names);
  }
}

/**
 * Runs a command again and again until it is interrupted, which is how it is meant to end: with 0. A terminal is drawn
 * over; elsewhere, and for programs, the result is written anew whenever it has changed.
 */
export async function watchCommand(run: RunOnce, world: CliWorld, form: OutputForm): Promise<number> {
  const interrupted = new AbortController();
  const takeBacks = (["SIGINT", "SIGTERM"] as const).map((signal) => world.onSignal(signal, () => interrupted.abort()));
  const end = new Promise<undefined>((resolve) => {
    interrupted.signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const output = new Output(world, form);
  const isDrawn = world.isOutputTerminal && !output.isStructured;
  let shown: string | undefined;
  if (isDrawn) world.stdout.write("\u001b[2J");
  try {
    while (!interrupted.signal.aborted) {
      const picture = await Promise.race([take(run, world, form), end]);
      if (picture === undefined) break;
      if (isDrawn) world.stdout.write(drawnOver(picture.text(), world));
      else shown = writeChange(picture, shown, { output, world });
      await Promise.race([sleep(watchIntervalMs, interrupted.signal), end]);
    }
    return exitCodes.done;
  } finally {
    for (const takeBack of takeBacks) takeBack();
  }
}

/** A server that is away for a while ends no watch: what it is about is shown in place of the result. */
async function take(run: RunOnce, world: CliWorld, form: OutputForm): Promise<Picture> {
  const picture = new Picture(world, form);
  try {
    await run(picture.world, picture);
  } catch (error) {
    if (!(error instanceof CodedError) || !isPassingCode(error.code)) throw error;
    picture.error(error);
  }
  return picture;
}

function writeChange(
  picture: Picture,
  shown: string | undefined,
  { output, world }: { readonly output: Output; readonly world: CliWorld },
): string | undefined {
  // What cannot be had is no result, and none is written for it.
  if (picture.json === undefined) return shown;
  const now = JSON.stringify(picture.json);
  if (now === shown) return shown;
  if (output.isStructured) output.item(picture.json, () => "");
  else world.stdout.write(`${shown === undefined ? "" : "\n"}${picture.text()}`);
  return now;
}

/** From the upper left corner, each line's rest and all below it cleared: what stays the same does not flicker. */
function drawnOver(text: string, world: CliWorld): string {
  const rows = world.terminalSize?.()?.rows;
  const lines = text.trimEnd().split("\n");
  // One row stays for the cursor. What is beyond the last row would scroll the first ones away.
  const room = rows === undefined ? lines.length : Math.max(1, rows - 1);
  const rest = lines.length - room;
  const seen = rest > 0 ? [...lines.slice(0, room - 1), `… ${rest + 1} more lines; --limit and --offset`] : lines;
  return `\u001b[H${seen.map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`;
}
