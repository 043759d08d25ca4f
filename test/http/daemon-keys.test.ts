// A daemon key is for one daemon: nobody takes another's name, or its jobs, with it.
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { codeOf } from "../support/claims.ts";
import path from "node:path";
import { root } from "../support/server-process.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let database: pg.Client;

beforeAll(async () => {
  server = await startTestServer();
  database = new pg.Client(server.databaseUrl);
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await server.stop();
});

async function keyFor(daemon?: string): Promise<{ readonly id: string; readonly client: Client }> {
  const body = { name: "key", ...(daemon === undefined ? {} : { daemon }) };
  const { key, secret } = await server.admin.call("createDaemonKey", { body });
  return { id: key.id, client: server.client(secret) };
}

const about = { drivers: ["process"], tags: {}, concurrency: 4, version: "test" };

async function register(client: Client, name: string): Promise<{ daemonId: string; incarnation: string }> {
  const incarnation = randomUUID();
  const { daemonId } = await client.call("registerDaemon", { body: { ...about, name, incarnation } });
  return { daemonId, incarnation };
}

const ofKey = async (id: string): Promise<string | null | undefined> =>
  (await server.admin.call("listDaemonKeys", {})).keys.find((key) => key.id === id)?.daemon;

test("a key is for the first daemon that registers with it, and for none besides", async () => {
  const key = await keyFor();
  expect(await ofKey(key.id)).toBeNull();
  await register(key.client, "one");
  await register(key.client, "one");
  expect(await ofKey(key.id)).toBe("one");
  expect(await codeOf(register(key.client, "two"))).toBe("daemon_key_bound");
  expect(await codeOf(register((await keyFor("three")).client, "four"))).toBe("daemon_key_bound");
});

test("another's name is refused, until its key is revoked or an administrator gives the name away", async () => {
  const first = await keyFor();
  await register(first.client, "rack");
  const thief = await keyFor();
  expect(await codeOf(register(thief.client, "rack"))).toBe("daemon_key_bound");
  expect(await ofKey(thief.id), "what was refused binds nothing").toBeNull();
  await register((await keyFor("rack")).client, "rack");
  await register(first.client, "rack");
  await server.admin.call("revokeDaemonKey", { params: { keyId: first.id } });
  await register(thief.client, "rack");
});

test("a server's own daemon's name is taken by no key, not even by one that was made for it", async () => {
  const own = server.client(server.server.daemonKey);
  await register(own, "builtin-host");
  expect(await codeOf(register((await keyFor()).client, "builtin-host"))).toBe("daemon_key_bound");
  expect(await codeOf(register((await keyFor("builtin-host")).client, "builtin-host"))).toBe("daemon_key_bound");
  await register(own, "builtin-host");
});

test("no call for another daemon, and none about its jobs, is taken from a key", async () => {
  const { bytes } = await packFolder(path.join(root, "templates/starter"));
  const owner = (await keyFor()).client;
  const mine = await register(owner, "owner");
  await server.admin.call("pushTemplate", { params: { template: "starter" }, bytes });
  const { job } = await owner.call("leaseJob", { body: { ...mine, waitMs: 0 } });
  const thief = (await keyFor()).client;
  await register(thief, "thief");
  const jobId = job?.jobId ?? "";
  const attempt = job?.attempt ?? 0;
  const params = { jobId };
  const failed = { kind: "failed", error: { code: "build_failed", message: "stolen" } } as const;
  const lines = [{ at: new Date().toISOString(), level: "info", stage: "x", line: "stolen" }] as const;
  const list = { driver: "process", resources: [], isComplete: true };
  const refused: Readonly<Record<string, () => Promise<unknown>>> = {
    lease: () => thief.call("leaseJob", { body: { ...mine, waitMs: 0 } }),
    resources: () => thief.call("reportResources", { body: { ...mine, ...list } }),
    signOff: () => thief.call("signOffDaemon", { body: mine }),
    heartbeat: () => thief.call("heartbeatJob", { params, body: { attempt } }),
    logs: () => thief.call("appendJobLogs", { params, body: { attempt, lines: [...lines] } }),
    state: () => thief.call("putJobState", { params, body: { attempt, serial: 1, state: {} } }),
    complete: () => thief.call("completeJob", { params, body: { attempt, outcome: failed } }),
  };
  const codes = await Promise.all(Object.values(refused).map((call) => codeOf(call())));
  const bound = "daemon_key_bound";
  expect(codes).toEqual([bound, bound, bound, "lease_lost", "lease_lost", "lease_lost", "lease_lost"]);
  await owner.call("heartbeatJob", { params, body: { attempt } });
});

test("a key from before goes on with the daemons that were known then, and takes no others", async () => {
  const [key, newer] = [await keyFor(), await keyFor()];
  const running = await register(key.client, "before-1");
  await register((await keyFor()).client, "before-2");
  // As the migration leaves them: nobody knows which key each had.
  await database.query("update daemon_keys set is_shared = true, daemon_name = null where id = $1", [key.id]);
  await database.query("update daemons set key_id = null where name like 'before-%'");
  await key.client.call("leaseJob", { body: { ...running, waitMs: 0 } });
  await register(key.client, "before-2");
  expect(await codeOf(register(newer.client, "before-1"))).toBe("daemon_key_bound");
  expect(await codeOf(register(key.client, "after"))).toBe("daemon_key_bound");
});
