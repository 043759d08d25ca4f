// Files of a template that look like secrets: said of at its check, its push and in the log of its import; never refused.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { archiveEntriesMax, templateWarningsMax } from "../../src/contracts/limits.ts";
import { cliBench } from "../support/cli-run.ts";
import { type HttpDaemon, startHttpDaemon } from "../support/http-daemon.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

const yaml = "driver: fake\nagents: [{ name: main }]\n";
const key = "-----BEGIN PRIVATE KEY-----\n";
let server: TestServer;
let daemon: HttpDaemon;

beforeAll(async () => {
  server = await startTestServer();
  daemon = await startHttpDaemon(server.admin, server.client, () => ({ kind: "succeeded", claimEffect: "none" }));
});
afterAll(async () => server.stop());

const archiveOf = (files: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    tarArchive([
      { path: "template.yaml", content: yaml },
      ...Object.entries(files).map(([file, content]) => ({ path: file, content })),
    ]),
  );

test("a check names them with file and line, by path, and passes", async () => {
  const bytes = archiveOf({ "notes.txt": `one\n${key}`, "bin/setup": "#!/bin/sh\n", ".env": "A=1\n" });
  const { warnings, driver } = await server.admin.call("checkTemplate", { bytes });
  expect(driver).toBe("fake");
  expect(warnings.map(({ file, line }) => [file, line])).toEqual([
    [".env", null],
    ["notes.txt", 2],
  ]);
});

test("a push tells them in its answer and in the log of its import, whose version becomes ready", async () => {
  const pushed = await server.admin.call("pushTemplate", {
    params: { template: "leaky" },
    query: {},
    bytes: archiveOf({ id_rsa: "" }),
  });
  expect(pushed.warnings.map(({ file }) => file)).toEqual(["id_rsa"]);
  const { entries } = await server.admin.call("getJobLogs", { params: { jobId: pushed.version.importJobId ?? "" } });
  expect(entries).toMatchObject([{ level: "warn", stage: "secrets" }]);
  expect(entries[0]?.line).toMatch(/^id_rsa: it is the private key/);
  await daemon.workOff();
  const { template } = await server.admin.call("getTemplate", { params: { template: "leaky" } });
  expect(template.activeVersion?.status).toBe("ready");
});

test("a clean folder is told of with nothing", async () => {
  expect((await server.admin.call("checkTemplate", { bytes: archiveOf({ "README.md": "text" }) })).warnings).toEqual(
    [],
  );
});

test("very many are named up to a bound, and one behind a large file is still seen", async () => {
  const many = Object.fromEntries(Array.from({ length: templateWarningsMax + 5 }, (_, at) => [`d${at}/.env`, ""]));
  expect(templateWarningsMax + 6).toBeLessThan(archiveEntriesMax);
  const { warnings } = await server.admin.call("checkTemplate", { bytes: archiveOf(many) });
  expect(warnings).toHaveLength(templateWarningsMax);
  const behind = await server.admin.call("checkTemplate", {
    bytes: archiveOf({ large: "x".repeat(300_000), "z.txt": key }),
  });
  expect(behind.warnings.map(({ file }) => file)).toEqual(["z.txt"]);
});

test("the command line shows them once, on standard error, and has them in its document", async () => {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" } });
  onTestFinished(() => bench.dispose());
  const folder = path.join(bench.folder, "leaky");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "template.yaml"), yaml);
  writeFileSync(path.join(folder, "notes.txt"), `one\n${key}`);
  const validated = await bench.run("templates", "validate", folder);
  expect(validated.exitCode).toBe(0);
  expect(validated.stderr).toMatch(/^warning: notes\.txt:2: it holds a private key/);
  const json = await bench.run("templates", "validate", folder, "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ warnings: [{ file: "notes.txt", line: 2 }] });
  const pushing = bench.run("templates", "push", folder);
  await waitUntil("the import is done", async () => (await daemon.workOff()).length > 0);
  const pushed = await pushing;
  expect(pushed.exitCode).toBe(0);
  expect(pushed.stderr.match(/notes\.txt:2/g)).toHaveLength(1);
});
