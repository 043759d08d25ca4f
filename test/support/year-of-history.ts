import type pg from "pg";
import { defaultOrganizationId, lifecycleUserId, prebuildsUserId } from "../../src/contracts/system-ids.ts";

/** How much a generated year holds. */
export interface YearSize {
  readonly people: number;
  readonly templates: number;
  /** Versions that each template had; the last one is active. */
  readonly versions: number;
  /** Ready prebuilds of each of the two presets of an active version. */
  readonly readyPerPreset: number;
  readonly liveWorkspaces: number;
  readonly deletedWorkspaces: number;
  readonly logLines: number;
}

/** 500 people, as issue says: some 2.5 million builds, most of a deployment's rows being history. */
export const fullYear: YearSize = {
  people: 500,
  templates: 40,
  versions: 25,
  readyPerPreset: 5,
  liveWorkspaces: 200_000,
  deletedWorkspaces: 2_000_000,
  logLines: 10_000_000,
};

/** The same with all that grows divided. */
export function partOfYear(divisor: number): YearSize {
  return {
    ...fullYear,
    liveWorkspaces: Math.ceil(fullYear.liveWorkspaces / divisor),
    deletedWorkspaces: Math.ceil(fullYear.deletedWorkspaces / divisor),
    logLines: Math.ceil(fullYear.logLines / divisor),
  };
}

/** The server that holds the agents' connections, as far as the database knows. */
const agentServerId = "00000000-0000-4000-8000-0000000000aa";

/** Ids are made of what they number, so that rows fit together without being looked up. */
const id = (kind: string, n: string): string => `md5('${kind}' || ${n})::uuid`;
const org = `'${defaultOrganizationId}'::uuid`;
const pools = `'${prebuildsUserId}'::uuid`;
const secondsOfYear = 364 * 86_400;

function parts(size: YearSize) {
  const { people, templates, versions, readyPerPreset, liveWorkspaces: live, deletedWorkspaces: deleted } = size;
  const all = live + deleted;
  const ready = Math.min(templates * 2 * readyPerPreset, Math.floor(live / 2));
  // 0: one that waits in a pool; 1: built cold; 2: claimed; 3: deleted unclaimed; negative: never.
  const facts = `facts as not materialized (
  select n, n > ${live} as is_deleted,
    case when n <= ${ready} then 0 when n % 10 = 1 and n > ${live} then 3 when n % 5 = 0 then 1 else 2 end as kind,
    1 + n % ${people} as person, n % ${templates} as template, (n / ${templates}) % 2 as preset,
    case when n <= ${live} then $1::timestamptz - make_interval(secs => 60 + (n::bigint * 7919) % 8640000)
      else $1::timestamptz - make_interval(secs => 60 + (${all} - n)::float8 / ${Math.max(1, deleted)} * ${secondsOfYear}) end as ended
  from generate_series(1, ${all}) n
), w as not materialized (
  select *, ended - make_interval(hours => 1 + n % 40) as created,
    case when kind = 0 then ${versions} else greatest(1, ${versions} - floor(
      extract(epoch from $1::timestamptz - ended) / ${secondsOfYear} * ${versions})::int) end as version,
    ${id("w", "n")} as id
  from facts
)`;
  return { facts, all, ready, live, versions, templates };
}

