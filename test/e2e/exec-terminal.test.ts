// `exec -t` from a real terminal into one of a real workspace.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { terminalCommand } from "../../src/cli/exec/terminal-command.ts";
import {
  cleanUp,
  openFolder,
  processesOf,
  root,
  type ServerProcess,
  spawnServer,
  urlOf,
} from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const password = "a password of the test";
const isScriptThere = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true;

/** The program itself: what stands for it in PATH may need more than one other program. */
const python =
  spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout?.trim() ?? "";

let folder: string;
let server: ServerProcess;

function start(
  command: string,
  stdin?: string,
): { child: ChildProcess; output: () => string; raw: () => string; ended: Promise<number | null> } {
  const child = spawn("bash", ["-c", command], {
    cwd: folder,
    env: {
      PATH: `${path.join(root, "bin")}:${process.env["PATH"]}`,
      HOME: folder,
      PREWARM_CONFIG_DIR: path.join(folder, "config"),
      TERM: "xterm",
    },
    stdio: "pipe",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  if (stdin !== undefined) child.stdin.end(stdin);
  // A terminal in raw mode makes another return of each end of a line.
  return {
    child,
    output: () => output.replaceAll(/\r+\n/g, "\n"),
    raw: () => output,
    ended: new Promise((resolve) => child.once("close", resolve)),
  };
}

describe.runIf(isScriptThere)("exec -t", () => {
  beforeAll(async () => {
    folder = openFolder("terminal");
    server = spawnServer({ folder, env: { PREWARM_ADMIN_PASSWORD: password } });
    const url = await urlOf(server);
    expect(await start(`prewarm login ${url} --username admin --password-stdin`, `${password}\n`).ended).toBe(0);
    expect(await start("prewarm create dev --template starter", "").ended).toBe(0);
  }, 120_000);

  afterAll(async () => cleanUp(folder, [server]));

  /** A terminal of 33 by 101, in which `command` runs and of which is shown afterwards whether it is as it was. */
  const inTerminal = (command: string) =>
    start(
      `script -qec ${quoted(`stty rows 33 cols 101; ${command}; echo "left $?"; stty -a | grep -c -w -e icanon`)} /dev/null`,
    );
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

  test("gives a terminal of the same size, takes Ctrl-C and a new size to it, and keeps the exit code", async () => {
    const { child, output, raw, ended } = inTerminal(
      `(while [ ! -e resize ]; do sleep 0.1; done; stty rows 40 cols 120 < /dev/tty) & prewarm exec -it dev -- sh -i`,
    );
    const type = (text: string): boolean => child.stdin?.write(text) ?? false;
    const seen = async (text: string | RegExp): Promise<void> => {
      const isSeen = (): boolean => (typeof text === "string" ? output().includes(text) : text.test(output()));
      await waitUntil("it is shown", isSeen, 20_000).catch(() => expect.fail(`${text} is not in ${output()}`));
    };
    type("test -t 0 && test -t 1 && test -t 2 && echo a-$((1+1))-terminal; stty size; echo $TERM-\n");
    await seen("a-2-terminal\n33 101\nxterm-\n");
    expect(output()).not.toContain("\u001e");
    type("sleep 1000 || echo interrupted-$((1+1))\n");
    await seen("echo interrupted");
    type("\u0003");
    type("echo still-$((1+1))-here\n");
    await seen("still-2-here");
    spawnSync("touch", [path.join(folder, "resize")]);
    type("until [ \"$(stty size)\" = '40 120' ]; do sleep 0.1; done; echo now-$(stty size)\n");
    await seen("now-40 120");
    type("stty -onlcr; printf 'down-%s\\nstraight' $((1+1)); stty onlcr; exit 7\n");
    await seen(/left 7\n1\n/);
    expect(raw(), "what goes down goes straight down").toContain("down-2\nstraight");
    expect(await ended).toBe(0);
  }, 60_000);

  test("leaves the local terminal as it was when it is ended from outside, and nothing in the workspace", async () => {
    const { child, output, ended } = inTerminal(`prewarm exec -t dev -- sh -c 'echo begun; exec sleep 987654'`);
    await waitUntil("it runs", () => output().includes("begun"), 20_000);
    const sleeping = () => spawnSync("pgrep", ["-f", "sleep 987654$"], { encoding: "utf8" }).stdout.trim();
    const own = processesOf(folder).filter((pid) => isOur(pid));
    for (const pid of own) process.kill(pid, "SIGTERM");
    await waitUntil("the terminal is given back", () => /left \d+\n1\n/.test(output()), 20_000);
    child.stdin?.end();
    await ended;
    await waitUntil("nothing runs in it any more", () => sleeping() === "", 20_000);
  }, 60_000);

  test("is refused without a local terminal", async () => {
    const { output, ended } = start("prewarm exec -t dev -- sh", "");
    expect(await ended).toBe(255);
    expect(output()).toContain("[invalid_request]");
  });

  test("says so where the workspace has nothing that makes a terminal", async () => {
    const { output, child, ended } = inTerminal("prewarm exec -t --env PATH=/nonexistent dev -- sh");
    await waitUntil("it has ended", () => /left 255\n1\n/.test(output()), 20_000);
    child.stdin?.end();
    await ended;
    expect(output()).toContain("neither `script` of util-linux nor python3");
  });
});

test.runIf(python !== "")("Python makes the terminal where there is no `script`, and answers the exit code", () => {
  const tools = openFolder("tools");
  symlinkSync(python, path.join(tools, "python3"));
  for (const tool of ["sh", "stty", "tty"]) symlinkSync(`/bin/${tool}`, path.join(tools, tool));
  const run = (script: string) => {
    const size = { rows: 33, columns: 101 };
    const [program = "", ...argv] = terminalCommand({ command: ["sh", "-c", script], size, nonce: "nonce" });
    return spawnSync(program, argv, { env: { PATH: tools }, encoding: "utf8", input: "" });
  };
  const ended = run("stty size; exit 9");
  const [before, name, after] = ended.stdout.split("\u001e");
  expect({ before, after: after?.trim() }).toEqual({ before: "", after: "33 101" });
  expect(name).toMatch(/^nonce\/dev\//);
  expect(ended.status).toBe(9);
  expect(run("kill -9 $$").status).toBe(137);
  rmSync(tools, { recursive: true });
});

/** The local command line of `exec`, and not what it runs. */
function isOur(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
  return /^\S*node \S*bin\/prewarm exec -t/.test(stdout);
}
