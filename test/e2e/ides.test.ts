// What an image lacks for editors, as its agent sees it, and the links that open them: of a workspace, and of a pool.
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { claimDev } from "../support/claimed-workspace.ts";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const testLimitMs = 120_000;

let system: SeveralServers;
let server: ServerUnit;

beforeAll(async () => {
  system = await SeveralServers.start();
  server = await system.addServer("one");
  await claimDev(
    system,
    server,
    `driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents:
  - name: main
    env: { PATH: "/nowhere" }
  - { name: other, directory: /srv }
`,
  );
}, testLimitMs);
afterAll(() => system.close(), testLimitMs);

function bench(): CliBench {
  const made = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" } });
  onTestFinished(() => made.dispose());
  return made;
}

test("what is missing in a workspace is said with what to do, and makes the exit code 1", async () => {
  const ran = await bench().run("doctor", "--workspace", "dev", "--ide", "vscode");
  expect(ran).toMatchObject({ exitCode: 1, stderr: "" });
  expect(ran.stdout).toContain("VS Code\n");
  expect(ran.stdout).not.toContain("Cursor");
  expect(ran.stdout).toContain(
    "error    tar: tar is not there. The editor runs it.\n         → Install tar in the image.\n",
  );
  // The C library is there, whatever PATH says.
  expect(ran.stdout).toMatch(/ok {7}C library: glibc \d+\.\d+/);
});

test("of another agent of the workspace, where nothing is missing, it is 0", async () => {
  const ran = await bench().run("doctor", "--workspace", "dev", "--agent", "other", "--ide", "zed", "--json");
  expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  const report = JSON.parse(ran.stdout);
  expect(report).toMatchObject({ workspace: "dev", agent: "other", host: "prewarm.dev.other", folder: "/srv" });
  expect(report.facts.programs).toContain("sh");
  expect(report.ides.map(({ ide }: { ide: string }) => ide)).toEqual(["zed"]);
  expect(report.ides[0].link).toBe("zed://ssh/prewarm.dev.other/srv");
});

test("the prebuild itself has told what its pool's image lacks", async () => {
  const { images } = await waitUntil("both of its agents have told", async () => {
    const explained = await server.admin.call("explainPool", { params: { template: "web", preset: "one" }, query: {} });
    return explained.images.length === 2 ? explained : undefined;
  });
  expect(images.map(({ agent }) => agent)).toEqual(["main", "other"]);
  const ran = await bench().run("prebuilds", "explain", "web/one");
  expect(ran.stdout).toContain("Editors, by what agent main of a prebuild saw");
  expect(ran.stdout).toContain("VS Code, Cursor, Windsurf, JetBrains Gateway: tar is not there.");
});

interface Opened {
  readonly bench: CliBench;
  readonly shown: readonly string[];
}

function benchWithEditor(sshFolder: string, isThere = true): Opened {
  const shown: string[] = [];
  const made = cliBench({
    env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "", PREWARM_SSH_DIR: sshFolder },
    openUrl: async (url) => {
      shown.push(url);
      return isThere;
    },
  });
  onTestFinished(() => made.dispose());
  return { bench: made, shown };
}

test("an editor is opened by its address once config-ssh was run, with the prefix that was chosen there", async () => {
  const { bench: cli, shown } = benchWithEditor(path.join(system.folder, "ssh"));
  const early = await cli.run("open", "dev", "--ide", "vscode", "--agent", "other");
  expect(early).toMatchObject({ exitCode: 1, stdout: "" });
  expect(early.stderr).toContain("prewarm config-ssh");
  expect(await cli.run("config-ssh", "--prefix", "work")).toMatchObject({ exitCode: 0 });
  const url = "vscode://vscode-remote/ssh-remote+work.dev.other/srv";
  const opened = await cli.run("open", "dev", "--ide", "vscode", "--agent", "other");
  expect(opened).toMatchObject({ exitCode: 0, stdout: `${url}\n` });
  expect(shown).toEqual([url]);
  const printed = await cli.run("open", "dev", "--ide", "zed", "--folder", "/a b", "--no-browser", "--json");
  expect(JSON.parse(printed.stdout)).toEqual({
    workspace: "dev",
    ide: "zed",
    host: "work.dev",
    folder: "/a b",
    url: "zed://ssh/work.dev/a%20b",
  });
  expect(shown).toEqual([url]);
});

test("an editor that cannot work is opened with a warning, and one that is not there is said", async () => {
  const { bench: cli } = benchWithEditor(path.join(system.folder, "ssh-too"), false);
  await cli.run("config-ssh");
  const ran = await cli.run("open", "dev", "--ide", "jetbrains");
  expect(ran.exitCode).toBe(1);
  expect(ran.stderr).toContain("curl is not there.");
  expect(ran.stderr).toContain("`prewarm doctor --workspace dev --ide jetbrains` says what to do.");
  expect(ran.stderr).toContain("Is JetBrains Gateway installed?");
});

test.each([
  [["3000", "--ide", "vscode"]],
  [["--ide", "vscode", "--folder", "relative"]],
  [["3000", "--folder", "/a"]],
  [["--ide", "emacs"]],
  [[]],
])("open dev %j is refused", async (words) => {
  expect(await bench().run("open", "dev", ...words)).toMatchObject({ exitCode: 2 });
});

test("a workspace that is stopped has its links, and says why nobody looked into it", {
  timeout: testLimitMs,
}, async () => {
  const params = { workspace: "dev" };
  await server.admin.call("createBuild", { params, body: { transition: "stop" } });
  await waitUntil("it is stopped", async () => {
    return (await server.admin.call("getWorkspace", { params })).status === "stopped" || undefined;
  });
  const answer = await server.admin.call("listIdes", { params, query: { folder: "/srv/a b" } });
  expect(answer).toMatchObject({ facts: null, sessions: [], problem: { code: expect.any(String) } });
  expect(answer.ides[0]?.link).toBe("vscode://vscode-remote/ssh-remote+prewarm.dev/srv/a%20b");
  // Where nobody says which, it is the one that a prebuild of its pool has told of.
  const { folder } = await server.admin.call("listIdes", { params, query: {} });
  expect(folder).toMatch(/^\/.+/);
  const ran = await bench().run("doctor", "--workspace", "dev");
  expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
  expect(ran.stderr).toContain("stopped");
});

test.each([
  ["--ide", "vscode"],
  ["--agent", "main"],
])("%s without a workspace is refused", async (flag, value) => {
  expect(await bench().run("doctor", flag, value)).toMatchObject({ exitCode: 2 });
});
