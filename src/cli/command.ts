import type { Command } from "commander";
import { CommandInput } from "./command-input.ts";
import { connect, type Invocation } from "./invocation.ts";
import { formats, resolveForm } from "./output/form.ts";
import { Output } from "./output/output.ts";
import { SpecOption } from "./spec-option.ts";
import { watchCommand } from "./watch-command.ts";
import type { CliWorld } from "./world.ts";

export interface OptionSpec {
  /** As commander writes it: `--template <name>`. */
  readonly flags: string;
  readonly about: string;
  /** The values it can have, which the shell completes; `read` refuses others. */
  readonly choices?: readonly string[];
  /** Whether the option may be given several times; its values are collected. */
  readonly isRepeatable?: boolean;
}

export interface CommandSpec<Options> {
  /** Name and operands: `create <name>`. */
  readonly usage: string;
  readonly summary: string;
  /** More about it, shown in its own help only. */
  readonly notes?: string;
  readonly example: string;
  readonly options?: readonly OptionSpec[];
  /** The words that an operand can be, by its name in `usage`, for the shell's completion. */
  readonly operandChoices?: Readonly<Record<string, readonly string[]>>;
  /** Whether it takes `--organization`. */
  readonly isOrganizational?: boolean;
  /** Whether it takes `--watch`; what is called `list` or `show` does unless said. */
  readonly isWatchable?: boolean;
  /** Commands under this one's word, which its first operand names. */
  readonly subcommands?: readonly CliCommand[];
  /** Whether what follows its first operand belongs to another program, options as well. */
  readonly isPassedThrough?: boolean;
  /** Reads the command line into what `run` takes, before anything is done. */
  readonly read: (input: CommandInput) => Options;
  /** Answers the exit code. */
  readonly run: (options: Options, invocation: Invocation) => Promise<number>;
}

/** A command that can be put below a parent. Hides the type of its options, which only it knows. */
export interface CliCommand {
  readonly attach: (parent: Command, host: CommandHost) => void;
}

export interface CommandHost {
  readonly world: CliWorld;
  readonly setExitCode: (exitCode: number) => void;
}

/** Short names that people type by habit. */
const aliases: Readonly<Record<string, string>> = { list: "ls", delete: "rm", remove: "rm" };

const watchOption: OptionSpec = { flags: "-w, --watch", about: "show it again as it changes, until Ctrl-C" };
const commonOptions: readonly OptionSpec[] = [
  {
    flags: "-o, --output <format>",
    choices: formats,
    about: `${formats.join(", ")}; wide has more columns, and wraps nothing`,
  },
  { flags: "--json", about: "print the result, and an error, as JSON; the same as -o json" },
  { flags: "-q, --quiet", about: "print names or ids only, and no progress" },
  { flags: "--context <name>", about: "the server and session to use (`prewarm context list`)" },
];
const organizationOption: OptionSpec = {
  flags: "--organization <name>",
  about: "the organization, by name or id; the default one unless said",
};

function fullName(command: Command): string {
  const parts: string[] = [];
  for (let at: Command | null = command; at !== null && at.parent !== null; at = at.parent) parts.unshift(at.name());
  return parts.join(" ");
}

function addOption(command: Command, spec: OptionSpec): void {
  const option = new SpecOption(spec.flags, spec.about, spec.choices);
  if (spec.isRepeatable === true) {
    option.argParser((value: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), value]);
  }
  command.addOption(option);
}

/** The options of a command in the order of its help: its own, then those of its kind, then those of all. */
function optionsOf<Options>(spec: CommandSpec<Options>, isWatchable: boolean): readonly OptionSpec[] {
  return [
    ...(spec.options ?? []),
    ...(isWatchable ? [watchOption] : []),
    ...(spec.isOrganizational === true ? [organizationOption] : []),
    ...commonOptions,
  ];
}

export function defineCommand<Options>(spec: CommandSpec<Options>): CliCommand {
  const [name = ""] = spec.usage.split(" ");
  const isWatchable = spec.isWatchable ?? ["list", "show"].includes(name);
  return {
    attach(parent, host) {
      const command = parent.command(spec.usage).summary(spec.summary);
      const alias = aliases[name];
      if (alias !== undefined) command.alias(alias);
      command.description(spec.notes === undefined ? spec.summary : `${spec.summary}\n\n${spec.notes}`);
      command.addHelpText("after", `\nExample:\n  $ ${spec.example}`);
      for (const option of optionsOf(spec, isWatchable)) addOption(command, option);
      if (spec.isPassedThrough === true) command.passThroughOptions();
      for (const argument of command.registeredArguments) {
        const choices = spec.operandChoices?.[argument.name()];
        if (choices !== undefined) argument.argChoices = [...choices];
      }
      command.action(async () => {
        const operands = command.processedArgs;
        const raw = command.opts<Record<string, unknown>>();
        const input = new CommandInput({ operands, options: raw, command: fullName(command) });
        host.setExitCode(await runCommand(spec, input, host));
      });
      for (const subcommand of spec.subcommands ?? []) subcommand.attach(command, host);
    },
  };
}

async function runCommand<Options>(
  spec: CommandSpec<Options>,
  input: CommandInput,
  host: CommandHost,
): Promise<number> {
  const organization = spec.isOrganizational === true ? input.text("organization") : undefined;
  const context = input.text("context");
  const asked = { format: input.choice("output", formats), isJson: input.isOn("json"), isQuiet: input.isOn("quiet") };
  const form = await resolveForm(asked);
  const options = spec.read(input);
  const runOnce = (world: CliWorld, output: Output): Promise<number> =>
    spec.run(options, {
      world,
      output,
      organization: organization === undefined ? {} : { organization },
      connect: (connectOptions) => connect(world, connectOptions),
    });
  const world = context === undefined ? host.world : { ...host.world, context };
  return input.isOn("watch") ? watchCommand(runOnce, world, form) : runOnce(world, new Output(world, form));
}

/** Commands under one word: `templates push`, `templates list` … */
export function defineGroup(name: string, summary: string, commands: readonly CliCommand[]): CliCommand {
  return {
    attach(parent, host) {
      const group = parent.command(name).summary(summary).description(summary);
      for (const command of commands) command.attach(group, host);
    },
  };
}
