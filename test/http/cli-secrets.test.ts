// Secrets from the command line, against a real server.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliBench } from "../support/cli-run.ts";
import { startHttpDaemon } from "../support/http-daemon.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const daemon = await startHttpDaemon(server.admin, server.client, () => ({ kind: "succeeded", claimEffect: "none" }));
  const content = JSON.stringify({ driver: "fake", agents: [{ name: "main" }] });
  const bytes = new Uint8Array(tarArchive([{ path: "template.yaml", content }]));
  await server.admin.call("pushTemplate", { params: { template: "web" }, bytes });
  await daemon.workOff();
});

afterAll(async () => server.stop());

async function run(input: string | Buffer, ...args: readonly string[]) {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" } });
  bench.stdin.end(input);
  try {
    return await bench.run("secrets", ...args);
  } finally {
    bench.dispose();
  }
}

test("a secret is set from standard input, let go to a template, listed without its value, and removed", async () => {
  const set = await run("hunter2 hunter2\n", "set", "TOKEN", "--stdin", "--description", "for the forge");
  expect(set.stdout).toBe("TOKEN is set, for no template yet.\n");
  expect(set.stderr).toContain("prewarm secrets allow TOKEN TEMPLATE");
  expect((await run("", "allow", "TOKEN", "web")).stdout).toBe("TOKEN is for web.\n");
  const shown = [await run("", "list"), await run("", "list", "--json")];
  expect(shown[0]?.stdout).toMatch(/TOKEN +web .*admin +for the forge/);
  expect(JSON.stringify([set, ...shown])).not.toContain("hunter2");
  expect((await run("", "disallow", "TOKEN", "web")).stdout).toBe("TOKEN is for no template yet.\n");
  expect((await run("", "remove", "TOKEN")).stdout).toBe("TOKEN is removed.\n");
  expect((await run("", "remove", "TOKEN")).exitCode).toBe(1);
});

test("a template's secret comes from a file", async () => {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" } });
  try {
    const file = path.join(bench.folder, "key");
    writeFileSync(file, "first\nsecond\n");
    const set = await bench.run("secrets", "set", "KEY", "--template", "web", "--from-file", file);
    expect(set.stdout).toBe("KEY is set, for web.\n");
  } finally {
    bench.dispose();
  }
  expect((await run("", "list", "--template", "web")).stdout).toContain("KEY");
});

test("a value is refused when nobody can be asked, when it is empty, too long or no text, and it is not repeated", async () => {
  expect((await run("", "set", "TOKEN")).stderr).toContain("--stdin or --from-file");
  expect((await run("\n", "set", "TOKEN", "--stdin")).stderr).toContain("empty");
  const long = await run("x".repeat(40_000), "set", "TOKEN", "--stdin");
  expect(long.stderr).toContain("longer than 32768 bytes");
  expect(long.stderr).not.toContain("xxxx");
  expect((await run(Buffer.from([0xff, 0xfe, 0x41]), "set", "TOKEN", "--stdin")).stderr).toContain("not UTF-8");
  expect((await run("x", "set", "LD_PRELOAD", "--stdin")).stderr).toContain("LD_PRELOAD");
});
