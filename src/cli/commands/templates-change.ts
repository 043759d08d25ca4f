import { writeFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../contracts/errors.ts";
import { makeFolder } from "../../platform/make-folder.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmLoss } from "../prompts.ts";
import { templateExample } from "../template-example.ts";

const promoteVersion = defineCommand<{ readonly template: string; readonly version: string }>({
  usage: "promote <template> <version>",
  summary: "make a version, by name, number or id, the active one",
  notes: "The pools of the version before are replaced.",
  example: "prewarm templates promote node 3",
  isOrganizational: true,
  read: (input) => ({ template: input.operand(0), version: input.operand(1) }),
  async run(params, { output, connect, organization }) {
    const client = await connect();
    const version = await client.call("promoteTemplateVersion", { params, query: organization });
    output.result(version, () => `${params.template} version ${version.number} (${version.name}) is active.`);
    return exitCodes.done;
  },
});

interface DeprecateOptions {
  readonly template: string;
  readonly deprecated: boolean;
  readonly message: string | undefined;
}

const deprecateTemplate = defineCommand<DeprecateOptions>({
  usage: "deprecate <template>",
  summary: "stop new workspaces from a template; its pools drain",
  example: "prewarm templates deprecate node --message 'use node-22'",
  options: [
    { flags: "-m, --message <text>", about: "what to use instead" },
    { flags: "--undo", about: "take the deprecation back" },
  ],
  isOrganizational: true,
  read(input) {
    const deprecated = !input.isOn("undo");
    const message = input.text("message");
    if (!deprecated && message !== undefined) input.refuse("--undo takes no --message.");
    return { template: input.operand(0), deprecated, message };
  },
  async run({ template, deprecated, message }, { output, connect, organization }) {
    const client = await connect();
    const body = { deprecated, ...definedOnly({ message }) };
    const answer = await client.call("deprecateTemplate", { params: { template }, query: organization, body });
    output.result(answer, () => `${answer.name} is ${deprecated ? "deprecated" : "no longer deprecated"}.`);
    return exitCodes.done;
  },
});

const deleteTemplate = defineCommand<{ readonly template: string; readonly isAgreed: boolean }>({
  usage: "delete <template>",
  summary: "delete a template that no person's workspace uses; its pools drain",
  notes: "Asks first on a terminal.",
  example: "prewarm templates delete node --yes",
  options: [{ flags: "-y, --yes", about: "do not ask" }],
  isOrganizational: true,
  read: (input) => ({ template: input.operand(0), isAgreed: input.isOn("yes") }),
  async run({ template, isAgreed }, { output, world, connect, organization }) {
    const client = await connect();
    await confirmLoss(world, { message: `Delete the template ${template} and its pools?`, isAgreed });
    await client.call("deleteTemplate", { params: { template }, query: organization });
    output.result({ deleted: template }, () => `${template} is deleted.`);
    return exitCodes.done;
  },
});

const initTemplate = defineCommand<{ readonly folder: string }>({
  usage: "init [folder]",
  summary: "write an example of a template, with comments",
  example: "prewarm templates init ./node",
  read: (input) => ({ folder: input.optionalOperand(0) ?? "." }),
  async run({ folder }, { output, world }) {
    const directory = path.resolve(world.workingDirectory, folder);
    const file = path.join(directory, "template.yaml");
    try {
      makeFolder(directory);
      // "wx" refuses what exists in the same step, so that somebody's work is never written over.
      await writeFile(file, templateExample, { flag: "wx" });
    } catch (cause) {
      const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
      throw new CodedError(
        "conflict",
        isThere ? `${file} exists already.` : `${file} cannot be written: ${String(cause)}.`,
        {
          cause,
          next: "Name another folder.",
        },
      );
    }
    output.result({ file }, () => `${file} is written.`);
    output.progress(`Change it to your needs, then publish it: prewarm templates push ${folder}`);
    return exitCodes.done;
  },
});

export const templateChangeCommands: readonly CliCommand[] = [
  promoteVersion,
  deprecateTemplate,
  deleteTemplate,
  initTemplate,
];
