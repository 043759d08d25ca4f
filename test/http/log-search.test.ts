// Searching in logs by the routes: what is answered, what is refused, and how many may go on at once.
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { logSearchesPerPersonMax, logSearchTextLengthMax } from "../../src/contracts/limits.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

let server: TestServer;
let database: pg.Client;
let jobId: string;
const lineCount = 3_000;

beforeAll(async () => {
  server = await startTestServer();
  database = new pg.Client(server.databaseUrl);
  await database.connect();
  const bytes = new Uint8Array(tarArchive([{ path: "template.yaml", content: "driver: fake\n" }]));
  const { version } = await server.admin.call("pushTemplate", { params: { template: "web" }, bytes });
  jobId = version.importJobId ?? "";
  await database.query(
    `insert into job_logs (job_id, at, level, stage, line)
     select $1, now(), 'info', 'apply', 'Line ' || n from generate_series(1, ${lineCount}) n`,
    [jobId],
  );
});
afterAll(async () => {
  await database.end();
  await server.stop();
});

const search = async (client: Client, text: string) =>
  await client.call("getJobLogs", { params: { jobId }, query: { search: text } });

test("the lines that have a text are answered with how many there are", async () => {
  const { entries, found } = await search(server.admin, "LINE 2999");
  expect(entries.map(({ line }) => line)).toEqual(["Line 2999"]);
  expect(found).toEqual({ matches: 1, isWhole: true, next: null });
});

test("a text that is empty or longer than may be searched for is refused, and who may not read the log", async () => {
  for (const text of ["", "x".repeat(logSearchTextLengthMax + 1)]) {
    await expect(search(server.admin, text)).rejects.toMatchObject({ code: "invalid_request" });
  }
  await expect(search(await server.member("nosy"), "Line")).rejects.toMatchObject({ code: "not_found" });
});

test("one person's searches are bounded, others have theirs meanwhile, and reading goes on", async () => {
  const other = await server.member("other");
  await database.query("begin");
  // Each search waits for its table.
  await database.query("lock table job_logs in access exclusive mode");
  const going = Array.from({ length: logSearchesPerPersonMax + 1 }, () =>
    search(server.admin, "Line 7").then(
      () => "answered",
      (error: { readonly code?: string }) => error.code,
    ),
  );
  expect(await Promise.race(going)).toBe("too_many_open");
  await expect(search(other, "Line 7")).rejects.toMatchObject({ code: "not_found" });
  await database.query("rollback");
  const ended = await Promise.all(going);
  expect(ended.toSorted()).toEqual([
    ...Array.from({ length: logSearchesPerPersonMax }, () => "answered"),
    "too_many_open",
  ]);
  await waitUntil(
    "their places are free again",
    async () => (await search(server.admin, "Line 7")).found !== undefined,
  );
});
