import type { Readable, Writable } from "node:stream";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import type { CliWorld } from "../world.ts";

/** For what is under way when whoever started us ends us. */
const farewellMs = 1_000;
/** How often it is looked whether he is still there, once he has nothing more to say. */
const lookMs = 1_000;

export interface PassThroughWorld extends Pick<CliWorld, "onSignal"> {
  readonly input: Readable;
  readonly output: Writable;
  /** Another number: who started us is gone. */
  readonly parentPid: () => number;
}

/**
 * Passes bytes both ways, as fast as each side reads, until both have ended; an end of one side is no end of the other.
 * Errors: those of the stream.
 */
export async function passThrough(stream: TunnelDuplex, world: PassThroughWorld): Promise<void> {
  const { input, output, parentPid } = world;
  // While its key was kept.
  if (stream.errored !== null) throw stream.errored;
  const parent = parentPid();
  const timers: NodeJS.Timeout[] = [];
  const takeBacks = (["SIGHUP", "SIGTERM"] as const).map((signal) =>
    world.onSignal(signal, () => {
      // OpenSSH sends one as soon as it has said its last, which may still be under way.
      timers.push(setTimeout(() => stream.destroy(), farewellMs));
    }),
  );
  // A Ctrl-C is for what runs in the workspace, or ends OpenSSH, which then ends us.
  takeBacks.push(world.onSignal("SIGINT", () => undefined));
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once("error", reject);
      stream.once("close", resolve);
      // Nobody reads any more: EPIPE.
      output.on("error", () => stream.destroy());
      input.on("error", () => stream.destroy());
      input.once("end", () => {
        timers.push(setInterval(() => void (parentPid() !== parent && stream.destroy()), lookMs));
      });
      input.pipe(stream);
      stream.pipe(output);
    });
    await drained(output);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const takeBack of takeBacks) takeBack();
  }
}

/** What was read of the stream, and not yet taken by the reader. */
async function drained(output: Writable): Promise<void> {
  if (output.writableFinished || output.destroyed || output.errored !== null || !output.writableEnded) return;
  await new Promise<void>((resolve) => {
    output
      .once("finish", resolve)
      .once("error", () => resolve())
      .once("close", resolve);
  });
}
