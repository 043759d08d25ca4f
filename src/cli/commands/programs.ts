import type { Command } from "commander";
import type { CliCommand, CommandHost } from "../command.ts";
import type { Programs } from "../world.ts";

interface ProgramSpec {
  readonly path: readonly [string, ...string[]];
  readonly summary: string;
  readonly example: string;
  readonly program: keyof Programs;
  /** Whether the program prints a help of its own, with all its options. */
  readonly hasOwnHelp: boolean;
  /** Words that the program itself gets before the rest. */
  readonly passed: readonly string[];
}

const specs: readonly ProgramSpec[] = [
  {
    path: ["server"],
    summary: "run the server",
    example: "prewarm server --http-port 7080",
    program: "server",
    hasOwnHelp: true,
    passed: [],
  },
  {
    path: ["provisioner", "start"],
    summary: "run a provisioner daemon",
    example: "prewarm provisioner start --help",
    program: "provisioner",
    hasOwnHelp: true,
    passed: [],
  },
  {
    path: ["agent"],
    summary: "run a workspace's agent (provisioners do this)",
    example: "prewarm agent --help",
    program: "agent",
    hasOwnHelp: false,
    passed: [],
  },
  {
    path: ["db", "export"],
    summary: "write the whole database to a file, or `-` for standard output",
    example: "prewarm db export backup.ndjson",
    program: "databaseTransfer",
    hasOwnHelp: false,
    passed: ["export"],
  },
  {
    path: ["db", "import"],
    summary: "read a file written by `db export` into an empty database",
    example: "prewarm db import backup.ndjson",
    program: "databaseTransfer",
    hasOwnHelp: false,
    passed: ["import"],
  },
];

const groupSummaries: Readonly<Record<string, string>> = {
  provisioner: "run provisioner daemons",
  db: "export and import the database",
};

function groupOf(parent: Command, name: string): Command {
  const known = parent.commands.find((command) => command.name() === name);
  const summary = groupSummaries[name] ?? "";
  return known ?? parent.command(name).summary(summary).description(summary).enablePositionalOptions();
}

function attach(spec: ProgramSpec, parent: Command, host: CommandHost): void {
  const [first, ...rest] = spec.path;
  const leaf = rest.length === 0 ? parent : groupOf(parent, first);
  const command = leaf
    .command(spec.path.at(-1) ?? first)
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

/** The long-running programs behind the same executable; each is loaded only when it is asked for. */
export const programCommands: readonly CliCommand[] = specs.map((spec) => ({
  attach: (parent, host) => attach(spec, parent, host),
}));
