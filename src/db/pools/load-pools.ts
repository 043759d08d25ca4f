import type { OrganizationId, PresetId, TemplateId, TemplateVersionId, WorkspaceId } from "../../contracts/ids.ts";
import type { PoolFacts, Replacement } from "../../domain/pool/deployment-snapshot.ts";
import type { CompletedBuild, LivePrebuild, PresetSnapshot } from "../../domain/pool/pool-snapshot.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { type FailureJson, lastFailure, lastFailureOf } from "./last-failures.ts";

/** Newest finished first builds of a failing pool that are loaded; older ones no longer decide anything. */
export const buildHistoryMax = 1_000;
/** How long an outdated prebuild stays claimable under "surge" when the template does not say. */
export const surgeAgeSecondsDefault = 3_600;

interface PresetRow {
  readonly id: PresetId;
  readonly name: string;
  readonly template_id: TemplateId;
  readonly template_name: string;
  readonly organization_id: OrganizationId;
  readonly organization_name: string;
  readonly template_version_id: TemplateVersionId;
  readonly version_name: string;
  readonly is_active_version: boolean;
  readonly is_deleted: boolean;
  readonly is_deprecated: boolean;
  readonly instances: number;
  readonly ttl_seconds: number;
  readonly timezone: string | null;
  readonly schedules: readonly { readonly cron: string; readonly instances: number }[];
  readonly invalidated_at: Date | null;
  readonly validation_failed_at: Date | null;
  readonly validation_message: string | null;
  readonly blocked_reason: string | null;
  readonly is_unproven: boolean;
  readonly is_limit_noted: boolean;
  readonly is_earlier_limit_noted: boolean;
  readonly has_built_since_active: boolean;
  readonly cost: number;
  readonly rollout: "replace" | "surge";
  readonly surge_age_seconds: number | null;
  readonly active_since: Date | null;
  /** What the preset stands for, as a key. */
  readonly parameters: string;
}

const presetsStatement: Statement<PresetRow> = statement(
  "pools_presets",
  // Presets that want prebuilds, and those that want none any more but still have some. All others are skipped here,
  // by their indexes, so that the presets of versions long gone cost a cycle nothing.
  `select p.id, p.name, p.template_id, t.name as template_name, p.organization_id, o.name as organization_name,
  p.template_version_id, v.name as version_name, t.active_version_id is not distinct from p.template_version_id
    as is_active_version, t.deleted_at is not null as is_deleted, t.deprecated_at is not null as is_deprecated,
  coalesce(p.instances, 0) as instances, p.ttl_seconds, p.timezone, p.schedules, p.invalidated_at,
  p.validation_failed_at, p.validation_message, p.blocked_reason, p.is_unproven,
  coalesce(p.cost, p.reported_cost, 0) as cost,
  p.hard_limit_noted_at is not null and p.hard_limit_noted_at < t.active_since is not true as is_limit_noted,
  p.hard_limit_noted_at < t.active_since is true as is_earlier_limit_noted,
  p.hard_limit_noted_at < t.active_since is true and exists (
    select 1
    from prebuilds b
    where b.preset_id = p.id
      and b.first_build_result = 'succeeded'
      and (b.first_build_completed_at >= t.active_since or b.state in ('starting', 'ready'))) as has_built_since_active,
  coalesce(a.manifest #>> '{rollout,strategy}', 'replace') as rollout,
  (a.manifest #>> '{rollout,max_outdated_age}')::int as surge_age_seconds, t.active_since,
  p.parameters::text as parameters
from presets p
join templates t on t.id = p.template_id
join organizations o on o.id = p.organization_id
join template_versions v on v.id = p.template_version_id
left join template_versions a on a.id = t.active_version_id
where p.id in (
  select ap.id
  from templates at
  join presets ap on ap.template_version_id = at.active_version_id
  where at.deleted_at is null
    and at.deprecated_at is null
    and ap.instances is not null
  union
  select b.preset_id
  from prebuilds b
  where b.state in ('building', 'starting', 'ready', 'stopping', 'draining')
  union
  select b.preset_id
  from prebuilds b
  where $3
    and b.state in ('failed', 'parked'))
  and ($1::uuid is null or p.organization_id = $1)
  and ($2::uuid is null or p.template_id = $2)`,
  "long",
);

/** The prebuilds of one preset. The columns are lists with spaces between, all in one order. */
interface LiveRow {
  readonly preset_id: PresetId;
  readonly workspace_ids: string;
  readonly generations: string;
  readonly states: string;
  /** Milliseconds since the epoch. */
  readonly created_ms: string;
  /** Milliseconds since the epoch, `-` for one that never was ready. */
  readonly ready_ms: string;
  readonly are_pending_first: string;
}

