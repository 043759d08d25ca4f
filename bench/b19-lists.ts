import { createHash, randomBytes } from "node:crypto";
import pg from "pg";
import { partOfYear, seedYear, type YearSize } from "../test/support/year-of-history.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row } from "./harness/benchmark.ts";
import { startChild } from "./harness/child-process.ts";
import { summarize } from "./harness/percentiles.ts";
import type { ServerMessage, ServerStarted } from "./harness/server-role.ts";

const wantedMs = 100;
const waitingJobs = 500;

/** 10,000 workspaces of people, 1,000 pools of two prebuilds each, and a little history. */
const size: YearSize = {
  people: 500,
  templates: 500,
  versions: 4,
  readyPerPreset: 2,
  liveWorkspaces: 12_000,
  deletedWorkspaces: 1_200,
  logLines: 100_000,
};

/** What the pages ask for, as each of them asks for it; `mine` by somebody who is no administrator. */
const lists: readonly { readonly name: string; readonly path: string; readonly isMine?: true }[] = [
  { name: "workspaces of everybody", path: "workspaces?owner=*&sort=created&order=desc&limit=50&offset=0" },
  ...(["name", "last_used", "state", "deadline", "template"] as const).map((sort) => ({
    name: `the same by ${sort}`,
    path: `workspaces?owner=*&sort=${sort}&order=asc&limit=50&offset=0`,
  })),
  { name: "the same, page 150", path: "workspaces?owner=*&sort=created&order=desc&limit=50&offset=7450" },
  { name: "the same, running", path: "workspaces?owner=*&group=running&sort=created&order=desc&limit=50&offset=0" },
  { name: "the same, outdated", path: "workspaces?owner=*&outdated=true&sort=created&order=desc&limit=50&offset=0" },
  { name: "the same, of a template", path: "workspaces?owner=*&template=template-3&sort=created&order=desc&limit=50" },
  { name: "the same, with a word", path: "workspaces?owner=*&search=w-99&sort=created&order=desc&limit=50&offset=0" },
  { name: "the same, with a word that none has", path: "workspaces?owner=*&search=nothing&sort=created&order=desc" },
  { name: "counts of everybody's workspaces", path: "workspace-counts?owner=*" },
  { name: "counts of those with a word", path: "workspace-counts?owner=*&search=w-99" },
  { name: "workspaces of one's own", path: "workspaces?sort=created&order=desc&limit=50&offset=0", isMine: true },
  { name: "counts of one's own", path: "workspace-counts", isMine: true },
  { name: "pools, those that want attention first", path: "prebuilds?sort=attention&limit=50&offset=0" },
  { name: "pools, page 15", path: "prebuilds?sort=attention&limit=50&offset=700" },
  { name: "pools, with a word", path: "prebuilds?text=template-4&limit=8" },
  { name: "pools of a template", path: "prebuilds?sort=attention&template=template-3&limit=50&offset=0" },
  { name: "prebuilds of a pool", path: "prebuilds/workspaces?template=template-3&preset=small&limit=50&offset=0" },
  { name: "why a pool is as it is", path: "prebuilds/template-3/small/explain" },
  { name: "history of a pool, a day", path: "prebuilds/template-3/small/history" },
  { name: "decisions of a pool", path: "prebuilds/template-3/small/decisions?limit=25" },
  { name: "jobs that wait, of people", path: "jobs?lane=people&status=pending&limit=20&offset=0" },
  { name: "jobs that run", path: "jobs?status=running&limit=100" },
  { name: "jobs that failed", path: "jobs?status=failed&limit=20&offset=0" },
  { name: "jobs of one's own", path: "jobs?status=succeeded&limit=20&offset=0", isMine: true },
  { name: "templates", path: "templates?limit=50&offset=0" },
  { name: "users", path: "users?limit=50&offset=0" },
  { name: "audit log", path: "audit?limit=50" },
  { name: "audit log, of one person", path: "audit?limit=50&actor=person3" },
  { name: "inbox", path: "notifications?limit=50&offset=0", isMine: true },
  { name: "inbox, unread", path: "notifications?limit=1&unread=true", isMine: true },
  { name: "palette: workspaces with a word", path: "workspaces?owner=*&search=w-123&limit=8" },
];

interface Scene {
  readonly url: string;
  readonly secrets: { readonly admin: string; readonly person: string };
}

