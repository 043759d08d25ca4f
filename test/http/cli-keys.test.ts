// SSH keys from the command line, against a real server.
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliBench } from "../support/cli-run.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => server.stop());

async function run(...args: readonly string[]) {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" } });
  try {
    return await bench.run("keys", ...args);
  } finally {
    bench.dispose();
  }
}

test("a key is made, shown, replaced and removed, and only its public half is printed", async () => {
  const none = await run("show");
  expect(none.exitCode).toBe(1);
  expect(none.stderr).toContain("prewarm keys create");
  const made = await run("create");
  expect(made.stdout).toMatch(/^ssh-ed25519 \S+ admin@prewarm\n$/);
  expect(made.stderr).toContain("prewarm keys allow TEMPLATE");
  expect((await run("show")).stdout).toBe(made.stdout);
  expect((await run("create")).stderr).toContain("prewarm keys rotate");
  expect((await run("allow", "nowhere")).exitCode).toBe(1);
  const rotated = await run("rotate");
  expect(rotated.stdout).toMatch(/^ssh-ed25519 /);
  expect(rotated.stdout).not.toBe(made.stdout);
  expect((await run("show", "--json")).stdout).not.toContain("PRIVATE");
  expect((await run("remove")).stdout).toBe("The SSH key is removed.\n");
  expect((await run("show")).exitCode).toBe(1);
});