const liveStatement: Statement<LiveRow> = statement(
  "pools_live",
  // A cycle reads every prebuild there is. As a row each, with dates, 1,500 of them took the server 8 ms in one go, in
  // which no request was answered; as lists they take 1 ms. And nothing is joined to them: only of those that are being
  // built more is asked, one by one, where a join read all workspaces that ever were.
  `with live as (
  select workspace_id, preset_id, generation, state, created_at, ready_at
  from prebuilds
  where state in ('building', 'starting', 'ready', 'stopping', 'draining')
    and ($1::uuid is null or organization_id = $1)
    and ($2::uuid is null or template_id = $2)
  union all
  select workspace_id, preset_id, generation, state, created_at, ready_at
  from prebuilds
  where state in ('failed', 'parked')
    and ($1::uuid is null or organization_id = $1)
    and ($2::uuid is null or template_id = $2)
)
select b.preset_id, string_agg(b.workspace_id::text, ' ') as workspace_ids,
  string_agg(b.generation::text, ' ') as generations, string_agg(b.state, ' ') as states,
  string_agg((date_part('epoch', b.created_at) * 1000)::bigint::text, ' ') as created_ms,
  string_agg(coalesce((date_part('epoch', b.ready_at) * 1000)::bigint::text, '-'), ' ') as ready_ms,
  string_agg(case
    when b.state = 'building' and (
      select f.number = 1 and j.status = 'pending'
      from workspaces w
      join builds f on f.id = w.latest_build_id
      join jobs j on j.id = f.job_id
      where w.id = b.workspace_id) then 'yes'
    else 'no' end, ' ') as are_pending_first
from live b
group by b.preset_id`,
  "long",
);

interface HistoryRow {
  readonly preset_id: PresetId;
  readonly created_at: Date;
  readonly completed_at: Date;
  readonly result: CompletedBuild["result"];
  readonly is_claimed: boolean;
  /** In one row of each preset. */
  readonly last_failure: FailureJson | null;
}

const historyStatement: Statement<HistoryRow> = statement(
  "pools_history",
  // Only of active presets with a failure that still counts: since the newest success, by which a hard limit is judged,
  // or within the look-back of the backoff. What is older than both decides nothing. Which presets ever failed is read
  // by jumping from one to the next in their index, so that those that never did cost nothing, however many they are.
  `with recursive failing as (
  (select f.preset_id
  from prebuilds f
  where f.first_build_result in ('failed', 'abandoned')
  order by f.preset_id
  limit 1)
  union all
  select (
    select n.preset_id
    from prebuilds n
    where n.first_build_result in ('failed', 'abandoned')
      and n.preset_id > f.preset_id
    order by n.preset_id
    limit 1)
  from failing f
  where f.preset_id is not null
)
select p.id as preset_id, h.created_at, h.first_build_completed_at as completed_at, h.first_build_result as result, h.is_claimed,
  case when row_number() over (partition by p.id) = 1 then (
  ${lastFailureOf}) end as last_failure
from failing
join presets p on p.id = failing.preset_id
join templates t on t.active_version_id = p.template_version_id
cross join lateral (
  select least($4::timestamptz, coalesce((
    select n.created_at
    from prebuilds n
    where n.preset_id = p.id
      and n.first_build_result in ('succeeded', 'failed', 'abandoned')
      and n.first_build_result = 'succeeded'
    order by n.created_at desc
    limit 1), '-infinity')) as from_at) since
cross join lateral (
  select b.created_at, b.first_build_completed_at, b.first_build_result, b.claimed_at is not null as is_claimed
  from prebuilds b
  where b.preset_id = p.id
    and b.first_build_result in ('succeeded', 'failed', 'abandoned')
    and b.created_at >= since.from_at
    and (p.resumed_at is null or b.created_at > p.resumed_at)
  order by b.created_at desc, b.workspace_id
  limit $3) h
where t.deleted_at is null
  and p.instances is not null
  and ($1::uuid is null or p.organization_id = $1)
  and ($2::uuid is null or p.template_id = $2)
  and (
    select true
    from prebuilds f
    where f.preset_id = p.id
      and f.first_build_result in ('failed', 'abandoned')
      and f.created_at >= since.from_at
    limit 1)`,
  "long",
);

/** The presets of a template that are pools, as people are shown them: without what is only needed to plan them. */
export async function loadPresets(sql: Sql, templateId: TemplateId): Promise<PresetSnapshot[]> {
  return (await sql.query(presetsStatement, [null, templateId, true])).map(presetOf);
}

/** A pool as it is now, without the policy and the clock, which are the caller's. */
export interface LoadedPool extends PoolFacts {
  readonly versionName: string;
}

export interface LoadPoolsInput {
  readonly now: Date;
  /** How far back failures count for the backoff. */
  readonly backoffLookbackMs: number;
  readonly organizationId?: OrganizationId;
  readonly templateId?: TemplateId;
  /** Whether pools that only have failed or parked prebuilds left are wanted too: for people, not for the loop. */
  readonly isForPeople?: boolean;
}

