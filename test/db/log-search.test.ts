// The search in logs of jobs and agents: what it finds, and how far it goes.
import { expect, test } from "vitest";
import { getAgentLogs, getJobLogs } from "../../src/app/jobs/jobs.ts";
import { searchLog } from "../../src/app/jobs/search-log.ts";
import type { JobId } from "../../src/contracts/ids.ts";
import { logSearchAnswerBytesMax, logSearchBytesMax, logSearchLinesMax } from "../../src/contracts/limits.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

/** A job whose log has these lines and no others. */
async function jobWith(fx: Fixture, lines: readonly string[]): Promise<JobId> {
  await publishTemplate(fx, { presets: {} });
  const [job] = await fx.rows<{ id: JobId }>("select id from jobs limit 1");
  if (job === undefined) throw new Error("The template's import has no job.");
  await fx.rows("delete from job_logs");
  await fx.rows(
    `insert into job_logs (job_id, at, level, stage, line)
select $1, $2, 'info', 'apply', l from unnest($3::text[]) with ordinality as u(l, n) order by n`,
    [job.id, fx.clock.now(), lines],
  );
  return job.id;
}

async function foundBy(fx: Fixture, jobId: JobId, search: string): Promise<readonly string[]> {
  return (await getJobLogs(fx.context, fx.admin, { jobId, search })).entries.map(({ line }) => line);
}

test("a search finds the lines that show a text, whatever its case, their colours and what they wrote over", async () => {
  const fx = await testFixture();
  const lines = ["Error: no space", "\u001b[31merr\u001b[0mor 2", "error\rdone", "ÄRGER", "all is well"];
  const jobId = await jobWith(fx, lines);
  expect(await foundBy(fx, jobId, "ERROR")).toEqual([lines[0], lines[1]]);
  expect(await foundBy(fx, jobId, "ärger")).toEqual(["ÄRGER"]);
  expect(await foundBy(fx, jobId, "[31m")).toEqual([]);
});

test.each([
  "100%",
  "a_b",
  "c\\d",
  "'; drop table job_logs; --",
  "e.*f",
  "(g",
])("a search takes %s as it is written", async (text) => {
  const fx = await testFixture();
  const jobId = await jobWith(fx, [`it says ${text} here`, "100 of a-b, cd, c\\\\d, eef, g"]);
  expect(await foundBy(fx, jobId, text)).toEqual([`it says ${text} here`]);
});

test("a search says how many lines match, and goes on behind those that it answered", async () => {
  const fx = await testFixture();
  const jobId = await jobWith(
    fx,
    Array.from({ length: 9_000 }, (_, nth) => (nth % 3 === 0 ? `match ${nth}` : `other ${nth}`)),
  );
  const first = await getJobLogs(fx.context, fx.admin, { jobId, search: "MATCH", limit: 2_000 });
  expect([first.entries.length, first.entries.at(-1)?.line]).toEqual([2_000, "match 5997"]);
  expect(first.found).toEqual({ matches: 3_000, isWhole: true, next: first.entries.at(-1)?.id });
  const rest = await getJobLogs(fx.context, fx.admin, { jobId, search: "MATCH", after: first.found?.next ?? 0 });
  expect([rest.entries[0]?.line, rest.found]).toEqual(["match 6000", { matches: 1_000, isWhole: true, next: null }]);
  expect(await getJobLogs(fx.context, fx.admin, { jobId, search: "nowhere" })).toEqual({
    entries: [],
    found: { matches: 0, isWhole: true, next: null },
  });
});

test("lines of a megabyte make short answers, and each is answered", async () => {
  const fx = await testFixture();
  const long = "wide ".repeat(200_000);
  const jobId = await jobWith(fx, [long, "wide", long, "wide", "narrow"]);
  const sizes: number[][] = [];
  let after: number | null = 0;
  while (after !== null) {
    const page: Awaited<ReturnType<typeof getJobLogs>> = await getJobLogs(fx.context, fx.admin, {
      jobId,
      search: "wide",
      after,
    });
    sizes.push(page.entries.map(({ line }) => line.length));
    after = page.found?.next ?? null;
  }
  expect(sizes.flat()).toEqual([long.length, 4, long.length, 4]);
  expect(sizes.every((each) => each.length === 1 || each.reduce((a, b) => a + b, 0) <= logSearchAnswerBytesMax)).toBe(
    true,
  );
});

test("the agents of a workspace are searched in one order", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 0 } });
  const id = await putPrebuild(fx, template.preset(), { agents: { total: 2, ready: 2 } });
  await fx.rows(
    `insert into agent_logs (agent_id, at, level, source, line)
select a.id, $1, 'info', 'start', n || ' of ' || a.name from generate_series(1, 3) n, agents a order by n, a.name`,
    [fx.clock.now()],
  );
  const first = await getAgentLogs(fx.context, fx.admin, { workspace: id, search: "AGENT-2", limit: 2 });
  expect(first.entries.map(({ line }) => line)).toEqual(["1 of agent-2", "2 of agent-2"]);
  expect(first.found).toMatchObject({ matches: 3, isWhole: true });
  const rest = await getAgentLogs(fx.context, fx.admin, {
    workspace: id,
    search: "agent-2",
    after: first.found?.next ?? 0,
  });
  expect(rest.entries.map(({ line }) => line)).toEqual(["3 of agent-2"]);
});

test("who may not read a log may not search it", async () => {
  const fx = await testFixture();
  const jobId = await jobWith(fx, ["a secret"]);
  await expect(getJobLogs(fx.context, fx.alice, { jobId, search: "secret" })).rejects.toMatchObject({
    code: "not_found",
  });
});

test.each([
  { bound: "lines", lines: 4_000, bytes: 1, looks: logSearchLinesMax / 4_000 },
  { bound: "bytes", lines: 1, bytes: 1_048_576, looks: logSearchBytesMax / 1_048_576 },
])("a search ends at its bound of $bound, and says where it goes on", async ({ lines, bytes, looks }) => {
  let asked = 0;
  const lookAt = async () => {
    asked += 1;
    return { lookedTo: asked, isWhole: false, lines, bytes, candidates: [] };
  };
  const page = await searchLog({ monotonicMs: () => 0, lookAt }, { text: "x", after: 0, limit: 5 });
  expect([asked, page.found]).toEqual([looks, { matches: 0, isWhole: false, next: looks }]);
});

test("a search that takes long ends after the part that it is at", async () => {
  let nowMs = 0;
  const lookAt = async () => {
    nowMs += 2_000;
    return { lookedTo: nowMs, isWhole: false, lines: 1, bytes: 1, candidates: [] };
  };
  const page = await searchLog({ monotonicMs: () => nowMs, lookAt }, { text: "x", after: 0, limit: 5 });
  expect(page.found).toEqual({ matches: 0, isWhole: false, next: 4_000 });
});
