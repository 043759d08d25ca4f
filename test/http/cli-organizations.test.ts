// Organizations from the command line, against a real server.
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { type CliRun, cliBench } from "../support/cli-run.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let ann: Client;

beforeAll(async () => {
  server = await startTestServer();
  ann = await server.member("ann", "template_admin");
  await server.member("bob");
  const sql = new pg.Client({ connectionString: server.databaseUrl });
  await sql.connect();
  await sql.query(`insert into organizations (id, name, display_name, created_at)
    values (gen_random_uuid(), 'elsewhere', 'Somewhere else', now() + interval '1 s')`);
  await sql.end();
});

afterAll(async () => server.stop());

async function run(client: Client, ...args: readonly string[]): Promise<CliRun> {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: client.token ?? "" } });
  try {
    return await bench.run("organizations", ...args);
  } finally {
    bench.dispose();
  }
}

test("a person sees the organizations that he is in, with his role, and is not told of others", async () => {
  const { stdout } = await run(ann, "list");
  expect(stdout).toMatch(/^NAME +TITLE +YOU ARE +MEMBERS +CREATED\ndefault +\S+ +template admin +3 /);
  expect(stdout).not.toContain("elsewhere");
  expect((await run(ann, "show", "elsewhere")).stderr).toContain("[not_found]");
  expect((await run(ann, "show", "default")).stdout).toMatch(/you are +template admin\nmembers +3\n/);
});

test("an administrator sees all, sorted as he asks and page by page", async () => {
  expect((await run(server.admin, "list", "-q")).stdout).toBe("default\nelsewhere\n");
  expect((await run(server.admin, "list", "-q", "--order", "desc")).stdout).toBe("elsewhere\ndefault\n");
  expect((await run(server.admin, "list", "-q", "--sort", "members")).stdout).toBe("default\nelsewhere\n");
  expect((await run(server.admin, "list", "-q", "--sort", "created")).stdout).toBe("elsewhere\ndefault\n");
  expect((await run(server.admin, "list", "-q", "--search", "somewhere")).stdout).toBe("elsewhere\n");
  const page = await run(server.admin, "list", "--limit", "1");
  expect(page.stdout).not.toContain("elsewhere");
  expect(page.stderr).toBe("1 of 2 shown; --offset 1 shows what follows.\n");
  expect(JSON.parse((await run(server.admin, "list", "-o", "json")).stdout)).toMatchObject({
    organizations: [
      { name: "default", role: "template_admin", members: 3 },
      { name: "elsewhere", role: null, members: 0 },
    ],
    total: 2,
  });
});
