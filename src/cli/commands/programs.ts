import type { Command } from "commander";
import type { CliCommand, CommandHost } from "../command.ts";
import type { Programs } from "../world.ts";

interface ProgramSpec {
  /** The last word of the command: `start`. */
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly program: keyof Programs;
  /** Whether the program prints a help of its own, with all its options. */
  readonly hasOwnHelp: boolean;
  /** Words that the program itself gets before the rest. */
  readonly passed: readonly string[];
}

/** A long-running program behind the same executable; it is loaded only when it is asked for. */
function programCommand(spec: ProgramSpec): CliCommand {
  return { attach: (parent, host) => attach(spec, parent, host) };
}

function attach(spec: ProgramSpec, parent: Command, host: CommandHost): void {
  // Words after the first one that is no option belong to the program, which only holds below a parent like this.
  const command = parent
    .enablePositionalOptions()
    .command(spec.name)
    .summary(spec.summary)
    .description(spec.summary)
    .argument("[arguments...]")
    // The program has options of its own: every word is handed to it as it is.
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText("after", `\nExample:\n  $ ${spec.example}`)
    .action(async (words: readonly string[]) => {
      host.setExitCode(await host.world.programs[spec.program]([...spec.passed, ...words]));
    });
  if (spec.hasOwnHelp) command.helpOption(false);
}

export const serverCommand = programCommand({
  name: "server",
  summary: "run the server",
  example: "prewarm server --http-port 7080",
  program: "server",
  hasOwnHelp: true,
  passed: [],
});

export const startProvisionerCommand = programCommand({
  name: "start",
  summary: "run a provisioner daemon",
  example: "prewarm provisioner start --url http://127.0.0.1:7080",
  program: "provisioner",
  hasOwnHelp: true,
  passed: [],
});

export const agentCommand = programCommand({
  name: "agent",
  summary: "run a workspace's agent (provisioners do this)",
  example: "prewarm agent",
  program: "agent",
  hasOwnHelp: false,
  passed: [],
});

export const databaseCommands: readonly CliCommand[] = [
  programCommand({
    name: "export",
    summary: "write the whole database to a file, or `-` for standard output",
    example: "prewarm db export backup.prewarm",
    program: "databaseTransfer",
    hasOwnHelp: true,
    passed: ["export"],
  }),
  programCommand({
    name: "import",
    summary: "read a file written by `db export` into an empty database",
    example: "prewarm db import backup.prewarm",
    program: "databaseTransfer",
    hasOwnHelp: true,
    passed: ["import"],
  }),
];
