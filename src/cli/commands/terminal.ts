import type { Client } from "../../client/client.ts";
import type { App } from "../../contracts/api/apps.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { type Terminal, terminalNameLengthMax } from "../../contracts/terminals.ts";
import { CodedError } from "../../contracts/errors.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { relativeTime } from "../output/time-text.ts";
import { listOf, openAppTerminal, openTerminal } from "../terminal/open-terminal.ts";
import { findApp } from "../terminal/find-app.ts";

const agentOption = { flags: "--agent <name>", about: "the agent that has it; the workspace's first unless said" };

interface OfWorkspace {
  readonly workspace: string;
  readonly agent: string | undefined;
}

interface AttachWish extends OfWorkspace {
  readonly attach: string | undefined;
  readonly name: string;
  readonly command: readonly string[];
  readonly app: string | undefined;
}

function read(input: CommandInput): AttachWish {
  const [attach, name, command] = [input.text("attach"), input.text("name") ?? "", input.operands(1)];
  if (name.length > terminalNameLengthMax) input.refuse(`A name has at most ${terminalNameLengthMax} characters.`);
  if (attach !== undefined && (name !== "" || command.length > 0)) {
    input.refuse("A terminal that is there already has its name and its program.");
  }
  const app = input.text("app");
  if (app !== undefined && (attach !== undefined || name !== "" || command.length > 0)) {
    input.refuse("An app's terminal has the app's name and command.");
  }
  return { workspace: input.operand(0), agent: input.text("agent"), attach, name, command, app };
}

async function run(wish: AttachWish, invocation: Invocation): Promise<number> {
  const client = await invocation.connect();
  const workspace = await findWorkspace(client, wish.workspace, invocation);
  const { name, attach, app } = wish;
  const agent = wish.agent ?? null;
  const asked = { client, workspace, called: wish.workspace };
  if (app !== undefined) return await openAppTerminal(invocation, asked, await terminalApp(client, workspace, wish));
  if (attach !== undefined) {
    const { id } = await findTerminal(client, workspace.id, wish, attach);
    return await openTerminal(invocation, asked, { id, isMade: false, agent, name, command: null });
  }
  const command = wish.command.length === 0 ? null : wish.command;
  const id = invocation.world.random.uuid();
  return await openTerminal(invocation, asked, { id, isMade: true, agent, name, command });
}

/** Errors: `not_found`, `invalid_request` for an app that opens in a browser. */
async function terminalApp(client: Client, workspace: Workspace, { app, agent }: AttachWish): Promise<App> {
  const found = await findApp(client, workspace, { name: app ?? "", agent: agent ?? null });
  if (found.command !== null) return found;
  throw new CodedError("invalid_request", `"${found.app}" is no command, and opens in a browser.`, {
    next: `\`prewarm open ${shellWord(workspace.name)} ${found.app}\`.`,
  });
}

/** By id, its beginning, or name. */
async function findTerminal(
  client: Client,
  workspace: string,
  { agent }: OfWorkspace,
  wanted: string,
): Promise<Terminal> {
  const terminals = await listOf(client, workspace, agent);
  const exact = terminals.filter(({ id, name }) => id === wanted || name === wanted);
  const found = exact.length > 0 ? exact : terminals.filter(({ id }) => id.startsWith(wanted));
  const [terminal] = found;
  if (terminal !== undefined && found.length === 1) return terminal;
  const message =
    found.length === 0
      ? `There is no terminal "${wanted}" in the workspace.`
      : `"${wanted}" is more than one terminal.`;
  throw new CodedError("not_found", message, { next: "`prewarm terminal list WORKSPACE` shows those that there are." });
}

