// Accounts at git hosts from the command line, against a real server.
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliBench } from "../support/cli-run.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => server.stop());

async function run(args: readonly string[], stdin = "") {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" } });
  bench.stdin.end(stdin);
  try {
    return await bench.run("git", ...args);
  } finally {
    bench.dispose();
  }
}

test("an account is linked by a token from standard input, listed, and unlinked, and its token is never printed", async () => {
  const link = ["link", "127.0.0.1:8080", "--username", "ada", "--token-stdin"];
  const linked = await run(link, "a-token-of-ada\n");
  expect(linked.stdout).toBe("ada at 127.0.0.1:8080 is linked, for no template yet.\n");
  expect(linked.stderr).toContain("prewarm git allow 127.0.0.1:8080 TEMPLATE");
  expect((await run(["allow", "127.0.0.1:8080", "nowhere"])).exitCode).toBe(1);
  expect((await run(["list"])).stdout).toMatch(/127\.0\.0\.1:8080 +ada +no template yet .* no/);
  expect((await run(["list", "--json"])).stdout).not.toContain("a-token");
  const empty = await run(link, "\n");
  expect([empty.exitCode, empty.stderr]).toEqual([1, expect.stringContaining("The token is empty")]);
  expect((await run(["link", "github.com", "--token-stdin"], "x\n")).exitCode).toBe(2);
  const withScheme = await run(["link", "https://github.com", "--username", "ada", "--token-stdin"], "x\n");
  expect(withScheme.stderr).toContain("without https://");
  expect((await run(["unlink", "127.0.0.1:8080"])).stdout).toContain("is unlinked");
  expect((await run(["unlink", "127.0.0.1:8080"])).stderr).toContain("prewarm git link 127.0.0.1:8080");
});