/** Loads every pool, in three statements whatever their number; call it in one transaction for one snapshot. */
export async function loadPools(sql: Sql, input: LoadPoolsInput): Promise<LoadedPool[]> {
  const scope = [input.organizationId ?? null, input.templateId ?? null];
  const presets = await sql.query(presetsStatement, [...scope, input.isForPeople ?? false]);
  const live = new Map((await sql.query(liveStatement, scope)).map((row) => [row.preset_id, prebuildsOf(row)]));
  const countedSince = new Date(input.now.getTime() - input.backoffLookbackMs);
  const history = groupBy(
    await sql.query(historyStatement, [...scope, buildHistoryMax, countedSince]),
    (row) => row.preset_id,
  );
  const active = new Map(presets.filter((row) => row.is_active_version).map((row) => [poolKey(row), row] as const));
  return presets.map((row) => {
    const replacement = replacementOf(row, active);
    const failure = history.get(row.id)?.find(({ last_failure: json }) => json !== null)?.last_failure ?? null;
    return {
      preset: presetOf(row),
      versionName: row.version_name,
      prebuilds: live.get(row.id) ?? [],
      history: { completed: (history.get(row.id) ?? []).map(completedOf) },
      cost: row.cost,
      ...(replacement === undefined ? {} : { replacement }),
      ...(failure === null ? {} : { lastFailure: lastFailure(failure) }),
    };
  });
}

/** An outdated prebuild can stand in for a new one only when its preset has the same name and the same values. */
function poolKey(row: PresetRow): string {
  return JSON.stringify([row.template_id, row.name, row.parameters]);
}

function replacementOf(outdated: PresetRow, active: ReadonlyMap<string, PresetRow>): Replacement | undefined {
  if (outdated.is_active_version || outdated.rollout !== "surge" || outdated.active_since === null) return undefined;
  const successor = active.get(poolKey(outdated));
  if (successor === undefined) return undefined;
  return {
    presetId: successor.id,
    startedAt: outdated.active_since.getTime(),
    maxOutdatedAgeMs: (outdated.surge_age_seconds ?? surgeAgeSecondsDefault) * 1_000,
  };
}

function presetOf(row: PresetRow): PresetSnapshot {
  return {
    presetId: row.id,
    presetName: row.name,
    templateId: row.template_id,
    templateName: row.template_name,
    organizationId: row.organization_id,
    organizationName: row.organization_name,
    templateVersionId: row.template_version_id,
    versionIsActive: row.is_active_version,
    templateDeleted: row.is_deleted,
    templateDeprecated: row.is_deprecated,
    instances: row.instances,
    ttlMs: row.ttl_seconds === 0 ? null : row.ttl_seconds * 1_000,
    timezone: row.timezone,
    schedules: row.schedules,
    invalidatedAt: row.invalidated_at?.getTime() ?? null,
    validationFailedAt: row.validation_failed_at?.getTime() ?? null,
    validationMessage: row.validation_message,
    rollout: row.rollout,
    blockedByRehearsal: row.blocked_reason,
    isUnproven: row.is_unproven,
    isHardLimitNoted: row.is_limit_noted,
    ...(row.is_earlier_limit_noted ? { earlierHardLimit: { isOver: row.has_built_since_active } } : {}),
  };
}

function prebuildsOf(row: LiveRow): LivePrebuild[] {
  const generations = row.generations.split(" ");
  const states = row.states.split(" ");
  const createdMs = row.created_ms.split(" ");
  const readyMs = row.ready_ms.split(" ");
  const arePendingFirst = row.are_pending_first.split(" ");
  return row.workspace_ids.split(" ").map((workspaceId, nth) => ({
    workspaceId: workspaceId as WorkspaceId,
    generation: Number(generations[nth]),
    // The ledger's constraint-free column holds no other word; the consistency checks look for that.
    state: states[nth] as LivePrebuild["state"],
    createdAt: Number(createdMs[nth]),
    readyAt: readyMs[nth] === "-" ? null : Number(readyMs[nth]),
    hasPendingFirstBuildJob: arePendingFirst[nth] === "yes",
  }));
}

function completedOf(row: HistoryRow): CompletedBuild {
  return {
    createdAt: row.created_at.getTime(),
    completedAt: row.completed_at.getTime(),
    result: row.result,
    isClaimed: row.is_claimed,
  };
}

function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => PresetId): Map<PresetId, Row[]> {
  const groups = new Map<PresetId, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

const createdStatement: Statement<{ readonly count: number; readonly oldest: Date | null }> = statement(
  "pools_created_since",
  `select count(*)::int as count, min(created_at) as oldest
from prebuilds
where created_at > $1`,
  "long",
);

/** Prebuilds of the whole deployment that were created after an instant, whatever became of them. */
export async function prebuildsCreatedSince(
  sql: Sql,
  since: Date,
): Promise<{ readonly createdCount: number; readonly oldestCreatedAt: number | null }> {
  const [row] = await sql.query(createdStatement, [since]);
  return { createdCount: row?.count ?? 0, oldestCreatedAt: row?.oldest?.getTime() ?? null };
}

const totalStatement: Statement<{ readonly total: number }> = statement(
  "pools_presets_total",
  `select count(*)::int as total
from presets`,
  "long",
);

/** Presets of all versions, also those that a cycle skips. */
export async function presetsTotal(sql: Sql): Promise<number> {
  return (await sql.query(totalStatement, []))[0]?.total ?? 0;
}
