import { execPath } from "../../contracts/agent-protocol.ts";
import { execCommandLengthMax } from "../../contracts/limits.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { underUrl } from "../../contracts/under-url.ts";

interface ExecOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly agent: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly isInTerminal: boolean;
}

function read(input: CommandInput): ExecOptions {
  const command = input.operands(1);
  const length = command.reduce((sum, word) => sum + Buffer.byteLength(word), 0);
  if (length > execCommandLengthMax) input.refuse(`The command is longer than ${execCommandLengthMax} bytes.`);
  return {
    name: input.operand(0),
    command,
    agent: input.text("agent") ?? null,
    env: input.pairs("env") ?? {},
    isInTerminal: input.isOn("tty"),
  };
}

async function runInWorkspace(options: ExecOptions, invocation: Invocation): Promise<number> {
  const client = await invocation.connect();
  const workspace = await findWorkspace(client, options.name, invocation);
  const url = new URL(underUrl(client.url, execPath(workspace.id)));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const { command, env, agent, isInTerminal } = options;
  const session = { url: url.href, token: client.token ?? "", command, env, agent, world: invocation.world };
  if (isInTerminal) return (await import("../exec/terminal-session.ts")).runTerminalSession(session);
  return (await import("../exec/exec-session.ts")).runExecSession(session);
}

export const execCommand = defineCommand<ExecOptions>({
  usage: "exec <workspace> <command...>",
  summary: "run a command in a workspace",
  notes:
    "Standard input, output and error are passed through, SIGINT, SIGTERM and SIGHUP are forwarded, and the exit code " +
    `is the command's own. It is ${exitCodes.notReached} when the command could not be run or the connection was lost. ` +
    "With -t it runs in a terminal, which `script` of util-linux or python3 of the workspace makes; it ends with the " +
    "connection. Input is always passed on, so -i changes nothing.",
  example: "prewarm exec dev -- sh -c 'echo hello from $(hostname)'",
  options: [
    { flags: "-t, --tty", about: "run it in a terminal of the workspace: prewarm exec -it dev -- bash" },
    { flags: "-i, --interactive", about: "for those who type -it; standard input is passed on in any case" },
    { flags: "--agent <name>", about: "the agent to run it; the workspace's first unless said" },
    { flags: "--env <key=value>", about: "environment variable of the command; may be repeated", isRepeatable: true },
  ],
  isOrganizational: true,
  read,
  async run(options, invocation) {
    try {
      return await runInWorkspace(options, invocation);
    } catch (error) {
      invocation.output.error(error);
      return exitCodes.notReached;
    }
  },
});
