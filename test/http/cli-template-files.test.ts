// A template's files from the command line, against a real server: checked, fetched, compared.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { CliWorld } from "../../src/cli/world.ts";
import { archiveFiles } from "../../src/platform/archive/archive-files.ts";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { startHttpDaemon } from "../support/http-daemon.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

const yaml = (cost: number): string =>
  `driver: fake\nagents: [{ name: main }]\ncost: ${cost}\npresets: [{ name: small }]\n`;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const daemon = await startHttpDaemon(server.admin, server.client, () => ({ kind: "succeeded", claimEffect: "none" }));
  for (const cost of [1, 2]) {
    const bytes = new Uint8Array(
      tarArchive([
        { path: "template.yaml", content: yaml(cost) },
        { path: "bin/setup", content: "#!/bin/sh\n", mode: 0o755 },
      ]),
    );
    await server.admin.call("pushTemplate", { params: { template: "web" }, query: { activate: cost === 1 }, bytes });
    await daemon.workOff();
  }
});
afterAll(async () => server.stop());

interface Bed {
  readonly bench: CliBench;
  readonly folder: string;
}

function bed(as: Client = server.admin, terminal: Partial<CliWorld> = {}): Bed {
  const bench = cliBench({ ...terminal, env: { PREWARM_URL: server.url, PREWARM_TOKEN: as.token ?? "" } });
  onTestFinished(() => bench.dispose());
  return { bench, folder: path.join(bench.folder, "web") };
}

describe("templates pull", () => {
  test("writes the active version's files, with their modes, into a new folder", async () => {
    const { bench, folder } = bed();
    const done = await bench.run("templates", "pull", "web", folder);
    expect(done).toMatchObject({ exitCode: 0, stdout: `web version 1 is in ${folder}.\n` });
    expect(readFileSync(path.join(folder, "template.yaml"), "utf8")).toBe(yaml(1));
    expect(statSync(path.join(folder, "bin/setup")).mode & 0o777).toBe(0o755);
    expect(readdirSync(path.dirname(folder)).filter((name) => name.includes("pull-"))).toEqual([]);
  });

  test("writes another version over a folder only when it is told to, and lets what that has besides be", async () => {
    const { bench, folder } = bed();
    mkdirSync(folder);
    writeFileSync(path.join(folder, "mine"), "");
    writeFileSync(path.join(folder, "template.yaml"), "old");
    const refused = await bench.run("templates", "pull", "web", folder, "--version", "2");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("is not empty");
    expect(readFileSync(path.join(folder, "template.yaml"), "utf8")).toBe("old");
    const forced = await bench.run("templates", "pull", "web", folder, "--version", "2", "--force", "-q");
    expect(forced).toMatchObject({ exitCode: 0, stdout: "bin/setup\ntemplate.yaml\n" });
    expect(readdirSync(folder).toSorted()).toEqual(["bin", "mine", "template.yaml"]);
    expect(readFileSync(path.join(folder, "template.yaml"), "utf8")).toBe(yaml(2));
  });

  test("gives the archive itself to a file, which it does not write over, or to whoever reads", async () => {
    const { bench } = bed();
    const file = path.join(bench.folder, "web.tar.gz");
    const archive = async (...words: readonly string[]) =>
      await bench.run("templates", "pull", "web", "--archive", ...words);
    expect((await archive("web.tar.gz")).stdout).toBe(`web version 1 is in ${file}.\n`);
    expect((await archiveFiles(readFileSync(file))).get("template.yaml")?.bytes.toString()).toBe(yaml(1));
    expect((await archive("web.tar.gz", "--version", "2")).stderr).toContain("[conflict]");
    expect((await archive("web.tar.gz", "--version", "2", "--force")).exitCode).toBe(0);
    expect((await archiveFiles(readFileSync(file))).get("template.yaml")?.bytes.toString()).toBe(yaml(2));
    expect((await archive("-")).stdout.length).toBeGreaterThan(100);
    const terminal = bed(server.admin, { isOutputTerminal: true }).bench;
    expect((await terminal.run("templates", "pull", "web", "--archive", "-")).stderr).toContain("not for a terminal");
  });

  test("leaves no folder when there is no such version, or none can be made", async () => {
    const { bench, folder } = bed();
    expect((await bench.run("templates", "pull", "web", folder, "--version", "9")).stderr).toContain('no version "9"');
    expect(existsSync(folder)).toBe(false);
    writeFileSync(path.join(path.dirname(folder), "file"), "");
    const below = await bench.run("templates", "pull", "web", path.join(path.dirname(folder), "file", "web"));
    expect(below.exitCode).toBe(1);
    expect(below.stderr).toMatch(/cannot be written|not a folder|ENOTDIR/);
  });

  test("is refused to members: files may hold what they are not to read", async () => {
    const { bench, folder } = bed(await server.member("ann"));
    const done = await bench.run("templates", "pull", "web", folder);
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("[forbidden]");
  });
});

