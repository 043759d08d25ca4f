// `config-ssh` in every situation that a person's folder of OpenSSH may be in, and `ssh` as far as it is ours.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { CliWorld } from "../../src/cli/world.ts";
import { usableWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import type { CliBench } from "../support/cli-run.ts";
import { codedAnswer, type Scripts } from "../support/scripted-api.ts";

const include = "Include prewarm/config\n";

function listing(...names: readonly string[]): Scripts {
  const workspaces = names.map((name) => usableWorkspace({ name }));
  return { listWorkspaces: () => ({ json: { workspaces, total: workspaces.length } }) };
}

const files = ({ folder }: CliBench) => ({
  folder: path.join(folder, ".ssh"),
  person: path.join(folder, ".ssh/config"),
  own: path.join(folder, ".ssh/prewarm/config"),
  known: path.join(folder, ".ssh/prewarm/known_hosts"),
});
const modeOf = (file: string): number => statSync(file).mode & 0o777;
const read = (file: string): string => readFileSync(file, "utf8");

test("where there is nothing, all is made for this account alone, and taken back whole", async () => {
  const { bench } = await cliAgainst(listing("dev", "api"));
  const { folder, person, own } = files(bench);
  const made = await bench.run("config-ssh");
  expect(made).toMatchObject({ exitCode: 0, stderr: "" });
  expect(made.stdout).toBe(`${own}: created\n${person}: created\nConnect with \`ssh prewarm.api\`.\n`);
  expect(read(person)).toBe(include);
  expect(read(own)).toContain("Host prewarm.api prewarm.dev prewarm.*");
  expect([folder, path.dirname(own), person, own].map(modeOf)).toEqual([0o700, 0o700, 0o600, 0o600]);
  expect(await bench.run("config-ssh")).toMatchObject({
    stdout: `${own}: is as it was\n${person}: is as it was\nConnect with \`ssh prewarm.api\`.\n`,
  });
  expect(await bench.run("config-ssh", "--remove")).toMatchObject({ exitCode: 0 });
  expect(readdirSync(folder)).toEqual(["config"]);
  expect(read(person)).toBe("");
});

test.each([
  ["line ends of Unix", "Host a\n  User b\n", include],
  ["line ends of Windows", "Host a\r\n  User b\r\n", "Include prewarm/config\r\n"],
])("a person's own file keeps its mode, its text and its %s, also behind a link", async (_, text, line) => {
  const { bench } = await cliAgainst(listing());
  const { folder, person } = files(bench);
  const target = path.join(bench.folder, "dotfiles/ssh-config");
  mkdirSync(folder);
  mkdirSync(path.dirname(target));
  writeFileSync(target, text);
  chmodSync(target, 0o640);
  symlinkSync("../dotfiles/ssh-config", person);
  expect(await bench.run("config-ssh")).toMatchObject({ exitCode: 0 });
  expect(lstatSync(person).isSymbolicLink()).toBe(true);
  expect(read(target)).toBe(`${line}${text}`);
  expect(modeOf(target)).toBe(0o640);
  await bench.run("config-ssh", "--remove");
  expect(read(target)).toBe(text);
  expect(readdirSync(path.dirname(target))).toEqual(["ssh-config"]);
});

test("a link to a file that is not there yet stays a link", async () => {
  const { bench } = await cliAgainst(listing());
  const { folder, person } = files(bench);
  mkdirSync(folder);
  symlinkSync("elsewhere", person);
  expect(await bench.run("config-ssh")).toMatchObject({ exitCode: 0 });
  expect(lstatSync(person).isSymbolicLink()).toBe(true);
  expect(read(path.join(folder, "elsewhere"))).toBe(include);
});

test("a dry run says what it would do, with a diff, and does nothing", async () => {
  const { bench } = await cliAgainst(listing("dev"));
  const { folder, person, own } = files(bench);
  mkdirSync(folder);
  writeFileSync(person, "Host a\n  User b\n");
  const ran = await bench.run("config-ssh", "--dry-run");
  expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  expect(ran.stdout).toContain(`creates ${own}\nchanges ${person}\n\n--- /dev/null\n+++ ${own}\n`);
  expect(ran.stdout).toContain("\n+Host prewarm.dev prewarm.*");
  expect(ran.stdout).toContain(
    `\n\n--- ${person}\n+++ ${person}\n@@ -1,2 +1,3 @@\n+Include prewarm/config\n Host a\n   User b\n`,
  );
  expect(ran.stdout).not.toContain("Connect with");
  expect(existsSync(path.dirname(own))).toBe(false);
  expect(read(person)).toBe("Host a\n  User b\n");
});

test("a dry run where all is as it should be has no diff, and programs get it beside each file", async () => {
  const { bench } = await cliAgainst(listing("dev"));
  const { person, own } = files(bench);
  await bench.run("config-ssh");
  expect(await bench.run("config-ssh", "--dry-run")).toMatchObject({
    stdout: `leaves as it is ${own}\nleaves as it is ${person}\n`,
  });
  const { files: told, isDryRun } = JSON.parse(
    (await bench.run("config-ssh", "--remove", "--dry-run", "--json")).stdout,
  );
  expect(isDryRun).toBe(true);
  expect(told).toMatchObject([
    { file: own, kind: "removed", diff: expect.stringContaining("\n-Host prewarm.dev prewarm.*") },
    { file: person, kind: "changed", diff: expect.stringContaining("\n-Include prewarm/config") },
    { kind: "unchanged", diff: "" },
  ]);
});

test("programs get the hosts and what became of each file", async () => {
  const { bench, api } = await cliAgainst(listing("dev"));
  const { person, own } = files(bench);
  const ran = await bench.run("config-ssh", "--json");
  expect(JSON.parse(ran.stdout)).toEqual({
    deployment: { url: api.url, prefix: "prewarm.", context: null, organization: null },
    hosts: ["prewarm.dev"],
    files: [
      { file: own, kind: "created" },
      { file: person, kind: "created" },
    ],
    isDryRun: false,
  });
});

test("another deployment takes a prefix of its own, and either goes without the other", async () => {
  const { bench } = await cliAgainst(listing("dev"));
  const { own, person } = files(bench);
  await bench.run("config-ssh");
  const first = read(own);
  const rival = await bench.run("config-ssh", "--organization", "web");
  expect(rival).toMatchObject({ exitCode: 1 });
  expect(rival.stderr).toContain("--prefix");
  expect(read(own)).toBe(first);
  expect(await bench.run("config-ssh", "--organization", "web", "--prefix", "web")).toMatchObject({ exitCode: 0 });
  expect(read(own)).toContain("Host web.dev web.*");
  expect(read(own)).toContain("--organization web '%h'");
  await bench.run("config-ssh", "--remove", "--prefix", "web");
  expect(read(own)).toBe(first);
  expect(read(person)).toBe(include);
});

test("the commands that change which workspaces there are bring it up to date, and make nothing where it is not", async () => {
  let names = ["dev"];
  const workspaces = () => names.map((name) => usableWorkspace({ name }));
  const { bench, api } = await cliAgainst({
    listWorkspaces: () => ({ json: { workspaces: workspaces(), total: names.length } }),
  });
  const { folder, own } = files(bench);
  await bench.run("list");
  expect(existsSync(folder)).toBe(false);
  expect(api.calls("listWorkspaces")).toHaveLength(1);
  await bench.run("config-ssh");
  names = ["dev", "new"];
  await bench.run("list");
  expect(read(own)).toContain("Host prewarm.dev prewarm.new prewarm.*");
});

test("the hosts of one session are not replaced by another's at the same server", async () => {
  const { bench, api } = await cliAgainst({
    listWorkspaces: ({ token }) => {
      const workspaces = [usableWorkspace({ name: token === "ann" ? "of-ann" : "of-ben" })];
      return { json: { workspaces, total: 1 } };
    },
  });
  const contexts = ["ann", "ben"].map((name) => ({ name, url: api.url, token: name, username: name, kind: "api" }));
  mkdirSync(path.join(bench.folder, "config"));
  writeFileSync(path.join(bench.folder, "config/contexts.json"), JSON.stringify({ current: "ben", contexts }));
  await bench.run("config-ssh", "--context", "ann");
  expect(read(files(bench).own)).toContain("Host prewarm.of-ann prewarm.*");
  await bench.run("list", "--context", "ben");
  expect(read(files(bench).own)).toContain("Host prewarm.of-ann prewarm.*");
  expect(read(files(bench).own)).toContain("--context ann '%h'");
});

test("a server that fails at it, or a folder that cannot be written, is no failure of the command", async () => {
  let isFailing = false;
  const fine = { json: { workspaces: [usableWorkspace({ name: "dev" })], total: 1 } };
  const { bench } = await cliAgainst({
    listWorkspaces: ({ query }) => (isFailing && query["sort"] === "last_used" ? codedAnswer(500, "internal") : fine),
  });
  await bench.run("config-ssh");
  isFailing = true;
  expect(await bench.run("list")).toMatchObject({ exitCode: 0, stderr: "" });
});

test("a prefix that can be none is refused before anything is done", async () => {
  const { bench } = await cliAgainst(listing());
  expect(await bench.run("config-ssh", "--prefix", "a b")).toMatchObject({ exitCode: 2 });
});

function noting(calls: string[][], code = 0): Pick<CliWorld, "runProgram"> {
  return {
    runProgram: async (name, args) => {
      calls.push([name, ...args]);
      return code;
    },
  };
}

test("`ssh` hands on what follows the workspace as it is, and answers its exit code", async () => {
  const calls: string[][] = [];
  const { bench } = await cliAgainst(listing("dev"), noting(calls, 42));
  expect(await bench.run("ssh", "--agent", "main", "dev", "-L", "1:b:2", "-o", "X=y", "--", "ls", "-q")).toMatchObject({
    exitCode: 42,
    stdout: "",
    stderr: "",
  });
  const [call = []] = calls;
  const at = call.findIndex((word) => /^prewarm-[0-9a-f]{8}\.dev\.main$/.test(word));
  expect(call.slice(at + 1)).toEqual(["-L", "1:b:2", "-o", "X=y", "--", "ls", "-q"]);
  expect(call[0]).toBe("ssh");
  expect(call.join(" ")).toContain("--start always '%h'");
});

test("`ssh` uses the names that `config-ssh` has given", async () => {
  const calls: string[][] = [];
  const { bench } = await cliAgainst(listing("dev"), noting(calls));
  await bench.run("config-ssh", "--prefix", "work");
  await bench.run("ssh", "anna/dev");
  expect(calls[0]?.at(-1)).toBe("work.anna--dev");
});

test("without a client of OpenSSH it is said what to install", async () => {
  const { bench } = await cliAgainst(listing(), {
    runProgram: () => Promise.reject(Object.assign(new Error("spawn ssh ENOENT"), { code: "ENOENT" })),
  });
  const ran = await bench.run("ssh", "dev");
  expect(ran).toMatchObject({ exitCode: 255, stdout: "" });
  expect(ran.stderr).toMatch(/no `ssh` on this machine.*\n→ .*openssh-client/);
});

test.each([["a b"], ["a--b--c"], ["../x"]])('"%s" is no workspace to `ssh`', async (name) => {
  const { bench } = await cliAgainst(listing());
  expect(await bench.run("ssh", name)).toMatchObject({ exitCode: 2 });
});
