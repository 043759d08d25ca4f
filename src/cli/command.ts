import { type Command, Option } from "commander";
import { CommandInput } from "./command-input.ts";
import { connect, type Invocation } from "./invocation.ts";
import { Output } from "./output/output.ts";
import type { CliWorld } from "./world.ts";

export interface OptionSpec {
  /** As commander writes it: `--template <name>`. */
  readonly flags: string;
  readonly about: string;
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
  /** Whether it takes `--organization`. */
  readonly isOrganizational?: boolean;
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

const jsonOption: OptionSpec = { flags: "--json", about: "print the result, and an error, as JSON" };
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
  const option = new Option(spec.flags, spec.about);
  if (spec.isRepeatable === true) {
    option.argParser((value: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), value]);
  }
  command.addOption(option);
}

export function defineCommand<Options>(spec: CommandSpec<Options>): CliCommand {
  return {
    attach(parent, host) {
      const command = parent.command(spec.usage).summary(spec.summary);
      command.description(spec.notes === undefined ? spec.summary : `${spec.summary}\n\n${spec.notes}`);
      command.addHelpText("after", `\nExample:\n  $ ${spec.example}`);
      const common = spec.isOrganizational === true ? [organizationOption, jsonOption] : [jsonOption];
      for (const option of [...(spec.options ?? []), ...common]) addOption(command, option);
      command.action(async () => {
        const operands = command.processedArgs;
        const raw = command.opts<Record<string, unknown>>();
        const input = new CommandInput({ operands, options: raw, command: fullName(command) });
        const organization = spec.isOrganizational === true ? input.text("organization") : undefined;
        const options = spec.read(input);
        const invocation: Invocation = {
          world: host.world,
          output: new Output(host.world, input.isOn("json")),
          organization: organization === undefined ? {} : { organization },
          connect: (connectOptions) => connect(host.world, connectOptions),
        };
        host.setExitCode(await spec.run(options, invocation));
      });
    },
  };
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
