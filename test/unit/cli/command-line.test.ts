import { describe, expect, it, onTestFinished } from "vitest";
import type { Programs } from "../../../src/cli/world.ts";
import { type CliBench, cliBench } from "../../support/cli-run.ts";

function bench(programs?: Programs): CliBench {
  const made = cliBench(programs === undefined ? {} : { programs });
  onTestFinished(() => made.dispose());
  return made;
}

/** The commands below a help text, by its own list. */
function listed(help: string): readonly string[] {
  const [, list = ""] = /\nCommands:\n([\s\S]*?)\n\n/.exec(`${help}\n\n`) ?? [];
  return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name ?? "").filter((name) => name !== "help");
}

const programPaths = ["server", "provisioner start", "agent", "db export", "db import"];
/** Those whose help is their own affair. */
const ownHelp = ["server", "provisioner start", "db export", "db import"];

async function commandsBelow(cli: CliBench, path: readonly string[]): Promise<readonly string[]> {
  if (ownHelp.includes(path.join(" "))) return [path.join(" ")];
  const names = listed((await cli.run(...path, "--help")).stdout);
  if (names.length === 0) return [path.join(" ")];
  const below: string[] = [];
  for (const name of names) below.push(...(await commandsBelow(cli, [...path, name])));
  return below;
}

describe("the command line", () => {
  it("has every command, each with a help that gives an example and --json", async () => {
    const cli = bench();
    const paths = await commandsBelow(cli, []);
    expect(paths.length).toBeGreaterThan(40);
    for (const path of paths.filter((one) => !ownHelp.includes(one))) {
      const help = await cli.run(...path.split(" "), "--help");
      expect(help.exitCode, path).toBe(0);
      expect(help.stdout, path).toContain(`\nExample:\n  $ prewarm ${path}`);
      if (!programPaths.includes(path)) expect(help.stdout, path).toContain("--json");
    }
  });

  it("prints its version", async () => {
    expect(await bench().run("--version")).toEqual({ exitCode: 0, stdout: "1.2.3\n", stderr: "" });
  });

  it.each([
    [["creat"], "Did you mean create?"],
    [["templates", "pussh"], "Did you mean push?"],
    [["list", "--statu", "x"], "Did you mean --status?"],
    [["jobs", "show"], "See `prewarm jobs show --help`."],
  ])("answers %j with exit code 2 and the way out", async (words, next) => {
    const done = await bench().run(...words);
    expect(done.exitCode).toBe(2);
    expect(done.stdout).toBe("");
    expect(done.stderr).toContain(`→ ${next}`);
  });

  it("answers 2 with help when a group is named without a command", async () => {
    const done = await bench().run("prebuilds");
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toContain("Usage: prewarm prebuilds");
  });

  it("reports wrong usage as JSON when JSON is asked for", async () => {
    const done = await bench().run("create", "dev", "--json", "--nonsense");
    expect(done.exitCode).toBe(2);
    expect(JSON.parse(done.stderr)).toMatchObject({
      error: { code: "usage", message: "Unknown option '--nonsense'." },
    });
  });

  it("says how to sign in when nobody is", async () => {
    const done = await bench().run("list");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toBe(
      "error: You are not signed in to any server. [unauthenticated]\n→ Run `prewarm login URL`.\n",
    );
  });

  it("hands every word to a program, its help and options too, and answers its exit code", async () => {
    const seen: string[] = [];
    const record = (name: string) => async (argv: readonly string[]) => {
      seen.push([name, ...argv].join(" "));
      return 3;
    };
    const cli = bench({
      server: record("server"),
      provisioner: record("provisioner"),
      agent: record("agent"),
      databaseTransfer: record("db"),
    });
    expect((await cli.run("server", "--http-port", "0", "--help")).exitCode).toBe(3);
    await cli.run("provisioner", "start", "--name=a", "--tag", "x=y");
    await cli.run("agent");
    await cli.run("db", "export", "-", "--pg-url", "postgres://x");
    await cli.run("db", "import", "file", "--json");
    expect(seen).toEqual([
      "server --http-port 0 --help",
      "provisioner --name=a --tag x=y",
      "agent",
      "db export - --pg-url postgres://x",
      "db import file --json",
    ]);
  });
});
