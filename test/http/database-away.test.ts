// S20: a database that takes no writes, and one whose connections are cut: the server stays, says so, and recovers.
import path from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { root } from "../support/server-process.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

async function maintain(server: TestServer, text: string): Promise<void> {
  const client = new pg.Client({
    connectionString: server.databaseUrl,
    // Whoever is to switch it back must be able to write.
    options: "-c default_transaction_read_only=off",
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

const cutOthers =
  "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";

async function makeReadOnly(server: TestServer, isReadOnly: boolean): Promise<void> {
  const database = new URL(server.databaseUrl).pathname.slice(1);
  const value = isReadOnly ? "on" : "off";
  await maintain(server, `alter database ${database} set default_transaction_read_only = ${value}`);
  await maintain(server, cutOthers);
}

const statusOf = async (server: TestServer, page: string): Promise<number> =>
  (await fetch(new URL(page, server.url))).status;

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => "none",
    (error: { readonly code?: unknown }) => error.code,
  );
}

test("S20: while the database is read-only the server lives, is not ready, refuses with a code, and then goes on", async () => {
  const server = await startTestServer();
  try {
    const { bytes } = await packFolder(path.join(root, "templates/starter"));
    expect(await statusOf(server, "/readyz")).toBe(200);
    await makeReadOnly(server, true);
    await waitUntil("it says so", async () => (await statusOf(server, "/readyz")) === 503);
    expect(await statusOf(server, "/healthz")).toBe(200);
    expect(await codeOf(server.admin.call("pushTemplate", { params: { template: "late" }, bytes }))).toBe(
      "database_unavailable",
    );
    const { findings } = await server.admin.call("doctor", {});
    expect(findings.find(({ check }) => check === "database")?.message).toContain("read-only");
    await makeReadOnly(server, false);
    await waitUntil("it is ready again", async () => (await statusOf(server, "/readyz")) === 200);
    await server.admin.call("pushTemplate", { params: { template: "late" }, bytes });
  } finally {
    await server.stop();
  }
});

test("S20: with all connections cut at once it goes on by itself, hears news again, and its loops run", async () => {
  const server = await startTestServer();
  try {
    for (let round = 0; round < 3; round += 1) {
      await maintain(server, cutOthers);
      await waitUntil("it is ready again", async () => (await statusOf(server, "/readyz")) === 200);
    }
    await waitUntil("no loop fails any more", async () => {
      const { controllers } = await server.admin.call("doctor", {});
      return controllers.every(({ lastOutcome }) => lastOutcome !== "error");
    });
    expect((await server.admin.call("pausePrebuilds", {})).isPaused).toBe(true);
    expect((await server.admin.call("listPools", {})).isPaused).toBe(true);
  } finally {
    await server.stop();
  }
});