describe("templates diff", () => {
  async function pulled(): Promise<Bed> {
    const at = bed();
    await at.bench.run("templates", "pull", "web", at.folder);
    return at;
  }

  test("ends with 0 where a push would change nothing", async () => {
    const { bench, folder } = await pulled();
    writeFileSync(path.join(folder, ".prewarmignore"), "*.log\n");
    writeFileSync(path.join(folder, "big.log"), "not packed");
    expect(await bench.run("templates", "diff", "web", folder)).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: `${folder} is as web version 1.\n`,
    });
  });

  test("shows what a push would change, and ends with 1", async () => {
    const { bench, folder } = await pulled();
    writeFileSync(path.join(folder, "template.yaml"), yaml(3));
    writeFileSync(path.join(folder, "odd"), "\u001b[31mred\n");
    chmodSync(path.join(folder, "bin/setup"), 0o644);
    const done = await bench.run("templates", "diff", "web", folder);
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toContain("-cost: 1\n+cost: 3\n");
    expect(done.stdout).toContain("old mode 100755\nnew mode 100644\n");
    const json: unknown = JSON.parse((await bench.run("templates", "diff", "web", folder, "--json")).stdout);
    expect(json).toMatchObject({ isSame: false, added: ["odd"], changed: ["bin/setup", "template.yaml"] });
    const other = await bench.run("templates", "diff", "web", folder, "--version", "2");
    expect(other.stdout).toContain("-cost: 2\n+cost: 3\n");
  });

  test("gives a patch, byte for byte, that git takes back", async () => {
    const { bench, folder } = await pulled();
    writeFileSync(path.join(folder, "template.yaml"), yaml(3).replaceAll("\n", "\r\n"));
    writeFileSync(path.join(folder, "a new one"), "\u001b[31mred\n");
    rmSync(path.join(folder, "bin/setup"));
    const { stdout } = await bench.run("templates", "diff", "web", folder);
    const applied = spawnSync("git", ["apply", "-R", "-"], { cwd: folder, input: stdout, encoding: "utf8" });
    expect(applied).toMatchObject({ status: 0, stderr: "" });
    expect((await bench.run("templates", "diff", "web", folder)).exitCode).toBe(0);
  });

  test("writes out on a terminal what it would obey, a line's end that is another included", async () => {
    const { bench, folder } = bed(server.admin, { isOutputTerminal: true });
    await bench.run("templates", "pull", "web", folder);
    writeFileSync(path.join(folder, "template.yaml"), yaml(1).replace("cost: 1\n", "cost: 1\r\n"));
    writeFileSync(path.join(folder, "odd"), "\u001b[31mred\u0007\n");
    const { stdout } = await bench.run("templates", "diff", "web", folder);
    expect(stdout).toContain("+cost: 1\\r");
    expect(stdout).toContain("+\\x1b[31mred\\x07");
    // oxlint-disable-next-line no-control-regex -- These are control characters.
    expect(stdout.replaceAll(/\u001b\[\d+m/g, "")).not.toMatch(/[\u0007\u001b\r]/);
  });

  test("ends with 2 when it cannot tell", async () => {
    const { bench, folder } = bed();
    expect((await bench.run("templates", "diff", "web", folder)).exitCode).toBe(2);
    mkdirSync(folder);
    expect((await bench.run("templates", "diff", "nothing", folder)).exitCode).toBe(2);
  });
});

describe("templates validate", () => {
  test("says what a folder has when it can be pushed, and publishes nothing", async () => {
    const { bench, folder } = bed();
    mkdirSync(folder);
    writeFileSync(path.join(folder, "template.yaml"), yaml(7));
    const done = await bench.run("templates", "validate", folder);
    expect(done).toMatchObject({
      exitCode: 0,
      stdout: `${folder} can be pushed: driver fake, 0 parameters, 1 preset.\n`,
    });
    const { total } = await server.admin.call("listTemplateVersions", { params: { template: "web" } });
    expect(total).toBe(2);
  });

  test("tells all that is wrong with it, where it stands", async () => {
    const { bench, folder } = bed();
    mkdirSync(folder);
    writeFileSync(path.join(folder, "template.yaml"), "driver: fake\ncost: -1\npresets: [{ name: '' }]\n");
    const done = await bench.run("templates", "validate", folder, "--json");
    expect(done.exitCode).toBe(1);
    const { error } = JSON.parse(done.stderr === "" ? done.stdout : done.stderr) as {
      error: { code: string; problems: { field: string }[] };
    };
    expect(error.code).toBe("invalid_manifest");
    expect(error.problems.map(({ field }) => field)).toEqual(expect.arrayContaining(["cost"]));
    expect(error.problems.length).toBeGreaterThan(1);
    const empty = await bench.run("templates", "validate", path.join(folder, "nothing"));
    expect(empty.exitCode).toBe(1);
  });
});
