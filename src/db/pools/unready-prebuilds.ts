import { handedOverBefore } from "../../contracts/agent-protocol.ts";
import type { PresetId, WorkspaceId } from "../../contracts/ids.ts";
import type { Unready } from "../../domain/presence/ready-in-time.ts";
import { hookSeconds } from "../agents/hook-seconds.ts";
import { ledgerMove } from "../ledger/ledger-writes.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";
import { insertPoolEvent } from "./pool-totals.ts";

export interface UnreadyRow {
  readonly workspace_id: WorkspaceId;
  readonly preset_id: PresetId;
  readonly name: string;
  /** Whether the pool counts it: its first build, and nobody has counted it yet. */
  readonly is_first: boolean;
  readonly kind: Unready["kind"];
  readonly agent: string;
  readonly detail: string;
  readonly last_line: string | null;
  readonly limit_ms: number;
  /** The verdict on this start, when it was given before: a server of the release before has undone it. */
  readonly judged: string | null;
}

const unreadyStatement: Statement<UnreadyRow> = statement(
  "prebuilds_unready",
  // Its build went well, and it is not ready. Time counts from the build's end, from when the agent was last there, and
  // from when somebody began to watch, whichever is last. One that was ready before and went away is lost, and replaced.
  // The row is locked, as an agent that speaks takes it before it changes anything.
  `select b.workspace_id, b.preset_id, w.name, l.number = 1 and coalesce(b.first_build_result, '') not in ('failed', 'abandoned') as is_first,
  u.kind, u.agent, u.detail, u.limit_ms, b.unready_because as judged,
  (
    select o.line
    from agent_logs o
    where o.agent_id = u.agent_id
    order by o.id desc
    limit 1) as last_line
from prebuilds b
join workspaces w on w.id = b.workspace_id
join builds l on l.id = w.latest_build_id
join template_versions v on v.id = l.template_version_id
left join jobs j on j.id = l.job_id
cross join lateral (
  select 'no_agents' as kind, null::uuid as agent_id, '' as agent, '' as detail, 0::float8 as limit_ms
  where b.unready_because is not null
    or not exists (
      select 1
      from agents g
      where g.workspace_id = b.workspace_id
        and g.retired_at is null)
  union all
  select k.kind, g.id, g.name, g.detail, case k.kind when 'too_late' then t.ready_ms else t.connect_ms end
  from agents g
  cross join lateral (
    select coalesce(max((m ->> 'connect_timeout')::float8 * 1000), $3) as connect_ms,
      coalesce(max(${hookSeconds("prewarm", "start")}), 0) * 1000 as hooks_ms
    from jsonb_array_elements(v.manifest -> 'agents') m
    where m ->> 'name' = g.name) m
  cross join lateral (
    select m.connect_ms, m.connect_ms + m.hooks_ms as ready_ms,
      greatest(coalesce(j.completed_at, l.created_at), $1::timestamptz) as since) t
  cross join lateral (
    select case
      when g.state in ('start_error', 'start_timeout') then 'hook_failed'
      when g.ready_at is not null then null
      when g.server_id is null
        and greatest(t.since, g.disconnected_at) + t.connect_ms * interval '1 ms' <= $2
        then case when g.connected_at is null then 'never_connected' else 'went_away' end
      when t.since + (t.ready_ms + $4) * interval '1 ms' <= $2 then 'too_late'
    end as kind) k
  where g.workspace_id = b.workspace_id
    and g.retired_at is null
    and k.kind is not null
  limit 1) u
where b.state = 'starting'
  and ($6::uuid[] is null or b.workspace_id = any($6))
order by b.workspace_id
limit $5
for update of b`,
  "long",
);

/** Unclaimed prebuilds, or `only` these, that have not become ready within their time, at most `max`, with why. */
export async function unreadyPrebuilds(
  sql: Sql,
  input: {
    /** Since when somebody has watched without a break. */
    readonly watchedSince: Date;
    readonly now: Date;
    /** Of agents whose manifest has none. */
    readonly connectTimeoutMs: number;
    readonly graceMs: number;
    readonly max: number;
    readonly only?: readonly WorkspaceId[];
  },
): Promise<UnreadyRow[]> {
  const { watchedSince, now, connectTimeoutMs, graceMs, max, only = null } = input;
  return await sql.query(unreadyStatement, [watchedSince, now, connectTimeoutMs, graceMs, max, only]);
}

export interface Verdict {
  readonly workspaceId: WorkspaceId;
  readonly presetId: PresetId;
  readonly isFirst: boolean;
  readonly because: string;
}

const failStatement: Statement<object> = statement(
  "prebuild_unready",
  ledgerMove({
    name: "prebuild_unready",
    steps: { starting: ["failed"] },
    set: [
      "unready_because = f.because",
      // What a restored backup has forgotten says nothing of the template.
      `first_build_result = case when not f.is_first then b.first_build_result
    when position('${handedOverBefore}' in f.because) > 0 then coalesce(b.first_build_result, 'succeeded')
    else 'failed' end`,
      "first_build_completed_at = case when f.is_first then $4 else b.first_build_completed_at end",
    ],
    source: "unnest($1::uuid[], $2::text[], $3::boolean[]) as f(workspace_id, because, is_first)",
    where: "b.workspace_id = f.workspace_id",
  }),
);

/** Makes prebuilds failed ones, as if their builds had failed: the pool counts them, and keeps them as evidence. */
export async function failUnready(tx: Tx, verdicts: readonly Verdict[], now: Date): Promise<void> {
  await tx.query(failStatement, [
    verdicts.map(({ workspaceId }) => workspaceId),
    verdicts.map(({ because }) => because),
    verdicts.map(({ isFirst }) => isFirst),
    now,
  ]);
  for (const { workspaceId, presetId, isFirst, because } of verdicts) {
    if (isFirst && !because.includes(handedOverBefore)) await insertPoolEvent(tx, presetId, "failed");
    tx.emit(`workspace:${workspaceId}`);
    tx.emit(`pool:${presetId}`);
  }
  tx.emit("pools");
}
