import path from "node:path";
import type { Client } from "../../client/client.ts";
import { CodedError } from "../../contracts/errors.ts";
import { visibleExactly } from "../../contracts/visible-text.ts";
import { type CliCommand, defineCommand, type OptionSpec } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { checkPullFolder, placeArchive } from "../pull-folder.ts";

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
    output.result(checked, () => {
      const { driver, parameters, presets } = checked;
      const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
      return `${folder} can be pushed: driver ${printable(driver)}, ${count(parameters.length, "parameter")}, ${count(presets.length, "preset")}.`;
    });
    output.progress("What only its driver can tell (a broken module, an image that is not there), its import will tell.");
    return exitCodes.done;
  },
});

interface PullOptions extends Asked {
  readonly folder: string;
  readonly isForced: boolean;
}

const pullTemplate = defineCommand<PullOptions>({
  usage: "pull <template> [folder]",
  summary: "write the files of a version into a folder",
  notes:
    "The folder is the template's name unless said, and has to be new or empty. With --force, what a push of it would " +
    "publish is replaced; the rest stays (.git, Terraform's state, .prewarmignore and what that names). Files are there " +
    "all together or not at all. For template admins, as files may hold what members are not to read.",
  example: "prewarm templates pull node ./node --version 3",
  options: [versionOption, { flags: "--force", about: "replace what a push of the folder would publish" }],
  isOrganizational: true,
  read: (input) => ({
    template: input.operand(0),
    folder: input.optionalOperand(1) ?? input.operand(0),
    version: input.text("version"),
    isForced: input.isOn("force"),
  }),
  async run(options, invocation) {
    const { output, world } = invocation;
    const folder = path.resolve(world.workingDirectory, options.folder);
    checkPullFolder(folder, options);
    const client = await invocation.connect({ timeoutMs: transferTimeoutMs });
    const { archive, called } = await fetchVersion(client, options, invocation);
    const entries = await placeArchive({ ...options, folder, archive, world });
    output.result({ template: options.template, folder, entries }, () => `${printable(called)} is in ${folder}.`);
    return exitCodes.done;
  },
});

const diffTemplate = defineCommand<Asked & { readonly folder: string }>({
  usage: "diff <template> [folder]",
  summary: "show what a push of a folder would change in a template's files",
  notes:
    "A unified diff from the version to the folder, as it would be packed. Exit codes as those of `diff`: 0 the same, " +
    "1 different, 2 trouble.",
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
      const { folderDiff } = await import("../output/folder-diff.ts");
      const after = await archiveFiles((await packFolder(folder)).bytes);
      const client = await invocation.connect({ timeoutMs: transferTimeoutMs });
      const { archive, called } = await fetchVersion(client, options, invocation);
      const diff = folderDiff(await archiveFiles(archive), after, { monotonicMs: world.monotonicMs });
      const isSame = diff.text === "";
      output.result({ isSame, ...diff }, () =>
        isSame ? `${folder} is as ${called}.` : visibleExactly(diff.text.trimEnd()),
      );
      return isSame ? exitCodes.done : exitCodes.failed;
    } catch (error) {
      output.error(error);
      return exitCodes.usage;
    }
  },
});

export const templateFileCommands: readonly CliCommand[] = [validateTemplate, pullTemplate, diffTemplate];