/** Everything but the rows of workspaces. */
function definitions(size: YearSize): readonly string[] {
  const { templates, versions, people } = size;
  const manifest = `'{"driver": "fake", "agents": [{"name": "main"}]}'::jsonb`;
  return [
    `insert into organizations (id, name, display_name, created_at) values (${org}, 'default', 'Default', $1::timestamptz)
on conflict do nothing`,
    `insert into users (id, username, is_system, role, created_at)
values (${pools}, 'prebuilds', true, 'member', $1::timestamptz), ('${lifecycleUserId}', 'system.lifecycle', true, 'member', $1),
  (${id("u", "'0'")}, 'admin', false, 'administrator', $1) on conflict do nothing`,
    `insert into users (id, username, created_at)
select ${id("u", "n")}, 'person' || n, $1::timestamptz from generate_series(1, ${people}) n`,
    `insert into organization_members (organization_id, user_id, created_at)
select ${org}, ${id("u", "n")}, $1::timestamptz from generate_series(0, ${people}) n`,
    `insert into groups (id, organization_id, name, allowance, created_at)
values (${id("g", "'e'")}, ${org}, 'everyone', 1000000, $1::timestamptz)`,
    `insert into servers (id, url, started_at, seen_at, version)
values ('${agentServerId}', 'http://agents.invalid', $1::timestamptz, $1::timestamptz + interval '1 day', 'year')`,
    `insert into daemons (id, name, kind, incarnation, drivers, concurrency, version, created_at, seen_at)
select ${id("d", "n")}, 'daemon-' || n, 'external', ${id("i", "n")}, '["fake"]', 4, 'year', $1::timestamptz,
  $1::timestamptz + interval '1 day' from generate_series(1, 8) n`,
    `insert into templates (id, organization_id, name, active_version_id, active_since, created_at, created_by)
select ${id("t", "t")}, ${org}, 'template-' || t, ${id("v", `t || '-' || ${versions}`)}, $1::timestamptz - interval '7 days',
  $1::timestamptz - interval '1 year', ${id("u", "'0'")} from generate_series(0, ${templates - 1}) t`,
    `insert into files (hash, bytes, size, created_at)
select sha256((t || '-' || v)::bytea), (t || '-' || v)::bytea, 4, $1::timestamptz - interval '1 year'
from generate_series(0, ${templates - 1}) t, generate_series(1, ${versions}) v`,
    `insert into template_versions (id, template_id, organization_id, number, name, status, driver, manifest, claim_effect,
  file_hash, import_job_id, activate_on_success, created_at, created_by)
select ${id("v", "t || '-' || v")}, ${id("t", "t")}, ${org}, v, 'v' || v, 'ready', 'fake', ${manifest}, 'none',
  sha256((t || '-' || v)::bytea), ${id("vj", "t || '-' || v")}, true,
  $1::timestamptz - make_interval(secs => ${secondsOfYear} * (1 - v::float8 / ${versions})) - interval '7 days', ${id("u", "'0'")}
from generate_series(0, ${templates - 1}) t, generate_series(1, ${versions}) v`,
    `insert into presets (id, organization_id, template_id, template_version_id, name, position, parameters, instances,
  created_at, rehearsed_at)
select ${id("p", "t || '-' || v || '-' || s")}, ${org}, ${id("t", "t")}, ${id("v", "t || '-' || v")},
  case s when 0 then 'small' else 'large' end, s, jsonb_build_object('size', s::text), ${size.readyPerPreset},
  $1::timestamptz, $1::timestamptz
from generate_series(0, ${templates - 1}) t, generate_series(1, ${versions}) v, generate_series(0, 1) s`,
    `insert into decisions (preset_id, at, digest, record)
select ${id("p", "t || '-' || v || '-' || s")}, $1::timestamptz - n * interval '1 hour', 'digest', '{"instances": 5}'
from generate_series(0, ${templates - 1}) t, generate_series(${Math.max(1, versions - 9)}, ${versions}) v,
  generate_series(0, 1) s, generate_series(1, 20) n`,
    `insert into jobs (id, organization_id, kind, initiator_id, is_prebuild, status, template_id, template_version_id,
  driver, attempt, daemon_id, created_at, started_at, completed_at)
select v.import_job_id, v.organization_id, 'template_import', v.created_by, false, 'succeeded', v.template_id, v.id, 'fake', 1,
  ${id("d", "'1'")}, v.created_at, v.created_at, v.created_at from template_versions v where $1::timestamptz is not null`,
  ];
}

const preset = id("p", "template || '-' || version || '-' || preset");
const version = id("v", "template || '-' || version");

/** Builds of workspaces. Of a deleted one only the last is left, as of most of a year; of a living one all. */
const buildsOf = (facts: string): string => `${facts}, b as not materialized (
  select w.*, x.number, x.transition, x.stage, x.has_job
  from w
  cross join lateral (
    select 1 as number, 'start' as transition, case when kind = 1 then 'ordinary' else 'prebuild' end as stage, true as has_job, 1 as nth
    where not is_deleted
    union all
    select 2, 'start', 'claim', false, 2 where not is_deleted and kind = 2
    union all
    select 3, 'stop', 'ordinary', true, 3 where not is_deleted and kind = 2 and n % 3 = 0
    union all
    select 3, 'delete', case when kind = 3 then 'prebuild' else 'ordinary' end, true, 3 where is_deleted) x
)`;

