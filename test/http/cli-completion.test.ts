// The scripts of `prewarm completion`, in the shells themselves; one that is not installed is skipped.
import { type SpawnOptionsWithoutStdio, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { samplePool, sampleWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import { type ScriptedApi, startScriptedApi } from "../support/scripted-api.ts";

const root = path.resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(tmpdir(), "prewarm-completion-"));
mkdirSync(path.join(folder, "bin"));
mkdirSync(path.join(folder, "a folder"));
symlinkSync(path.join(root, "bin/prewarm"), path.join(folder, "bin/prewarm"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const odd = "it's $(reboot)";
const names = ["dev", "deep", odd, "two\nlines"];

async function server(): Promise<ScriptedApi> {
  const template = { name: "node" };
  const preset = { name: "large" };
  const api = await startScriptedApi({
    scripts: {
      listWorkspaces: ({ query }) => ({
        json: {
          workspaces:
            query["owner"] === "bob"
              ? [sampleWorkspace({ name: "his" })]
              : names.map((name) => sampleWorkspace({ name })),
          total: names.length,
        },
      }),
      listTemplates: () => ({ json: { templates: [template], total: 1 } }),
      listPools: () => ({ json: { pools: [samplePool()], total: 1 } }),
      getTemplate: () => ({ json: { ...template, presets: [preset] } }),
    },
  });
  onTestFinished(() => api.close());
  return api;
}

/** Runs a script of a shell with `prewarm` in its PATH, signed in to `url`. */
async function shell(
  program: string,
  argv: readonly string[],
  url: string,
): Promise<{ stdout: string; stderr: string }> {
  const options: SpawnOptionsWithoutStdio = {
    cwd: folder,
    env: {
      PATH: `${path.join(folder, "bin")}:${process.env["PATH"]}`,
      HOME: folder,
      TERM: "dumb",
      PREWARM_URL: url,
      PREWARM_TOKEN: "secret",
      PREWARM_CONFIG_DIR: path.join(folder, "config"),
    },
  };
  const child = spawn(program, argv, options);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => (stderr += String(data)));
  child.stdin.end();
  await new Promise((resolve) => child.once("close", resolve));
  return { stdout, stderr };
}

const lines = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");
const isThere = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

function keepContexts(): void {
  mkdirSync(path.join(folder, "config"), { recursive: true });
  const context = {
    name: "127.0.0.1:7080",
    url: "http://127.0.0.1:7080",
    token: "t",
    username: "ann",
    kind: "session",
  };
  const file = path.join(folder, "config/contexts.json");
  writeFileSync(file, JSON.stringify({ current: null, contexts: [context] }));
  chmodSync(file, 0o600);
}

/** What each shell is asked in turn, and what it is to answer. Bash and its words are below. */
type Question = readonly [line: string, expected: readonly string[]];
const questions: readonly Question[] = [
  ["prewarm cre", ["create"]],
  ["prewarm templates pus", ["push"]],
  ["prewarm list -o ", ["text", "wide", "json", "yaml"]],
  ["prewarm list --sort cre", ["created"]],
  ["prewarm show de", ["dev", "deep"]],
  ["prewarm show bob/", ["bob/his"]],
  ["prewarm create x --template ", ["node"]],
  ["prewarm create x -t node --preset ", ["large"]],
  ["prewarm prebuilds explain n", ["node/small"]],
  ["prewarm context use 127", ["127.0.0.1:7080"]],
  ["prewarm nonsense ", []],
];

describe.runIf(isThere("bash"))("bash", () => {
  /** As bash calls it: the line up to the cursor, and its own idea of the word. */
  async function ask(line: string, url: string): Promise<readonly string[]> {
    const script = `source <(prewarm completion bash)
COMP_LINE=$1 COMP_POINT=\${#1}
_prewarm prewarm "\${1##*[ =:]}" x
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await shell("bash", ["--norc", "-c", script, "bash", line], url);
    expect(stderr).toBe("");
    return lines(stdout);
  }

  const ofBash: readonly Question[] = [
    ...questions.filter(([line]) => !line.includes("127")),
    ["prewarm context use 127.0.0.1:70", ["7080"]],
    ["prewarm list --output=ya", ["yaml"]],
    ["prewarm show it", ["it\\'s\\ \\$\\(reboot\\)"]],
    ["prewarm show 'dee", ["deep"]],
    ["prewarm templates push a", ["a folder"]],
  ];

  it.each(ofBash)("%j", async (line, expected) => {
    keepContexts();
    expect(await ask(line, (await server()).url)).toEqual(expected);
  });

  it.runIf(isThere("script"))("puts the name into the line that a person writes, so that it is one word", async () => {
    const { url } = await server();
    const init = path.join(folder, "init");
    writeFileSync(init, "source <(prewarm completion bash)\nbind 'set enable-bracketed-paste off'\nPS1='$ '\n");
    const child = spawn("script", ["-qec", `bash --rcfile ${init} -i`, "/dev/null"], {
      cwd: folder,
      env: {
        PATH: `${path.join(folder, "bin")}:${process.env["PATH"]}`,
        HOME: folder,
        TERM: "dumb",
        PREWARM_URL: url,
        PREWARM_TOKEN: "secret",
      },
    });
    let seen = "";
    child.stdout.on("data", (data) => (seen += String(data)));
    const ended = new Promise((resolve) => child.once("close", resolve));
    await expect.poll(() => seen).toContain("$ ");
    child.stdin.write("prewarm show it\t");
    await expect.poll(() => seen, { timeout: 10_000 }).toContain("it\\'s\\ \\$\\(reboot\\)");
    child.stdin.write("\u0015exit\n");
    await ended;
  });
});

describe.runIf(isThere("zsh"))("zsh", () => {
  it.each([
    ...questions,
    ["prewarm show it", [odd]],
    ["prewarm list --output=ya", ["--output=yaml"]],
  ] as const)("%j", async (line, expected) => {
    keepContexts();
    const { url } = await server();
    // Its own completion is not there without a terminal: what it is told is shown instead.
    const script = `compdef() { :; }
source <(prewarm completion zsh)
compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -rl -- "\${(@P)1}"; }
_files() { print files; }
words=("\${(@z)1}") ; [[ $1 == *' ' ]] && words+=('')
CURRENT=$#words PREFIX=$words[-1]
_prewarm`;
    const { stdout, stderr } = await shell("zsh", ["-f", "-c", script, "zsh", line], url);
    expect(stderr).toBe("");
    expect(lines(stdout)).toEqual(expected);
  });

  it("takes the script as a file of its fpath", async () => {
    const script = `mkdir -p zfunc && prewarm completion zsh > zfunc/_prewarm && fpath=(zfunc $fpath) && autoload -U compinit && compinit -u -D && print $_comps[prewarm]`;
    expect((await shell("zsh", ["-f", "-c", script], "http://127.0.0.1:9")).stdout).toBe("_prewarm\n");
  });
});

describe.runIf(isThere("fish"))("fish", () => {
  it.each([...questions, ["prewarm show it", [odd]]] as const)("%j", async (line, expected) => {
    keepContexts();
    const { url } = await server();
    const script = `prewarm completion fish | source; complete -C ${JSON.stringify(line)}`;
    const { stdout, stderr } = await shell("fish", ["--no-config", "-c", script], url);
    expect(stderr).toBe("");
    const told = lines(stdout).map((one) => one.split("\t")[0]);
    expect(told.toSorted()).toEqual([...expected].toSorted());
  });
});

describe("names that cannot be had are left out in silence, soon:", () => {
  const asked = ["__complete", "fish", "show", ""];

  it("a server that does not answer", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const address = silent.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const { bench } = await cliAgainst({}, {});
    const begunMs = performance.now();
    const quiet = { ...bench.world, env: { PREWARM_URL: url, PREWARM_TOKEN: "x" } };
    const { runCli } = await import("../../src/cli/run-cli.ts");
    expect(await runCli(asked, quiet)).toBe(0);
    expect(performance.now() - begunMs).toBeLessThan(2_000);
    expect(bench.written()).toEqual({ stdout: "", stderr: "" });
  });

  it("a server that refuses, and nobody signed in", async () => {
    const { bench } = await cliAgainst({}, { isInputTerminal: true, isErrorTerminal: true });
    expect(await bench.run(...asked)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    const { runCli } = await import("../../src/cli/run-cli.ts");
    expect(await runCli(asked, { ...bench.world, env: {} })).toBe(0);
    expect(bench.written()).toEqual({ stdout: "", stderr: "" });
  });
});
