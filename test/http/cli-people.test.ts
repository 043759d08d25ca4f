// Accounts from the command line, against a real server.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliRun, cliBench } from "../support/cli-run.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(async () => server.stop());

async function run(token: string | undefined, input: string, ...args: readonly string[]): Promise<CliRun> {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: token ?? "" } });
  bench.stdin.end(input);
  try {
    return await bench.run(...args);
  } finally {
    bench.dispose();
  }
}

const asAdmin = async (input: string, ...args: readonly string[]) => await run(server.admin.token, input, ...args);

test("an administrator suspends and activates a user, who is told why meanwhile", async () => {
  const ann = await server.member("ann");
  const { secret } = await ann.call("createToken", { body: { name: "ci" } });
  expect((await asAdmin("", "users", "suspend", "ann")).stderr).toContain("--reason is required");
  expect((await asAdmin("", "users", "suspend", "ann", "--reason", "on leave")).stdout).toBe("ann is suspended.\n");
  expect((await asAdmin("", "users", "list")).stdout).toMatch(/ann .*on leave/);
  expect((await run(secret, "", "whoami")).stderr).toContain("on leave");
  expect((await asAdmin("", "users", "activate", "ann")).exitCode).toBe(0);
  expect((await run(secret, "", "whoami")).exitCode).toBe(0);
});

test("an administrator changes a user's role, which holds from his next request on", async () => {
  const dora = await server.member("dora");
  expect((await run(dora.token, "", "users", "list")).exitCode).not.toBe(0);
  expect((await asAdmin("", "users", "role", "dora", "queen")).stderr).toContain("administrator or member");
  const changed = await asAdmin("", "users", "role", "dora", "administrator", "--organization-role", "template_admin");
  expect(changed.stdout).toMatch(/^dora is now: administrator, template_admin of /);
  expect((await run(dora.token, "", "users", "list")).exitCode).toBe(0);
  await asAdmin("", "users", "role", "dora", "member");
  expect((await run(dora.token, "", "users", "list")).stderr).toContain("administrators");
  expect((await asAdmin("", "users", "role", "admin", "member")).stderr).toContain("last administrator");
  const { entries } = await server.admin.call("listAudit", { query: { action: "user.set_role" } });
  expect(entries.map(({ detail }) => detail)).toEqual([
    { role: "member", before: "administrator" },
    { role: "administrator", before: "member", organizationRole: "template_admin" },
  ]);
});

test("passwords are changed by their owner and by an administrator, and a short one by nobody", async () => {
  const bob = await server.member("bob");
  const change = async (input: string) => await run(bob.token, input, "password", "--password-stdin");
  expect((await change("password of bob\nx\n")).stderr).toContain("password");
  expect((await change("password of bob\n")).stderr).toContain("holds no new password");
  expect((await change("password of bob\nsecond password\n")).stdout).toContain("Your password is changed");
  const reset = async (input: string) => await asAdmin(input, "users", "reset-password", "bob", "--password-stdin");
  expect((await reset("x\n")).stderr).toContain("at least 8 characters");
  expect((await asAdmin("x\n", "users", "create", "eve", "--password-stdin")).stderr).toContain(
    "at least 8 characters",
  );
  expect((await reset("third password\n")).stdout).toContain("1 sessions are ended");
  expect((await run(bob.token, "", "whoami")).exitCode).not.toBe(0);
});

test("an administrator sees a user's tokens page by page, and ends them all", async () => {
  const carol = await server.member("carol");
  for (const name of ["one", "two"]) await carol.call("createToken", { body: { name } });
  const page = await asAdmin("", "tokens", "list", "--owner", "carol", "--limit", "2");
  expect(page.stdout).toContain("two");
  expect(page.stderr).toContain("3");
  expect((await asAdmin("", "users", "logout", "carol", "--api-tokens")).stdout).toContain("3 sessions and tokens");
  expect((await run(carol.token, "", "whoami")).exitCode).not.toBe(0);
});