/** Workspaces and their builds. */
function workspaceRows(size: YearSize): readonly string[] {
  const { facts } = parts(size);
  const owner = `case when kind in (0, 3) then ${pools} else ${id("u", "person")} end`;
  const builds = buildsOf(facts);
  const lastBuild = `case when is_deleted or (kind = 2 and n % 3 = 0) then 3 when kind = 2 then 2 else 1 end`;
  return [
    `with ${facts}
insert into workspaces (id, organization_id, owner_id, name, template_id, preset_id, latest_build_id, created_at, deleted_at,
  claimed_at, last_used_at)
select id, ${org}, ${owner}, 'w-' || n, ${id("t", "template")}, ${preset}, ${id("b", `n || '-' || ${lastBuild}`)}, created,
  case when is_deleted then ended end, case when kind = 2 then created + interval '10 minutes' end, ended
from w
order by created`,
    `with ${builds}
insert into builds (id, workspace_id, number, transition, stage, template_version_id, preset_id, initiator_id, job_id,
  parameters, created_at)
select ${id("b", "n || '-' || number")}, id, number, transition, stage, ${version}, ${preset},
  case when stage = 'prebuild' then ${pools} else ${id("u", "person")} end,
  case when has_job then ${id("j", "n || '-' || number")} end, '{"size": "1"}', created + number * interval '10 minutes'
from b
order by created`,
  ];
}

/** What hangs on workspaces and their builds. */
function dependentRows(size: YearSize): readonly string[] {
  const { facts } = parts(size);
  const builds = buildsOf(facts);
  return [
    `with ${builds}
insert into jobs (id, organization_id, kind, initiator_id, is_prebuild, is_pool_removal, status, template_id, build_id,
  workspace_id, template_version_id, driver, attempt, log_lines, daemon_id, created_at, started_at, completed_at)
select ${id("j", "n || '-' || number")}, ${org}, 'build', case when stage = 'prebuild' then ${pools} else ${id("u", "person")} end,
  stage = 'prebuild', stage = 'prebuild' and transition = 'delete', case when n % 50 = 7 and is_deleted then 'failed' else 'succeeded' end,
  ${id("t", "template")}, ${id("b", "n || '-' || number")}, id, ${version}, 'fake', 1, 4, ${id("d", "(1 + n % 8)")},
  created + number * interval '10 minutes', created + number * interval '10 minutes', created + number * interval '11 minutes'
from b
where has_job
order by created`,
    `with ${builds}
insert into build_reports (build_id, resources, created_at)
select ${id("b", "n || '-' || number")}, '[]', created from b where has_job and n % 4 = 0`,
    `with ${facts}
insert into agents (id, workspace_id, build_id, name, position, token_hash, state, server_id, connection_id, connected_at,
  ready_at, created_at, retired_at)
select ${id("a", "n")}, id, ${id("b", "n || '-' || case when is_deleted then 3 else 1 end")}, 'main', 1, sha256(id::text::bytea),
  case when is_stopped then 'off' else 'ready' end, case when not is_stopped then '${agentServerId}'::uuid end,
  case when not is_stopped then id end, created, created, created, case when is_stopped then ended end
from (select *, is_deleted or (kind = 2 and n % 3 = 0) as is_stopped from w) s
order by created`,
    `with ${facts}
insert into prebuilds (workspace_id, organization_id, template_id, template_version_id, preset_id, state, created_at, ready_at,
  first_build_result, first_build_completed_at, claimed_at, claimed_by, claim_build_id, claim_generation, handed_over_at, ended_at)
select id, ${org}, ${id("t", "template")}, ${version}, ${preset},
  case kind when 0 then 'ready' when 2 then 'claimed' else 'deleted' end, created, created + interval '1 minute',
  case when kind = 3 and n % 200 = 1 then 'failed' else 'succeeded' end, created + interval '1 minute',
  case when kind = 2 then created + interval '10 minutes' end, case when kind = 2 then ${id("u", "person")} end,
  case when kind = 2 and not is_deleted then ${id("b", "n || '-2'")} end, case when kind = 2 then 1 else 0 end,
  case when kind = 2 then created + interval '10 minutes' end, case when is_deleted then ended end
from w where kind <> 1
order by created`,
  ];
}

