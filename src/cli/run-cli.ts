import { Command, CommanderError } from "commander";
import type { CommandHost } from "./command.ts";
import { commandTree } from "./command-tree.ts";
import { complete, completionWord } from "./completion/complete.ts";
import { exitCodes } from "./exit-codes.ts";
import { InterruptedError } from "./interrupted.ts";
import { formOfWords } from "./output/form.ts";
import { Output } from "./output/output.ts";
import { UsageError } from "./usage-error.ts";
import type { CliWorld } from "./world.ts";

function buildProgram(host: CommandHost): Command {
  const { world } = host;
  const program = new Command("prewarm");
  program
    .description("Ready-to-use workspaces from pools that are kept warm.")
    .version(world.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .configureHelp({ showGlobalOptions: false })
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      // Commander's errors are thrown as well; they are reported once, in the form of every other error.
      outputError: () => undefined,
    })
    .addHelpText(
      "after",
      "\nExample:\n  $ prewarm login http://127.0.0.1:7080\n  $ prewarm create dev --template node" +
        "\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted; `exec` and `ssh` answer the command's own, or 255." +
        "\nEnvironment: PREWARM_URL, PREWARM_TOKEN, PREWARM_CONTEXT, PREWARM_CONFIG_DIR, PREWARM_SSH_DIR, NO_COLOR, PREWARM_DEBUG.",
    );
  for (const command of commandTree) command.attach(program, host);
  return program;
}

/** The command whose help explains the mistake, as far as the words name one. */
function helpFor(program: Command, argv: readonly string[]): string {
  const path: string[] = ["prewarm"];
  let at: Command | undefined = program;
  for (const word of argv) {
    at = at.commands.find((command) => command.name() === word || command.aliases().includes(word));
    if (at === undefined) break;
    path.push(word);
  }
  return [...path, "--help"].join(" ");
}

function usageErrorOf(error: CommanderError, help: string): UsageError {
  const [first = "", hint] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = /Did you mean (.+?)\?/.exec(hint ?? "")?.[1];
  const next = suggestion === undefined ? `See \`${help}\`.` : `Did you mean ${suggestion}?`;
  return new UsageError(`${first.charAt(0).toUpperCase()}${first.slice(1)}${/[.!?]$/.test(first) ? "" : "."}`, next);
}

/** Runs one command line (without `node` and the script) and answers the exit code. Never throws, never exits. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<number> {
  let exitCode: number = exitCodes.done;
  const output = new Output(world, await formOfWords(argv));
  const program = buildProgram({ world, setExitCode: (code) => (exitCode = code) });
  if (argv[0] === completionWord) return complete(program, argv.slice(1), world);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.done;
      // A group without a command has printed its help, which says all there is to say.
      if (error.code !== "commander.help") output.error(usageErrorOf(error, helpFor(program, argv)));
      return exitCodes.usage;
    }
    output.error(error);
    if (error instanceof InterruptedError) return exitCodes.interrupted;
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}
