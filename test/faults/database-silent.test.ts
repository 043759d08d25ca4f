// A network that drops the database's packets and closes nothing: the server says so in time, and goes on after it.
import { expect, onTestFinished, test } from "vitest";
import { databaseDeadlines } from "../../src/db/deadlines.ts";
import { codeOf } from "../support/claims.ts";
import { createTestDatabase } from "../support/database.ts";
import { startDatabaseProxy } from "../support/silent-proxy.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const requests = 30;
/** The look's own wait, or one for a connection before it; and some time for a busy machine. */
const answerMsMax = databaseDeadlines.connectMs + databaseDeadlines.lookMs + 4_000;

const statusOf = async (server: TestServer, page: string): Promise<number> =>
  (await fetch(new URL(page, server.url))).status;

async function gauge(server: TestServer, series: string): Promise<number> {
  const text = await (await fetch(new URL("/metrics", server.url))).text();
  const line = text.split("\n").find((one) => !one.startsWith("#") && one.includes(series));
  return Number(line?.split(" ").at(-1));
}

test("while the database is silent every request ends in time with a code, and everything returns with it", async () => {
  const database = await createTestDatabase();
  const { proxy, url } = await startDatabaseProxy(database.connection);
  const server = await startTestServer({ pgUrl: url, metricsPublic: true });
  onTestFinished(async () => {
    proxy.speak();
    await server.stop();
    await proxy.close();
    await database.drop();
  });
  const list = (): Promise<unknown> => server.admin.call("listWorkspaces", { query: {} });
  await Promise.all(Array.from({ length: requests }, list));
  proxy.silence();
  const begunMs = performance.now();
  const codes = await Promise.all(Array.from({ length: requests }, () => codeOf(list())));
  expect(performance.now() - begunMs).toBeLessThan(answerMsMax);
  expect(new Set(codes)).toEqual(new Set(["database_unavailable"]));
  expect(await statusOf(server, "/readyz")).toBe(503);
  expect(await statusOf(server, "/healthz")).toBe(200);
  await waitUntil("the news are known to be unheard", async () => (await gauge(server, "news_connection_up")) === 0);
  proxy.speak();
  await waitUntil("it is ready again", async () => (await statusOf(server, "/readyz")) === 200);
  await list();
  await waitUntil("the news are heard", async () => (await gauge(server, "news_connection_up")) === 1);
  await waitUntil("no connection stays checked out", async () => {
    return (await gauge(server, 'database_connections{state="in_use"}')) === 0;
  });
});