/** What was told, asked and logged. */
function recordRows(size: YearSize): readonly string[] {
  const { facts, all, live } = parts(size);
  return [
    `with ${facts}
insert into creation_outcomes (at, organization_id, template_id, preset_id, workspace_id, requested_by, mode, outcome,
  miss_reason, waited_ms)
select created, ${org}, ${id("t", "template")}, ${preset}, id, ${id("u", "person")}, 'prefer_warm',
  case kind when 2 then 'claimed' else 'cold' end, case kind when 1 then 'pool_empty' end, 0
from w where kind in (1, 2) order by created`,
    `with ${facts}
insert into audit_log (at, actor_id, organization_id, action, target_kind, target_id, target_name)
select ended, ${id("u", "person")}, ${org}, 'workspace.delete', 'workspace', id, 'w-' || n
from w where is_deleted and kind <> 3 order by ended`,
    `with ${facts}
insert into provider_states (workspace_id, job_id, attempt, serial, updated_at, sealed, key_id, daemon_id)
select id, ${id("j", "n || '-1'")}, 1, 1, created, '\\x00', 'key', case when n % 2 = 0 then ${id("d", "(1 + n % 8)")} end
from w where not is_deleted`,
    `with ${facts}
insert into provider_state_versions (workspace_id, job_id, attempt, serial, sealed, key_id, stored_at)
select id, ${id("j", "n || '-1'")}, 1, 0, '\\x00', 'key', created from w where not is_deleted and n % 5 = 0`,
    `with ${facts}
insert into tokens (id, kind, user_id, name, secret_hash, created_at, expires_at)
select ${id("k", "n")}, 'session', ${id("u", "person")}, 'session', sha256(n::text::bytea), created, created + interval '7 days'
from w where n % 20 = 0`,
    `insert into notification_events (id, at, kind, organization_id, subject, detail)
select ${id("ne", "n")}, $1::timestamptz - n * interval '5 minutes', 'build_failed', ${org}, 'a build failed', '{}'
from generate_series(1, ${Math.ceil(all / 20)}) n`,
    `insert into notifications (at, kind, organization_id, user_id, subject, detail, event_id, read_at)
select e.at, e.kind, e.organization_id, u.id, e.subject, e.detail, e.id, e.at
from notification_events e
join users u on u.id = ${id("u", `(1 + extract(minute from e.at)::int % ${size.people})`)}
where $1::timestamptz is not null
order by e.at`,
    `insert into notification_deliveries (channel, event_id, user_id, status, due_at, created_at, ended_at)
select 'email', e.id, ${id("u", "'1'")}, case when extract(epoch from e.at)::bigint / 300 % 40 = 0 then 'dead' else 'delivered' end,
  e.at, e.at, e.at
from notification_events e where e.at > $1::timestamptz - interval '30 days'`,
    `insert into idempotency_keys (user_id, key, request_hash, workspace_id, outcome, created_at)
select ${id("u", `(1 + n % ${size.people})`)}, 'key-' || n, '\\x00', ${id("w", `(${live} - n)`)}, 'claimed', $1::timestamptz - n * interval '1 minute'
from generate_series(1, ${Math.min(1_400, Math.max(1, live - 1))}) n`,
    logLines(size, "job"),
    logLines(size, "agent"),
    `insert into demand_hours (template_id, preset_name, hour, outcome, reason, count, waited_ms_sum, waited_ms_max)
select o.template_id, coalesce(p.name, ''), date_trunc('hour', o.at, 'UTC'), o.outcome, coalesce(o.miss_reason, ''), count(*),
  sum(o.waited_ms), max(o.waited_ms)
from creation_outcomes o left join presets p on p.id = o.preset_id
where $1::timestamptz is not null group by 1, 2, 3, 4, 5`,
    `insert into pool_demand (template_id, preset_name, minutes, at, outcome, reason, count)
select o.template_id, coalesce(p.name, ''), w.minutes, date_bin(make_interval(mins => w.minutes), o.at, 'epoch'), o.outcome,
  coalesce(o.miss_reason, ''), count(*)
from creation_outcomes o
cross join (values (1), (15)) w(minutes)
left join presets p on p.id = o.preset_id
where o.at > $1::timestamptz - interval '90 days' group by 1, 2, 3, 4, 5, 6`,
    `insert into pool_samples (template_id, preset_name, minutes, at, desired, ready, ready_min, starting, failed, held)
select t.id, p.name, 15, $1::timestamptz - n * interval '12 hours', 5, 5, 5, 0, 0, 0
from templates t
join presets p on p.template_version_id = t.active_version_id
cross join generate_series(1, 180) n`,
    `insert into pool_beats (minutes, at)
select 15, $1::timestamptz - n * interval '15 minutes' from generate_series(1, 8640) n`,
    `insert into pool_totals (template_id, preset_name, kind, reason, count)
select o.template_id, coalesce(p.name, ''), case when o.outcome = 'claimed' then 'claimed' else 'missed' end,
  coalesce(o.miss_reason, ''), count(*)
from creation_outcomes o left join presets p on p.id = o.preset_id
where $1::timestamptz is not null group by 1, 2, 3, 4`,
    `update pool_totals_mark set settled_id = (select max(id) from creation_outcomes),
  candidate_id = (select max(id) from creation_outcomes), candidate_xid = 0 where $1::timestamptz is not null`,
  ];
}

