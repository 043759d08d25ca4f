import type { JobId, PresetId } from "../../contracts/ids.ts";
import type { PlanReport } from "../../contracts/provisioner-protocol.ts";
import { type Statement, statement } from "../statement.ts";
import { insertJobs } from "./insert-job.ts";
import type { Sql } from "../store.ts";

const startStatement: Statement<{ readonly id: JobId }> = statement(
  "rehearsals_start",
  // The first ready prebuild of each preset whose driver cannot tell by itself what a claim does; one job each.
  // Runs after every change of a pool, so it starts from the presets that wait, which are few, and neither looks at
  // every ready prebuild nor at every job.
  `with waiting as materialized (
  select p.id as preset_id, p.organization_id, p.template_id, v.id as version_id, v.driver,
    coalesce(v.manifest -> 'tags', '{}') as tags
  from templates t
  join template_versions v on v.id = t.active_version_id
  join presets p on p.template_version_id = v.id
  where t.deleted_at is null
    and v.claim_effect = 'unknown'
    and p.rehearsed_at is null
    and (p.rehearsal_after is null or p.rehearsal_after <= $2)
    and not exists (
      select 1
      from jobs j
      join workspaces w on w.id = j.workspace_id
      where j.kind = 'rehearsal'
        and w.preset_id = p.id
        and j.status in ('pending', 'running', 'canceling'))
), due as (
  select w.*, b.workspace_id
  from waiting w
  cross join lateral (
    select workspace_id
    from prebuilds
    where preset_id = w.preset_id
      and state = 'ready'
    order by ready_at, workspace_id
    limit 1) b
  limit $3
)
${insertJobs({
  id: "gen_random_uuid()",
  organizationId: "organization_id",
  kind: "rehearsal",
  initiatorId: "$1",
  isPrebuild: true,
  templateId: "template_id",
  templateVersionId: "version_id",
  workspaceId: "workspace_id",
  driver: "driver",
  tags: "tags",
  createdAt: "$2",
  source: "due",
})}
returning id`,
);

/** Queues the rehearsals that are due, at most `max`. */
export async function startRehearsals(
  sql: Sql,
  input: { readonly initiatorId: string; readonly now: Date; readonly max: number },
): Promise<number> {
  return (await sql.query(startStatement, [input.initiatorId, input.now, input.max])).length;
}

export interface RehearsalRow {
  readonly preset_id: PresetId;
  readonly rehearsal: PlanReport;
  readonly rehearsed_at: Date;
  readonly blocked_reason: string | null;
}

const readStatement: Statement<RehearsalRow> = statement(
  "rehearsals_read",
  `select id as preset_id, rehearsal, rehearsed_at, blocked_reason
from presets
where id = any($1::uuid[])
  and rehearsal is not null`,
);

/** What is known of the claims of presets, for those that were rehearsed. */
export async function readRehearsals(sql: Sql, presetIds: readonly PresetId[]): Promise<Map<PresetId, RehearsalRow>> {
  const rows = await sql.query(readStatement, [presetIds]);
  return new Map(rows.map((row) => [row.preset_id, row]));
}

export interface OpenRehearsalRow {
  /** Whether nothing is handed out until it has come to a result. */
  readonly is_unproven: boolean;
  /** Why the last one came to none; null: none has ended yet. */
  readonly rehearsal_problem: string | null;
  readonly rehearsal_after: Date | null;
}

const openStatement: Statement<OpenRehearsalRow> = statement(
  "rehearsal_open",
  `select is_unproven, rehearsal_problem, rehearsal_after
from presets
where id = $1
  and rehearsed_at is null
  and (is_unproven or rehearsal_problem is not null)`,
);

/** The rehearsal of a preset's claims that has not come to a result; undefined when there is nothing to say of it. */
export async function openRehearsal(sql: Sql, presetId: PresetId): Promise<OpenRehearsalRow | undefined> {
  return (await sql.query(openStatement, [presetId]))[0];
}
