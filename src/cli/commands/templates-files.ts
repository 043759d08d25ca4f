import { link, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "../../client/client.ts";
import { CodedError } from "../../contracts/errors.ts";
import { type CliCommand, defineCommand, type OptionSpec } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import type { Paint } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { showWarnings } from "../output/warning-lines.ts";
import { type CliWorld, forwardedSignals } from "../world.ts";

const transferTimeoutMs = 300_000;
const versionOption: OptionSpec = {
  flags: "--version <version>",
  about: "by name, number or id; the active one unless said",
};

interface Asked {
  readonly template: string;
  readonly version: string | undefined;
}

interface Fetched {
  readonly archive: Uint8Array;
  /** As people call it. */
  readonly called: string;
}

/** A version's folder, as it was pushed. */
async function fetchVersion(client: Client, asked: Asked, { organization }: Invocation): Promise<Fetched> {
  const { template } = asked;
  let { version } = asked;
  if (version === undefined) {
    const found = await client.call("getTemplate", { params: { template }, query: organization });
    if (found.template.activeVersion === null) {
      throw new CodedError("not_found", `The template "${template}" has no active version.`, {
        next: `Name one with --version; \`prewarm templates versions ${template}\` shows what there is.`,
      });
    }
    version = String(found.template.activeVersion.number);
  }
  const archive = await client.download("getVersionArchive", { params: { template, version }, query: organization });
  return { archive, called: `${template} version ${version}` };
}

const validateTemplate = defineCommand<{ readonly folder: string }>({
  usage: "validate [folder]",
  summary: "check a template's folder as a push does, and publish nothing",
  notes:
    "Says all that is wrong with `template.yaml`, its parameters and presets. What only the driver can tell (a broken " +
    "Terraform module, an image that does not exist) is told by the import of a push.",
  example: "prewarm templates validate ./node",
  isOrganizational: true,
  read: (input) => ({ folder: input.optionalOperand(0) ?? "." }),
  async run(options, { output, world, connect, organization }) {
    const folder = path.resolve(world.workingDirectory, options.folder);
    const { packFolder } = await import("../../platform/archive/pack-folder.ts");
    const { bytes } = await packFolder(folder);
    const client = await connect({ timeoutMs: transferTimeoutMs });
    const checked = await client.call("checkTemplate", { query: organization, bytes });
    showWarnings(checked.warnings, output);
    output.result(checked, () => {
      const { driver, parameters, presets } = checked;
      const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
      return `${folder} can be pushed: driver ${printable(driver)}, ${count(parameters.length, "parameter")}, ${count(presets.length, "preset")}.`;
    });
    return exitCodes.done;
  },
});

interface PullOptions extends Asked {
  readonly folder: string | undefined;
  /** A file for the archive itself, or `-`. */
  readonly archive: string | undefined;
  readonly isForced: boolean;
}

function readPull(input: CommandInput): PullOptions {
  const folder = input.optionalOperand(1);
  const archive = input.text("archive");
  if (folder !== undefined && archive !== undefined) input.refuse("--archive takes no folder.");
  return {
    template: input.operand(0),
    folder,
    version: input.text("version"),
    archive,
    isForced: input.isOn("force"),
  };
}

async function pull(options: PullOptions, invocation: Invocation): Promise<number> {
  const { output, world } = invocation;
  const { template, isForced } = options;
  const client = await invocation.connect({ timeoutMs: transferTimeoutMs });
  const { archive, called } = await fetchVersion(client, options, invocation);
  if (options.archive === "-") {
    await printArchive(world, archive);
  } else if (options.archive !== undefined) {
    const file = path.resolve(world.workingDirectory, options.archive);
    await writeArchive(file, archive, isForced);
    output.result(
      { template, file },
      () => `${printable(called)} is in ${file}.`,
      () => [file],
    );
  } else {
    const folder = path.resolve(world.workingDirectory, options.folder ?? template);
    const files = await placeInterruptibly(world, archive, { folder, isForced });
    output.result(
      { template, folder, files },
      () => `${printable(called)} is in ${folder}.`,
      () => files,
    );
  }
  return exitCodes.done;
}

const pullTemplate = defineCommand<PullOptions>({
  usage: "pull <template> [folder]",
  summary: "write the files of a version into a folder",
  notes:
    "The folder is the template's name unless said, and has to be new or empty; with --force the files that both have are " +
    "written over, and the others stay. It appears when all of it is there. For template admins, as files may hold what " +
    "members are not to read.",
  example: "prewarm templates pull node ./node --version 3",
  options: [
    versionOption,
    { flags: "--force", about: "write over what is there" },
    { flags: "--archive <file>", about: "write the gzipped tar itself, to a file or `-`" },
  ],
  isOrganizational: true,
  read: readPull,
  run: pull,
});

/** An interruption leaves nothing half done: it is looked at when all is unpacked, before anything changes. */
async function placeInterruptibly(
  world: CliWorld,
  archive: Uint8Array,
  target: { readonly folder: string; readonly isForced: boolean },
): Promise<readonly string[]> {
  const { placeArchive } = await import("../../platform/archive/place-archive.ts");
  const interrupted = new AbortController();
  const stops = forwardedSignals.map((signal) => world.onSignal(signal, () => interrupted.abort()));
  try {
    return await placeArchive(archive, target.folder, { isForced: target.isForced, abort: interrupted.signal });
  } finally {
    for (const stop of stops) stop();
  }
}

async function writeArchive(file: string, archive: Uint8Array, isForced: boolean): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(draft, archive, { flag: "wx" });
    // A link refuses what exists in the same step.
    if (isForced) await rename(draft, file);
    else await link(draft, file);
  } catch (cause) {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new CodedError(
      "conflict",
      isThere ? `${file} exists already.` : `${file} cannot be written: ${String(cause)}.`,
      {
        cause,
        next: isThere ? "Name another file, or use --force." : "Name another file.",
      },
    );
  } finally {
    await rm(draft, { force: true });
  }
}