async function seed(client: pg.Client, isSmall: boolean): Promise<Scene["secrets"]> {
  const small = { ...partOfYear(20_000), people: 5, templates: 5, versions: 2, readyPerPreset: 1 };
  await seedYear(client, isSmall ? small : size, { now: new Date() });
  // Some wait for a daemon, which are the ones that a queue shows.
  await client.query(
    `update jobs
set status = 'pending', daemon_id = null, attempt = 0, started_at = null, completed_at = null
where id in (select job_id from builds where stage = 'ordinary' and job_id is not null order by created_at desc limit $1)`,
    [waitingJobs],
  );
  // As the version's manifest says, so that there is nothing to be said against a pool.
  await client.query("update presets set parameters = '{}'");
  // The server's own take their place.
  await client.query("delete from decisions");
  await client.query(`insert into notifications (at, kind, organization_id, user_id, subject, detail, event_id)
select now() - n * interval '1 minute', e.kind, e.organization_id, u.id, e.subject, e.detail, e.id
from generate_series(1, 500) n
cross join (select * from notification_events order by at desc limit 1) e
join users u on u.username = 'person1'`);
  const tokenOf = async (username: string): Promise<string> => {
    const secret = `pw_api_${randomBytes(32).toString("base64url")}`;
    await client.query(
      `insert into tokens (id, kind, user_id, name, secret_hash, created_at, expires_at, last_used_at)
select gen_random_uuid(), 'api', id, 'bench', $2, now(), now() + interval '1 day', now()
from users
where username = $1`,
      [username, createHash("sha256").update(secret).digest()],
    );
    return secret;
  };
  await client.query("vacuum analyze");
  return { admin: await tokenOf("admin"), person: await tokenOf("person1") };
}

/** Until the last byte has come. */
async function ask({ url }: Scene, path: string, secret: string): Promise<{ elapsedMs: number; bytes: number }> {
  const begun = performance.now();
  const answer = await fetch(`${url}/api/v1/${path}`, { headers: { authorization: `Bearer ${secret}` } });
  const body = await answer.arrayBuffer();
  const elapsedMs = performance.now() - begun;
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${Buffer.from(body).toString()}`);
  return { elapsedMs, bytes: body.byteLength };
}

async function measure(scene: Scene, times: number): Promise<readonly Row[]> {
  const samples = lists.map(() => [] as number[]);
  const bytes = lists.map(() => 0);
  // In turn over the lists, so that noise of the machine meets all of them. The first round prepares statements.
  for (let round = 0; round <= times; round += 1) {
    for (const [nth, { path, isMine }] of lists.entries()) {
      const one = await ask(scene, path, isMine === true ? scene.secrets.person : scene.secrets.admin);
      bytes[nth] = one.bytes;
      if (round > 0) samples[nth]?.push(one.elapsedMs);
    }
  }
  return lists.map(({ name }, nth) => {
    const { p50Ms, p99Ms, maxMs } = summarize(samples[nth] ?? []);
    return { case: name, values: { p50Ms, p99Ms, maxMs, kibibytes: (bytes[nth] ?? 0) / 1_024 } };
  });
}

async function run(context: BenchContext): Promise<Outcome> {
  const times = context.isSmall ? 2 : 100;
  const database = await context.postgres.createDatabase("b19");
  const client = new pg.Client({ ...database.connection });
  const child = startChild("server");
  try {
    await client.connect();
    const secrets = await seed(client, context.isSmall);
    context.say("seeded");
    const flags = { "http-port": "0", "provisioner-builtin": "false", "pg-url": database.url };
    const { url } = await child.ask<ServerStarted>({ kind: "start", flags } satisfies ServerMessage);
    const rows = await measure({ url, secrets }, times);
    const slowest = (value: "p50Ms" | "p99Ms"): number => Math.max(...rows.map(({ values }) => Number(values[value])));
    return {
      setup:
        `Every list that the dashboard asks for, over HTTP, one request at a time, ${times} of each in turn, of a server ` +
        `beside which nothing else is asked: 500 people with 10,000 workspaces, 500 templates with 1,000 pools, ` +
        `${waitingJobs} jobs that wait.`,
      rows,
      targets: [
        atMost("slowest list, p50", slowest("p50Ms"), wantedMs, "ms"),
        atMost("slowest list, p99", slowest("p99Ms"), wantedMs, "ms"),
      ],
    };
  } finally {
    await child.stop();
    await client.end();
    await database.drop();
  }
}

export const fullLists: Benchmark = { id: "B19", title: "Lists of a full deployment", run };
