import { Command } from "commander";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { commandTree } from "../../../src/cli/command-tree.ts";
import { bashReply, readBashLine } from "../../../src/cli/completion/bash-line.ts";
import { SpecOption } from "../../../src/cli/spec-option.ts";
import { cliBench } from "../../support/cli-run.ts";

async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const bench = cliBench();
  onTestFinished(() => bench.dispose());
  const { stdout, stderr, exitCode } = await bench.run("__complete", "fish", ...words);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t")[0] ?? "");
}

describe("completion comes from the tree of commands:", () => {
  it.each([
    [["cr"], ["create"]],
    [["templates", "pus"], ["push"]],
    [["notifications", "preferences", "s"], ["set"]],
    [["help", "vers"], []],
    [
      ["rm", "--or"],
      ["--orphan", "--organization"],
    ],
    [["list", "--dor"], ["--dormant"]],
    [
      ["list", "-o", ""],
      ["text", "wide", "json", "yaml"],
    ],
    [["list", "-o", "y"], ["yaml"]],
    [["list", "--output=j"], ["--output=json"]],
    [["list", "--sort", "last"], ["last_used"]],
    [
      ["jobs", "list", "--status", "can"],
      ["canceling", "canceled"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["users", "role", "ann", "ad"], ["administrator"]],
    [["exec", "dev", "--", "--js"], []],
    [["create", "--no-"], ["--no-wait"]],
    [["nonsense", ""], []],
    [["server", "--"], []],
    [["list", "--search", "--sort", "na"], []],
  ])("%j", async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  it("every command is offered, and the word by which shells ask is not", async () => {
    const offered = await complete("");
    expect(offered).toEqual(expect.arrayContaining(["setup", "login", "create", "completion", "version", "help"]));
    expect(offered.filter((word) => word.startsWith("_"))).toEqual([]);
  });

  it("a folder is left to the shell, by an exit code of its own", async () => {
    const bench = cliBench();
    onTestFinished(() => bench.dispose());
    expect(await bench.run("__complete", "fish", "templates", "push", "")).toEqual({
      exitCode: 3,
      stdout: "",
      stderr: "",
    });
  });
});

/** Every option of every command. */
function optionsBelow(command: Command): readonly { readonly command: Command; readonly option: SpecOption }[] {
  const own = command.options.filter((option) => option instanceof SpecOption).map((option) => ({ command, option }));
  return [...own, ...command.commands.flatMap(optionsBelow)];
}

function pathOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

describe("an option's values that are offered are those that its command takes:", () => {
  const program = new Command("prewarm").enablePositionalOptions();
  const { world, dispose } = cliBench();
  afterAll(() => dispose());
  for (const command of commandTree) command.attach(program, { world, setExitCode: () => undefined });
  const valued = optionsBelow(program).filter(({ option }) => option.required);
  expect(valued.length).toBeGreaterThan(60);

  it.each(valued.map((one) => [[...pathOf(one.command), one.option.long].join(" "), one] as const))("%s", async (_, {
    command,
    option,
  }) => {
    const bench = cliBench();
    onTestFinished(() => bench.dispose());
    const operands = command.registeredArguments
      .filter(({ required }) => required)
      .map(({ argChoices }) => argChoices?.[0] ?? "word");
    const others = command.options.filter((other) => other !== option && isRequiredBy(command, other.long ?? ""));
    // What follows the first operand may be another program's.
    const words = [...others.flatMap(({ long }) => [long ?? "", "word"]), ...operands];
    const { stderr } = await bench.run(...pathOf(command), option.long ?? "", "no-such-value", ...words);
    const told = /it must be one of (.+)\. \[usage\]/.exec(stderr)?.[1]?.split(", ");
    expect(option.valueChoices).toEqual(stderr.includes(`${option.long} is "no-such-value"`) ? told : undefined);
  });
});

/** Options without which a command does not come to look at the others. */
function isRequiredBy(command: Command, long: string): boolean {
  return command.name() === "create" && long === "--template";
}

describe("a word of bash", () => {
  const breaks = " \t\n\"'><=;|&(:";
  it.each([
    ["prewarm show de", "dev", "dev"],
    ["prewarm show ", "it's a $(thing)", "it\\'s\\ a\\ \\$\\(thing\\)"],
    ["prewarm show it\\'s\\ a", "it's a thing", "it\\'s\\ a\\ thing"],
    ["prewarm show 'my ", "my dev", "my dev"],
    ["prewarm show 'my ", "my 'dev'", undefined],
    ['prewarm show "my ', "my $dev", "my \\$dev"],
    ["prewarm context use 127.0.0.1:70", "127.0.0.1:7080", "7080"],
    ["prewarm list --output=j", "--output=json", "json"],
    ["prewarm show ü", "über", "über"],
  ])("%j is completed to %j by %j", (line, value, reply) => {
    expect(bashReply(value, readBashLine(line), breaks)).toBe(reply);
  });

  it("is read as bash reads it", () => {
    expect(readBashLine(`prewarm  create 'a b' "c \\" d" e\\ f `)).toMatchObject({
      words: ["prewarm", "create", "a b", 'c " d', "e f", ""],
      quote: undefined,
    });
  });
});