async function printArchive(world: CliWorld, archive: Uint8Array): Promise<void> {
  if (world.isOutputTerminal) {
    throw new CodedError("invalid_request", "An archive is not for a terminal.", {
      next: "Name a file, or use a pipe.",
    });
  }
  await new Promise<void>((resolve) => world.stdout.write(archive, () => resolve()));
}

const steering: Readonly<Record<string, string>> = { "\r": "\\r", "\u001b": "\\x1b" };

/** A line of a patch for a terminal. What it would obey is a difference too, and so written out instead of left out. */
function terminalLine(line: string, paint: Paint): string {
  // oxlint-disable-next-line no-control-regex -- These are control characters.
  const shown = line.replaceAll(/[\r\u001b]/g, (character) => steering[character] ?? "");
  if (/^(diff|---|\+\+\+|old|new|deleted) /.test(line)) return paint.bold(shown);
  if (line.startsWith("+")) return paint.green(shown);
  return line.startsWith("-") ? paint.red(shown) : shown;
}

/** As it is where a program reads it, so that it can be applied. */
function showPatch(patch: string, { output, world }: Invocation): void {
  if (!world.isOutputTerminal) world.stdout.write(patch);
  else for (const line of patch.trimEnd().split("\n")) output.line(terminalLine(line, output.paint));
}

const diffTemplate = defineCommand<Asked & { readonly folder: string }>({
  usage: "diff <template> [folder]",
  summary: "show what a push of a folder would change in a template's files",
  notes:
    "A unified diff from the version to the folder, as it would be packed: what `git apply -R` takes back. Exit codes as " +
    "those of `diff`: 0 the same, 1 different, 2 trouble.",
  example: "prewarm templates diff node ./node",
  options: [versionOption],
  isOrganizational: true,
  read: (input) => ({
    template: input.operand(0),
    folder: input.optionalOperand(1) ?? ".",
    version: input.text("version"),
  }),
  async run(options, invocation) {
    const { output, world } = invocation;
    try {
      const folder = path.resolve(world.workingDirectory, options.folder);
      const { packFolder } = await import("../../platform/archive/pack-folder.ts");
      const { archiveFiles } = await import("../../platform/archive/archive-files.ts");
      const { folderDiff } = await import("../../platform/archive/folder-diff.ts");
      const after = await archiveFiles((await packFolder(folder)).bytes);
      const client = await invocation.connect({ timeoutMs: transferTimeoutMs });
      const { archive, called } = await fetchVersion(client, options, invocation);
      const diff = folderDiff(await archiveFiles(archive), after);
      const isSame = diff.text === "";
      const shown = {
        names: [...diff.added, ...diff.removed, ...diff.changed],
        show: () => showPatch(diff.text, invocation),
      };
      output.written({ isSame, ...diff }, shown);
      if (isSame) output.progress(`${folder} is as ${printable(called)}.`);
      return isSame ? exitCodes.done : exitCodes.failed;
    } catch (error) {
      output.error(error);
      return exitCodes.usage;
    }
  },
});

export const templateFileCommands: readonly CliCommand[] = [validateTemplate, pullTemplate, diffTemplate];
