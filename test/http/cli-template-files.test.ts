// A template's files from the command line, against a real server: checked, fetched, compared.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { CliWorld } from "../../src/cli/world.ts";
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

function bed(as: Client = server.admin, world: Partial<CliWorld> = {}): Bed {
  const bench = cliBench({ ...world, env: { PREWARM_URL: server.url, PREWARM_TOKEN: as.token ?? "" } });
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

  test("writes another version over a folder only when it is told to, and then leaves nothing of what was published", async () => {
    const { bench, folder } = bed();
    mkdirSync(path.join(folder, "lib"), { recursive: true });
    writeFileSync(path.join(folder, "lib/mine"), "");
    const refused = await bench.run("templates", "pull", "web", folder, "--version", "2");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("is there, and is not empty");
    expect(readdirSync(folder)).toEqual(["lib"]);
    expect((await bench.run("templates", "pull", "web", folder, "--version", "2", "--force")).exitCode).toBe(0);
    expect(readdirSync(folder).toSorted()).toEqual(["bin", "template.yaml"]);
    expect(readFileSync(path.join(folder, "template.yaml"), "utf8")).toBe(yaml(2));
  });

  test("keeps what a push leaves behind, with --force too, and the folder itself", async () => {
    const { bench, folder } = bed();
    mkdirSync(path.join(folder, ".git"), { recursive: true });
    mkdirSync(path.join(folder, "bin"));
    const kept = { ".git/HEAD": "ref", ".prewarmignore": "*.secret\n", "terraform.tfstate": "{}", "bin/a.secret": "s" };
    for (const [name, content] of Object.entries(kept)) writeFileSync(path.join(folder, name), content);
    writeFileSync(path.join(folder, "bin/setup"), "mine");
    const { ino } = statSync(folder);
    expect((await bench.run("templates", "pull", "web", folder, "--force")).exitCode).toBe(0);
    for (const [name, content] of Object.entries(kept)) {
      expect(readFileSync(path.join(folder, name), "utf8"), name).toBe(content);
    }
    expect(readFileSync(path.join(folder, "bin/setup"), "utf8")).toBe("#!/bin/sh\n");
    expect(statSync(folder).ino, "a shell that stands in it stays in it").toBe(ino);
    expect((await bench.run("templates", "diff", "web", folder)).exitCode).toBe(0);
  });

  test("follows no link, and says what is in the way", async () => {
    const { bench, folder } = bed();
    const elsewhere = path.join(path.dirname(folder), "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, folder);
    const link = await bench.run("templates", "pull", "web", folder, "--force");
    expect(link).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is a link") });
    mkdirSync(path.join(elsewhere, "there"));
    symlinkSync("there", path.join(elsewhere, "bin"));
    writeFileSync(path.join(elsewhere, ".prewarmignore"), "bin\n");
    writeFileSync(path.join(elsewhere, "template.yaml"), "mine");
    const below = await bench.run("templates", "pull", "web", elsewhere, "--force");
    expect(below.exitCode).toBe(1);
    expect(below.stderr).toContain("is in the way");
    expect(readFileSync(path.join(elsewhere, "template.yaml"), "utf8"), "all is as it was").toBe("mine");
    expect(readdirSync(elsewhere).toSorted()).toEqual([".prewarmignore", "bin", "template.yaml", "there"]);
    expect(readdirSync(path.join(elsewhere, "there"))).toEqual([]);
  });

  test("that is interrupted changes nothing", async () => {
    const { bench, folder } = bed(server.admin, {
      // Pressed as soon as anybody listens.
      onSignal(signal, listener) {
        if (signal === "SIGINT") queueMicrotask(listener);
        return () => undefined;
      },
    });
    const done = await bench.run("templates", "pull", "web", folder);
    expect(done).toMatchObject({ exitCode: 130, stderr: expect.stringContaining("Interrupted") });
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(bench.folder).filter((name) => name.includes("pull-"))).toEqual([]);
  });

  test("leaves no folder when there is no such version, or none can be made", async () => {
    const { bench, folder } = bed();
    expect((await bench.run("templates", "pull", "web", folder, "--version", "9")).stderr).toContain('no version "9"');
    expect(existsSync(folder)).toBe(false);
    writeFileSync(path.join(path.dirname(folder), "file"), "");
    const onFile = await bench.run("templates", "pull", "web", path.join(path.dirname(folder), "file"), "--force");
    expect(onFile).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is no folder") });
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
      stdout: `${folder} is as web version 1.\n`,
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
    expect(done.stdout).toContain("bin/setup: is not executable any more\n");
    expect(done.stdout, "nothing that steers the terminal").not.toContain("\u001b[31m");
    const json: unknown = JSON.parse((await bench.run("templates", "diff", "web", folder, "--json")).stdout);
    expect(json).toMatchObject({ isSame: false, added: ["odd"], changed: ["bin/setup", "template.yaml"] });
    const other = await bench.run("templates", "diff", "web", folder, "--version", "2");
    expect(other.stdout).toContain("-cost: 2\n+cost: 3\n");
  });

  test("shows what else cannot be seen: ends of lines, and colours", async () => {
    const { bench, folder } = await pulled();
    writeFileSync(path.join(folder, "template.yaml"), yaml(1).replaceAll("\n", "\r\n"));
    writeFileSync(path.join(folder, "bin/setup"), "#!/bin/sh\u001b[0m\n");
    const { stdout } = await bench.run("templates", "diff", "web", folder);
    expect(stdout).toContain("-cost: 1\n");
    expect(stdout).toContain("+cost: 1\\r\n");
    expect(stdout).toContain("+#!/bin/sh\\x1b[0m\n");
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
      stderr: expect.stringContaining("its import will tell"),
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
