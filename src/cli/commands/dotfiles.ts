import type { Dotfiles } from "../../contracts/api/dotfiles.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";

function textOf({ repository, branch, folder, isOn }: Dotfiles): string {
  const place = [branch === "" ? "" : `, branch ${branch}`, folder === "" ? "" : `, folder ${folder}`].join("");
  return `${repository}${place}${isOn ? "" : " (switched off)"}`;
}

const showDotfiles = defineCommand<object>({
  usage: "show",
  summary: "show your dotfiles",
  example: "prewarm dotfiles show",
  read: () => ({}),
  async run(_, { output, connect }) {
    const dotfiles = await (await connect()).call("getDotfiles", {});
    output.result(dotfiles, () => textOf(dotfiles));
    return exitCodes.done;
  },
});

interface SetOptions {
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  readonly folder: string | undefined;
  readonly isOn: boolean | undefined;
}

const setDotfiles = defineCommand<SetOptions>({
  usage: "set [repository]",
  summary: "set the repository whose dotfiles your workspaces get, or switch that off and on",
  notes:
    "Once a workspace is yours, it clones the repository and runs the first of install.sh, install, bootstrap.sh, bootstrap, " +
    "script/bootstrap, setup.sh, setup and script/setup that may be executed; without any it links the dot-files into the " +
    "home. Workspaces that you have already run another repository at their next start, or with `dotfiles run`.",
  example: "prewarm dotfiles set https://github.com/ada/dotfiles",
  options: [
    { flags: "--branch <name>", about: "instead of the repository's own" },
    { flags: "--folder <path>", about: "a folder of the repository instead of all of it" },
    { flags: "--off", about: "keep them, and have no workspace run them" },
    { flags: "--on", about: "have workspaces run them again" },
  ],
  read: (input) => {
    const [isOn, isOff] = [input.isOn("on"), input.isOn("off")];
    if (isOn && isOff) input.refuse("--on and --off exclude each other.");
    const options = {
      repository: input.optionalOperand(0),
      branch: input.text("branch"),
      folder: input.text("folder"),
      isOn: isOn ? true : isOff ? false : undefined,
    };
    if (Object.values(options).every((value) => value === undefined)) input.refuse("There is nothing to set.");
    return options;
  },
  async run(options, { output, connect }) {
    const dotfiles = await (await connect()).call("setDotfiles", { body: definedOnly({ ...options }) });
    output.result(dotfiles, () => `Your dotfiles: ${textOf(dotfiles)}.`);
    return exitCodes.done;
  },
});

const clearDotfiles = defineCommand<object>({
  usage: "clear",
  summary: "have no dotfiles any more; workspaces keep what they have",
  example: "prewarm dotfiles clear",
  read: () => ({}),
  async run(_, { output, connect }) {
    await (await connect()).call("clearDotfiles", {});
    output.result({ cleared: true }, () => "You have no dotfiles any more.");
    return exitCodes.done;
  },
});

const runDotfiles = defineCommand<{ readonly workspace: string }>({
  usage: "run <workspace>",
  summary: "have a workspace fetch and run its owner's dotfiles once more",
  example: "prewarm dotfiles run dev",
  isOrganizational: true,
  read: (input) => ({ workspace: input.operand(0) }),
  async run({ workspace: which }, invocation) {
    const { output, connect } = invocation;
    const client = await connect();
    const { id, name } = await findWorkspace(client, which, invocation);
    const answer = await client.call("runDotfiles", { params: { workspace: id } });
    output.result(answer, () =>
      answer.isConnected
        ? `${name} runs ${answer.repository} now: \`prewarm logs ${name}\` shows how it goes.`
        : `${name} runs ${answer.repository} once its agent is there.`,
    );
    return exitCodes.done;
  },
});

export const dotfilesCommands: readonly CliCommand[] = [showDotfiles, setDotfiles, clearDotfiles, runDotfiles];
