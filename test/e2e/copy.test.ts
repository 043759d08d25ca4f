// Files between this machine and a workspace on two servers, as a person copies them.
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { twoServers } from "../support/claimed-workspace.ts";
import type { ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 180_000;
const mebibyte = 1_048_576;
const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents: [ { name: main } ]
`;

let system: SeveralServers;
let one: ServerUnit;
/** Has no agents of its own. */
let other: ServerUnit;

beforeAll(async () => {
  ({ system, one, other } = await twoServers({ template }));
}, testLimitMs);
afterAll(() => system.close(), testLimitMs);

function bench(server: ServerUnit = one): CliBench {
  const made = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" } });
  onTestFinished(() => made.dispose());
  return made;
}

/** A folder of the workspace: with this driver it is of this machine, though the account may be another. */
function there(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-there-"));
  chmodSync(folder, 0o777);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const shaOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

/** Everything of a tree that a copy keeps. */
function seen(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => {
      const at = path.join(folder, name);
      const stats = lstatSync(at);
      if (stats.isSymbolicLink()) return `${name} -> ${readlinkSync(at)}`;
      const content = stats.isFile() ? shaOf(at) : "folder";
      return `${name} ${(stats.mode & 0o7777).toString(8)} ${Math.round(stats.mtimeMs)} ${content}`;
    });
}

function makeTree(folder: string): string {
  const tree = path.join(folder, "tree");
  mkdirSync(path.join(tree, "deep/deeper"), { recursive: true });
  mkdirSync(path.join(tree, "empty"));
  writeFileSync(path.join(tree, "deep/large.bin"), randomBytes(5 * mebibyte + 7));
  writeFileSync(path.join(tree, "deep/deeper/-run ä\n.sh"), "#!/bin/sh\n");
  writeFileSync(path.join(tree, "none"), "");
  for (let nth = 0; nth < 300; nth += 1) writeFileSync(path.join(tree, `empty/${nth}.txt`), `${nth}`);
  symlinkSync("deep/large.bin", path.join(tree, "inside"));
  symlinkSync("../large.bin", path.join(tree, "deep/deeper/up"));
  chmodSync(path.join(tree, "deep/deeper/-run ä\n.sh"), 0o751);
  chmodSync(path.join(tree, "none"), 0o400);
  utimesSync(path.join(tree, "deep/large.bin"), 1_000_000_000, 1_000_000_000.5);
  utimesSync(path.join(tree, "deep"), 1_100_000_000, 1_100_000_000);
  chmodSync(path.join(tree, "deep"), 0o700);
  return tree;
}

test.each(["one", "other"] as const)(
  "a tree comes back as it was sent, by way of the server %s: contents, modes, times, links",
  async (name) => {
    const cli = bench(name === "one" ? one : other);
    const tree = makeTree(cli.folder);
    const workspace = there();
    const up = await cli.run("cp", "tree", `dev:${workspace}`);
    expect([up.exitCode, up.stderr]).toEqual([0, "303 files, 5.2 MB.\n"]);
    expect(seen(path.join(workspace, "tree"))).toEqual(seen(tree));
    const down = await cli.run("cp", "--json", `dev.main:${workspace}/tree`, "back");
    expect(JSON.parse(down.stdout)).toMatchObject({ files: 303, problems: 0, skipped: 0 });
    expect(seen(path.join(cli.folder, "back"))).toEqual(seen(tree));
    // Again, with what is there left out.
    const again = await cli.run("cp", "--sync", "--json", `dev:${workspace}/tree/.`, "back");
    expect(JSON.parse(again.stdout)).toMatchObject({ files: 0, bytes: 0, skipped: 303 });
    writeFileSync(path.join(tree, "empty/7.txt"), "another");
    const newer = await cli.run("cp", "--sync", "--json", "tree", `dev:${workspace}`);
    expect(JSON.parse(newer.stdout)).toMatchObject({ files: 1, bytes: 7, skipped: 302 });
    expect(readFileSync(path.join(workspace, "tree/empty/7.txt"), "utf8")).toBe("another");
  },
  testLimitMs,
);

test("a single file goes into a folder, in the place of a file and under another name, and home is where paths begin", async () => {
  const cli = bench();
  const workspace = there();
  writeFileSync(path.join(cli.folder, "a.txt"), "first");
  expect((await cli.run("cp", "a.txt", `dev:${workspace}`)).exitCode).toBe(0);
  writeFileSync(path.join(cli.folder, "a.txt"), "second");
  expect((await cli.run("cp", "a.txt", `dev:${workspace}/a.txt`)).exitCode).toBe(0);
  expect((await cli.run("cp", "a.txt", `dev:${workspace}/b.txt`)).exitCode).toBe(0);
  expect(readdirSync(workspace).toSorted()).toEqual(["a.txt", "b.txt"]);
  expect(readFileSync(path.join(workspace, "a.txt"), "utf8")).toBe("second");
  expect((await cli.run("cp", "a.txt", "dev:of-the-home.txt")).exitCode).toBe(0);
  expect((await cli.run("cp", "dev:~/of-the-home.txt", "home.txt")).exitCode).toBe(0);
  expect(readFileSync(path.join(cli.folder, "home.txt"), "utf8")).toBe("second");
});

test("standard input becomes a file, and a file standard output", async () => {
  const cli = bench();
  const file = path.join(there(), "of stdin");
  const running = cli.run("cp", "-", `dev:${file}`);
  cli.stdin.end("typed\n");
  expect((await running).exitCode).toBe(0);
  expect((await cli.run("cp", `dev:${file}`, "-")).stdout).toBe("typed\n");
});

test("what is missing, or no file, is named, and the rest is copied: exit code 1", async () => {
  const cli = bench();
  const workspace = there();
  writeFileSync(path.join(workspace, "good"), "good");
  execFileSync("mkfifo", [path.join(workspace, "pipe")]);
  symlinkSync("/etc/passwd", path.join(workspace, "out"));
  const all = await cli.run("cp", `dev:${workspace}`, `dev:${workspace}/missing`, ".");
  expect(all.exitCode).toBe(1);
  expect(all.stderr).toContain(`${workspace}/missing: there is no such file or folder\n`);
  expect(all.stderr).toContain(`${workspace}/pipe: it is a named pipe, which is not copied\n`);
  expect(all.stderr).toContain(`${workspace}/out: it is a link to /etc/passwd, outside of what is copied\n`);
  const here = path.join(cli.folder, path.basename(workspace));
  expect(readdirSync(here)).toEqual(["good"]);
  const nowhere = await cli.run("cp", path.join(here, "good"), `dev:${workspace}/no/such/place`);
  expect([nowhere.exitCode, nowhere.stderr]).toEqual([1, expect.stringContaining("there is no folder")]);
  const unknown = await cli.run("cp", path.join(here, "good"), "nobody:x");
  expect([unknown.exitCode, unknown.stderr]).toEqual([255, expect.stringContaining("nobody")]);
});

test("a copy that is interrupted leaves nothing of a file, on neither side", async () => {
  const cli = bench();
  const workspace = there();
  const fifo = path.join(workspace, "under-way");
  // Standard input never ends: the file is under way for as long as wanted.
  const up = cli.run("cp", "-", `dev:${fifo}`);
  cli.stdin.write(randomBytes(mebibyte));
  await waitUntil("it is under way", () => readdirSync(workspace).some((name) => name.startsWith(".prewarm-cp-")));
  expect(existsSync(fifo)).toBe(false);
  cli.raise("SIGINT");
  expect((await up).exitCode).toBe(130);
  await waitUntil("nothing is left", () => readdirSync(workspace).length === 0);
  const large = path.join(there(), "large");
  execFileSync("dd", ["if=/dev/urandom", `of=${large}`, "bs=1M", "count=200", "status=none"]);
  const down = cli.run("cp", `dev:${large}`, ".");
  await waitUntil("it is under way", () => readdirSync(cli.folder).some((name) => name.startsWith(".prewarm-cp-")));
  cli.raise("SIGINT");
  expect((await down).exitCode).toBe(130);
  expect(readdirSync(cli.folder)).toEqual([]);
}, 60_000);

test("a file of five gibibytes with holes keeps them, and comes whole", async () => {
  const cli = bench();
  const workspace = there();
  const sparse = path.join(cli.folder, "sparse");
  execFileSync("truncate", ["-s", "5G", sparse]);
  execFileSync("dd", [
    "if=/dev/urandom",
    `of=${sparse}`,
    "bs=1M",
    "count=1",
    "seek=3000",
    "conv=notrunc",
    "status=none",
  ]);
  expect((await cli.run("cp", "sparse", `dev:${workspace}`)).exitCode).toBe(0);
  const came = statSync(path.join(workspace, "sparse"));
  expect(came.size).toBe(5 * 1_024 * mebibyte);
  expect(came.blocks * 512).toBeLessThan(64 * mebibyte);
  execFileSync("cmp", ["-n", String(mebibyte), "-i", String(3_000 * mebibyte), sparse, path.join(workspace, "sparse")]);
}, 120_000);

test("ping tells each part of the way, and 255 when there is no way", async () => {
  const cli = bench(other);
  const { exitCode, stdout } = await cli.run("ping", "dev", "-c", "3", "--json");
  expect(exitCode).toBe(0);
  const legs = JSON.parse(stdout);
  expect(Object.keys(legs)).toEqual(["http", "line", "agent", "serverToAgent"]);
  for (const { minMs, medianMs, maxMs } of Object.values<Record<string, number>>(legs)) {
    expect([minMs, medianMs, maxMs]).toEqual([minMs, medianMs, maxMs].toSorted((a = 0, b = 0) => a - b));
  }
  expect(legs.agent.minMs).toBeGreaterThan(0);
  expect((await cli.run("ping", "dev")).stdout).toMatch(/dev's agent +[\d.]+ ms +[\d.]+ ms +[\d.]+ ms\n/);
  expect((await cli.run("ping", "nobody")).exitCode).toBe(255);
});

test("speedtest measures each direction for as long as it is told, and 255 when there is no way", async () => {
  const cli = bench(other);
  const { exitCode, stdout } = await cli.run("speedtest", "dev", "--time", "300ms", "--json");
  expect(exitCode).toBe(0);
  const { measured } = JSON.parse(stdout);
  expect(measured.map(({ direction }: { direction: string }) => direction)).toEqual(["up", "down"]);
  for (const { bytes, ms } of measured) {
    expect(bytes).toBeGreaterThan(mebibyte);
    expect(ms).toBeGreaterThanOrEqual(299);
  }
  expect((await cli.run("speedtest", "dev", "--time", "100ms", "--down")).stdout).toMatch(/^down +[\d.]+ MB\/s/);
  expect((await cli.run("speedtest", "nobody")).exitCode).toBe(255);
}, 30_000);
