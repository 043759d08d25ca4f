import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cleanUp, openFolder, root, type ServerProcess, spawnServer, urlOf } from "../support/server-process.ts";

const password = "a password of the test";

let folder: string;
let server: ServerProcess;
let url: string;

beforeAll(async () => {
  folder = openFolder("setup");
  server = spawnServer({ folder });
  url = await urlOf(server);
}, 90_000);

afterAll(async () => cleanUp(folder, [server]));

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The words that the server printed, run as they stand; only the password comes from a pipe. */
async function run(words: string, stdin = ""): Promise<Ran> {
  const child = spawn("/bin/sh", ["-c", words], {
    cwd: root,
    env: { PATH: process.env["PATH"], HOME: folder, PREWARM_CONFIG_DIR: path.join(folder, "config") },
    stdio: "pipe",
  });
  const [out, err]: string[][] = [[], []];
  child.stdout.on("data", (data) => out?.push(String(data)));
  child.stderr.on("data", (data) => err?.push(String(data)));
  child.stdin.end(stdin);
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { exitCode, stdout: out?.join("") ?? "", stderr: err?.join("") ?? "" };
}

test("a fresh host is set up and signed in to by the command line that the server prints, once", async () => {
  const line = /^ {2}(bin\/prewarm setup.*)$/m.exec(server.output())?.[1] ?? "";
  expect(line).toBe(`bin/prewarm setup --data-dir ${path.join(folder, "data")}`);
  const link = path.join(folder, "data/setup-link");
  expect(statSync(link).mode & 0o777).toBe(0o600);
  expect(server.output()).toContain(`\n  ${readFileSync(link, "utf8").trim()}\n`);

  const short = await run(`${line} --password-stdin`, "short\n");
  expect(short).toMatchObject({ exitCode: 1, stdout: "" });

  const done = await run(`${line} --password-stdin`, `${password}\n`);
  expect(done.stdout).toBe(`admin has a password at ${url} now, and you are signed in.\n`);
  expect(done.exitCode).toBe(0);
  const pools = await run("bin/prewarm templates list -q");
  expect(pools).toMatchObject({ exitCode: 0, stdout: "starter\n" });

  const again = await run(`${line} --password-stdin`, "another password\n");
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toContain("[already_set_up]");
  const login = await run(`bin/prewarm login ${url} --username admin --password-stdin`, `${password}\n`);
  expect(login.exitCode).toBe(0);

  server.child.kill("SIGTERM");
  await server.exited;
  server = spawnServer({ folder });
  await urlOf(server);
  expect(existsSync(link)).toBe(false);
  expect(server.output()).not.toContain("prewarm setup");
});
