import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { constants } from "node:os";
import type { ServerChannel } from "ssh2";
import { sleep } from "../../platform/sleep.ts";
import { type ChannelOutput, type ExitWord, Pump } from "../../platform/ssh/channel-output.ts";

/** After a command's exit its pipes are read until they have brought nothing for so long. */
const quietMs = 200;
/** What goes on writing was left behind by the command. So often it is looked whether it is quiet, while the client keeps up. */
const looksMax = 10;

/** Signals that `ssh2` has words for; the others are told as shells count them. */
const namedSignals = /^SIG(ABRT|ALRM|FPE|HUP|ILL|INT|KILL|PIPE|QUIT|SEGV|TERM|USR1|USR2)$/;

export function exitWord(code: number | null, signal: NodeJS.Signals | null): ExitWord {
  if (signal === null) return { status: code ?? 0 };
  return namedSignals.test(signal)
    ? { signal: signal.slice("SIG".length) }
    : { status: 128 + (constants.signals[signal] ?? 0) };
}

export interface PipedCommand {
  readonly child: ChildProcessWithoutNullStreams;
  readonly channel: ServerChannel;
  readonly output: ChannelOutput;
}

/**
 * Carries a command's streams until it has ended and they are empty. A client that goes takes the pipes with it and sends
 * no signal: what editors start this way has to outlive the channel, and who writes into it notices. @returns how it ended.
 */
export async function carryPipes({ child, channel, output }: PipedCommand): Promise<ExitWord> {
  const { stdin, stdout, stderr } = child;
  // That a command does not read its input is no error.
  for (const stream of [stdin, channel]) stream.on("error", () => undefined);
  channel.pipe(stdin);
  const pumps = [new Pump(stdout, output, "stdout"), new Pump(stderr, output, "stderr")];
  let isOver = false;
  output.onClosed(() => {
    // What was sent before the client went still gets to the command.
    if (channel.readableEnded) stdin.end();
    else channel.once("end", () => stdin.end());
    if (!isOver) for (const pipe of [stdout, stderr]) pipe.destroy();
  });
  const end = await exitOf(child);
  isOver = true;
  // A child that it left behind may hold its pipes, and does not hold the channel.
  await Promise.race([Promise.all(pumps.map((pump) => pump.done)), untilQuiet(pumps, output)]);
  for (const pump of pumps) pump.letGo();
  channel.unpipe(stdin).resume();
  stdin.destroy();
  return end;
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<ExitWord> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`it could not be started: ${cause.message}`, { cause })));
    child.once("exit", (code, signal) => resolve(exitWord(code, signal)));
  });
}

async function untilQuiet(pumps: readonly Pump[], output: ChannelOutput): Promise<void> {
  const count = (): number => pumps.reduce((sum, pump) => sum + pump.seen, 0);
  let before = -1;
  let looks = 0;
  while (!output.isClosed && looks < looksMax && (count() !== before || !output.isIdle)) {
    before = count();
    await sleep(quietMs);
    if (output.isIdle) looks += 1;
  }
}