/** Four fifths are of jobs; all of them of the youngest workspaces, as the logs of old ones went before anything else did. */
function logLines(size: YearSize, of: "agent" | "job"): string {
  const { all, live } = parts(size);
  const count = Math.floor(size.logLines * (of === "job" ? 0.8 : 0.2));
  const perOwner = of === "job" ? 20 : 10;
  const owners = Math.min(all, Math.max(1, Math.floor(count / perOwner)));
  const n = `(1 + g % ${owners})`;
  const number = `case when ${n} <= ${live} then 1 else 3 end`;
  const owner = of === "job" ? id("j", `${n} || '-' || ${number}`) : id("a", n);
  const columns = of === "job" ? "job_id, at, level, stage, line" : "agent_id, at, level, source, line";
  return `insert into ${of}_logs (${columns})
select ${owner}, $1::timestamptz - interval '1 day', 'info', 'apply', 'line ' || g from generate_series(1, ${count}) g`;
}

interface IndexRow {
  readonly name: string;
  readonly definition: string;
}

/**
 * Fills a migrated database with a year of a deployment: what lives now, and what lived. Without foreign key checks,
 * which rows that fit together by construction do not need, and with the indexes made after the rows.
 */
export async function seedYear(
  client: pg.ClientBase,
  size: YearSize,
  options: { readonly now: Date; readonly say?: (what: string) => void },
): Promise<void> {
  const { now, say = () => undefined } = options;
  await client.query("set session_replication_role = replica");
  await client.query("set synchronous_commit = off");
  await client.query("set maintenance_work_mem = '256MB'");
  await client.query("set work_mem = '256MB'");
  const { rows: indexes } = await client.query<IndexRow>(
    `select i.indexname as name, i.indexdef as definition
from pg_indexes i
where i.schemaname = 'public'
  and not exists (select 1 from pg_constraint c where c.conindid = (quote_ident(i.indexname))::regclass)
  and i.indexname not in ('templates_name', 'organizations_name', 'groups_name')`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  for (const text of [...definitions(size), ...workspaceRows(size), ...dependentRows(size), ...recordRows(size)]) {
    say(/insert into (\w+)/.exec(text)?.[1] ?? "the mark");
    await client.query(text, [now]);
  }
  for (const { name, definition } of indexes) {
    say(name);
    await client.query(definition);
  }
  say("vacuum analyze");
  await client.query("vacuum analyze");
  await client.query("reset session_replication_role");
  await client.query("reset synchronous_commit");
  await client.query("reset maintenance_work_mem");
  await client.query("reset work_mem");
}
