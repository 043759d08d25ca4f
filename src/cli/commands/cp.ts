import { CodedError } from "../../contracts/errors.ts";
import { CopyError } from "../../platform/copy/copy-records.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import { InterruptedError } from "../interrupted.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { copyFiles } from "../tunnel/copy-files.ts";
import { type CopySpec, parseCopy } from "../tunnel/copy-spec.ts";
import { codedReset } from "../../tunnel/coded-reset.ts";
import { openService, wayInto } from "../tunnel/workspace-stream.ts";

/** What is not copied is named one by one up to here, and counted then. */
const problemsNamedMax = 100;
const progressMs = 500;
const megabyte = 1_000_000;

interface CopyWish {
  readonly spec: CopySpec;
  readonly isSync: boolean;
  readonly isQuiet: boolean;
}

function read(input: CommandInput): CopyWish {
  const spec = parseCopy([...input.operands(0)], input.text("agent") ?? null);
  if (typeof spec === "string") return input.refuse(`${spec}.`);
  return { spec, isSync: input.isOn("sync"), isQuiet: input.isOn("quiet") };
}

async function run(wish: CopyWish, invocation: Invocation): Promise<number> {
  const { output, world } = invocation;
  const { spec } = wish;
  const stream = await openService(await wayInto(spec, invocation), { kind: "files" });
  const tally = { files: 0, bytes: 0, skipped: 0 };
  let problems = 0;
  const onProblem = (path: string, reason: string): void => {
    problems += 1;
    if (problems <= problemsNamedMax) world.stderr.write(`${printable(path)}: ${printable(reason)}\n`);
  };
  const isShown = world.isErrorTerminal && !output.isStructured && !wish.isQuiet;
  const startedMs = world.monotonicMs();
  const show = (): void => {
    const rate = tally.bytes / megabyte / ((world.monotonicMs() - startedMs) / 1_000);
    const figures = `${tally.files} files, ${(tally.bytes / megabyte).toFixed(1)} MB, ${rate.toFixed(1)} MB/s`;
    world.stderr.write(`\r${figures}\u001b[K`);
  };
  const timer = isShown ? setInterval(show, progressMs) : undefined;
  const takeBacks = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) =>
    world.onSignal(signal, () => stream.destroy(new InterruptedError(interruptedWords))),
  );
  try {
    await copyFiles({ stream, spec, isSync: wish.isSync, world, onProblem, tally });
  } catch (error) {
    if (stream.errored instanceof InterruptedError) throw stream.errored;
    throw codedReset(error);
  } finally {
    clearInterval(timer);
    if (isShown) world.stderr.write("\r\u001b[K");
    for (const takeBack of takeBacks) takeBack();
  }
  if (problems > problemsNamedMax) world.stderr.write(`… and ${problems - problemsNamedMax} more.\n`);
  const skipped = tally.skipped === 0 ? "" : `, ${tally.skipped} were there already`;
  const text = `${tally.files} files, ${(tally.bytes / megabyte).toFixed(1)} MB${skipped}.`;
  if (output.isStructured && spec.target !== "-") output.result({ ...tally, problems }, () => text);
  else output.progress(text);
  return problems > 0 ? exitCodes.failed : exitCodes.done;
}

const interruptedWords = {
  message: "Interrupted: files that were complete are in their places, and nothing is left of the one under way.",
  next: "`prewarm cp --sync` goes on with what is missing.",
};

export const cpCommand = defineCommand<CopyWish>({
  usage: "cp <path...>",
  summary: "copy files into a workspace, or out of it",
  notes:
    "The last path is the target, and either it or all others are [OWNER/]NAME[.AGENT]:PATH; relative to the home there. " +
    "Folders are copied with all that is in them, into the target where that is a folder, as `cp -r` does; modes and " +
    "times are kept. Links are copied as links while they stay within what is copied; devices, pipes and sockets are not. " +
    '"-" is standard input or output. Needs nothing in the image. Exit codes: 0, 1 when something was not copied, ' +
    `${exitCodes.notReached} when the workspace could not be reached. A local path with ":" is written ./PATH.`,
  example: "prewarm cp ./src dev:project/",
  options: [
    { flags: "--agent <name>", about: "the agent whose files they are; the workspace's first unless said" },
    { flags: "--sync", about: "leave out files that are there with the same size and time" },
  ],
  isOrganizational: true,
  read,
  async run(wish, invocation) {
    try {
      return await run(wish, invocation);
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      if (!(error instanceof CopyError)) {
        invocation.output.error(error);
        return exitCodes.notReached;
      }
      const text = error.message;
      const next = "Name a path that is there; relative ones begin in the workspace's home.";
      throw new CodedError("conflict", `It was not copied: ${text}.`, { cause: error, next });
    }
  },
});