const listTerminals = defineCommand<OfWorkspace>({
  usage: "list <workspace>",
  summary: "list the terminals of a workspace",
  example: "prewarm terminal list dev",
  options: [agentOption],
  isOrganizational: true,
  // No news tell of what an agent has.
  isWatchable: false,
  read: (input) => ({ workspace: input.operand(0), agent: input.text("agent") }),
  async run({ workspace: name, agent }, invocation) {
    const { output, world } = invocation;
    const client = await invocation.connect();
    const workspace = await findWorkspace(client, name, invocation);
    const terminals = await listOf(client, workspace.id, agent);
    const now = world.clock.now();
    output.result({ terminals }, () =>
      output.table<Terminal>(terminals, [
        { title: "ID", cell: ({ id }) => id },
        { title: "NAME", cell: ({ name: own }) => own },
        { title: "TITLE", cell: ({ title }) => title },
        { title: "COMMAND", cell: ({ command }) => command },
        { title: "VIEWERS", cell: ({ viewers }) => String(viewers) },
        { title: "STARTED", cell: ({ startedAt }) => relativeTime(startedAt, now) },
        { title: "STATE", cell: ({ exitCode }) => (exitCode === null ? "running" : `ended (${exitCode})`) },
      ]),
    );
    return exitCodes.done;
  },
});

const closeTerminal = defineCommand<OfWorkspace & { readonly terminal: string }>({
  usage: "close <workspace> <terminal>",
  summary: "end a terminal, and what runs in it",
  notes: "The terminal is named by its id, the beginning of it, or its name.",
  example: "prewarm terminal close dev build",
  options: [agentOption],
  isOrganizational: true,
  read: (input) => ({ workspace: input.operand(0), terminal: input.operand(1), agent: input.text("agent") }),
  async run(wish, invocation) {
    const client = await invocation.connect();
    const workspace = await findWorkspace(client, wish.workspace, invocation);
    const { id } = await findTerminal(client, workspace.id, wish, wish.terminal);
    const params = { workspace: workspace.id, terminal: id };
    const closed = await client.call("closeTerminal", { params, query: definedOnly({ agent: wish.agent }) });
    invocation.output.result(closed, () => `${id} is closed.`);
    return exitCodes.done;
  },
});

const renameTerminal = defineCommand<OfWorkspace & { readonly terminal: string; readonly name: string }>({
  usage: "rename <workspace> <terminal> <name>",
  summary: "name a terminal",
  example: "prewarm terminal rename dev 0c2b build",
  options: [agentOption],
  isOrganizational: true,
  read: (input) => ({
    workspace: input.operand(0),
    terminal: input.operand(1),
    name: input.operand(2),
    agent: input.text("agent"),
  }),
  async run(wish, invocation) {
    const client = await invocation.connect();
    const workspace = await findWorkspace(client, wish.workspace, invocation);
    const { id } = await findTerminal(client, workspace.id, wish, wish.terminal);
    const params = { workspace: workspace.id, terminal: id };
    const query = definedOnly({ agent: wish.agent });
    const renamed = await client.call("renameTerminal", { params, query, body: { name: wish.name } });
    invocation.output.result(renamed, () => `${id} is called ${printable(wish.name)}.`);
    return exitCodes.done;
  },
});

export const terminalCommand: CliCommand = defineCommand<AttachWish>({
  usage: "terminal <workspace> [command...]",
  summary: "open a terminal of a workspace, which stays when the connection does not",
  notes:
    "Enter ~ . leaves it, and it goes on for a day, or until the workspace stops; --attach comes back to it, from " +
    "anywhere. A lost line, a laptop that slept and a server that was replaced are waited for. Its program's exit code is " +
    `the command's own; ${exitCodes.notReached}: it could not be reached. Below: list, close, rename (a workspace of such ` +
    "a name is OWNER/NAME).",
  example: "prewarm terminal dev --name build",
  options: [
    { flags: "--attach <terminal>", about: "one that is there already, by its id, the beginning of it, or its name" },
    { flags: "--name <name>", about: "what it is called in lists" },
    {
      flags: "--app <name>",
      about: "an app of the template that is a command; the terminal in which it runs, if it does",
    },
    agentOption,
  ],
  isOrganizational: true,
  subcommands: [listTerminals, closeTerminal, renameTerminal],
  read,
  async run(wish, invocation) {
    try {
      return await run(wish, invocation);
    } catch (error) {
      invocation.output.error(error);
      return exitCodes.notReached;
    }
  },
});
