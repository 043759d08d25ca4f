// SSH keys from the command line, against a real server.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { loginKeysPerPersonMax } from "../../src/contracts/limits.ts";
import { makeSshKey } from "../../src/platform/ssh-ed25519.ts";
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

test("login keys are added from a file or standard input, listed, and removed by name, apart from the key of workspaces", async () => {
  const [own, laptop] = [makeSshKey().publicKey, makeSshKey().publicKey];
  expect((await run("list")).stdout).toBe("No keys for the SSH gateway.\n");
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-login-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "id.pub");
  writeFileSync(file, `${laptop} ann@laptop\n`);
  expect((await run("add", file)).stdout).toMatch(/^ann@laptop: SHA256:\S{43}\n$/);
  expect((await run("add", file)).stderr).toContain('You have this key already, as "ann@laptop".');
  writeFileSync(file, `${own} ann@laptop\n`);
  expect((await run("add", file)).stderr).toContain("--name laptop");
  expect((await run("add", file, "--name", "own")).exitCode).toBe(0);
  expect((await run("list")).stdout).toMatch(/ann@laptop +ssh-ed25519 +SHA256:\S+ .*\nown +ssh-ed25519/);
  writeFileSync(file, makeSshKey().privateKey);
  expect((await run("add", file)).stderr).toContain("it is a private key");
  expect((await run("add", path.join(folder, "none"))).stderr).toContain("cannot be read");
  expect((await run("remove", "nothing")).stderr).toContain('There is no login key "nothing".');
  await run("create");
  expect((await run("remove", "own")).stdout).toBe("own is removed.\n");
  // The key that workspaces can use is another one.
  expect((await run("show")).exitCode).toBe(0);
  expect((await run("remove")).exitCode).toBe(0);
  expect((await run("list", "--quiet")).stdout).toBe("ann@laptop\n");
});

test("a login key is its owner's and administrators' to see and to remove, and goes with the account", async () => {
  const [ann, bob] = [await server.member("ann"), await server.member("bob")];
  const { fingerprint } = await ann.call("addLoginKey", { body: { publicKey: makeSshKey().publicKey, name: "a" } });
  expect((await bob.call("listLoginKeys", {})).loginKeys).toEqual([]);
  const query = { owner: "ann" };
  await expect(bob.call("listLoginKeys", { query })).rejects.toMatchObject({ code: "forbidden" });
  const params = { loginKey: fingerprint };
  await expect(bob.call("removeLoginKey", { params, query })).rejects.toMatchObject({ code: "forbidden" });
  await expect(bob.call("removeLoginKey", { params })).rejects.toMatchObject({ code: "not_found" });
  expect((await server.admin.call("listLoginKeys", { query })).loginKeys).toHaveLength(1);
  await server.admin.call("removeLoginKey", { params, query });
  expect((await ann.call("listLoginKeys", {})).loginKeys).toEqual([]);
  const { entries } = await server.admin.call("listAudit", { query: { action: "login_key.remove" } });
  expect(entries[0]).toMatchObject({ actor: "admin", target: { name: "ann" } });
  for (let count = 0; count < loginKeysPerPersonMax; count += 1) {
    await ann.call("addLoginKey", { body: { publicKey: makeSshKey().publicKey, name: `key ${count}` } });
  }
  const more = { publicKey: makeSshKey().publicKey, name: "one more" };
  await expect(ann.call("addLoginKey", { body: more })).rejects.toMatchObject({ code: "conflict" });
  await server.admin.call("deleteUser", { params: { username: "ann" } });
  const sql = new pg.Client({ connectionString: server.databaseUrl });
  await sql.connect();
  const { rows } = await sql.query(
    "select k.name from login_keys k join users u on u.id = k.user_id where username = 'ann'",
  );
  await sql.end();
  expect(rows).toEqual([]);
});
