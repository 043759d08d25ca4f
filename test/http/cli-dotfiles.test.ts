// Dotfiles from the command line, against a real server.
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
    return await bench.run("dotfiles", ...args);
  } finally {
    bench.dispose();
  }
}

test("dotfiles are set, shown, switched off and cleared", async () => {
  const none = await run("show");
  expect([none.exitCode, none.stderr]).toEqual([1, expect.stringContaining("prewarm dotfiles set REPOSITORY")]);
  const address = "https://git.example.org/ada/dotfiles";
  expect((await run("set", address, "--branch", "main")).stdout).toBe(`Your dotfiles: ${address}, branch main.\n`);
  expect((await run("set", "--folder", "home", "--off")).stdout).toContain("branch main, folder home (switched off)");
  const shown: unknown = JSON.parse((await run("show", "--json")).stdout);
  expect(shown).toMatchObject({ repository: address, branch: "main", folder: "home", isOn: false });
  expect((await run("set")).exitCode).toBe(2);
  expect((await run("set", "--on", "--off")).exitCode).toBe(2);
  expect((await run("set", "ext::sh")).stderr).toContain("git@github.com:ada/dotfiles.git");
  expect((await run("run", "nothing")).exitCode).toBe(1);
  expect((await run("clear")).stdout).toBe("You have no dotfiles any more.\n");
});
