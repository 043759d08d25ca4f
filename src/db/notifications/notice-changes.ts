import type { DaemonId, PresetId } from "../../contracts/ids.ts";
import { signedOffIncarnation } from "../daemons/daemon-match.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import { notify, notifyAll } from "./notify.ts";

const pausedStatement: Statement<{ readonly paused_at: Date; readonly username: string | null }> = statement(
  "notice_paused",
  // The mark holds which pause was told, so that the next one is told again, and this one never twice.
  `insert into settings as m (key, value, updated_at)
select 'prebuilds_pause_noted', to_jsonb(s.updated_at), $1
from settings s
where s.key = 'prebuilds_paused'
  and s.value = 'true'
  and s.updated_at <= $2
on conflict (key) do update
set value = excluded.value, updated_at = excluded.updated_at
where m.value <> excluded.value
returning (select p.updated_at from settings p where p.key = 'prebuilds_paused') as paused_at,
  (select u.username from settings p join users u on u.id = p.updated_by where p.key = 'prebuilds_paused') as username`,
);

/** Tells of a pause that began before `pausedBefore`, once. @returns whether it did. */
export async function noticeLongPause(tx: Tx, pausedBefore: Date, now: Date): Promise<boolean> {
  const [row] = await tx.query(pausedStatement, [now, pausedBefore]);
  if (row === undefined) return false;
  const detail = { pausedAt: row.paused_at.toISOString(), by: row.username };
  await notify(tx, { kind: "reconciliation_paused", detail, organizationId: null, now });
  return true;
}

interface DaemonChange {
  readonly id: DaemonId;
  readonly name: string;
  readonly seen_at: Date;
  readonly lost_noted_at: Date | null;
  readonly running: number;
}

const lostStatement: Statement<DaemonChange> = statement(
  "notice_daemons_lost",
  `with lost as (
  select id
  from daemons
  where kind = 'external'
    and forgotten_at is null
    and lost_noted_at is null
    and seen_at < $2
    and incarnation <> '${signedOffIncarnation}'
  order by id
  limit $3
  for update
)
update daemons d
set lost_noted_at = $1
from lost
where d.id = lost.id
returning d.id, d.name, d.seen_at, d.lost_noted_at, (
  select count(*)::int
  from jobs j
  where j.daemon_id = d.id
    and j.status in ('running', 'canceling')) as running`,
);

const backStatement: Statement<DaemonChange> = statement(
  "notice_daemons_back",
  `with back as (
  select id, lost_noted_at
  from daemons
  where lost_noted_at is not null
    and seen_at >= $1
    and incarnation <> '${signedOffIncarnation}'
  order by id
  limit $2
  for update
)
update daemons d
set lost_noted_at = null
from back
where d.id = back.id
returning d.id, d.name, d.seen_at, back.lost_noted_at, 0 as running`,
);

/**
 * Tells of external daemons that were not heard of since `seenBefore`, and of those that are back; each change once.
 * One that has signed off is neither.
 */
export async function noticeDaemons(
  tx: Tx,
  input: { readonly seenBefore: Date; readonly max: number; readonly now: Date },
): Promise<{ readonly lost: number; readonly back: number }> {
  const { seenBefore, max, now } = input;
  const lost = await tx.query(lostStatement, [now, seenBefore, max]);
  for (const { name, seen_at, running } of lost) {
    const detail = { daemon: name, seenAt: seen_at.toISOString(), running };
    await notify(tx, { kind: "daemon_lost", detail, organizationId: null, now });
  }
  const back = await tx.query(backStatement, [seenBefore, max]);
  for (const { name, lost_noted_at } of back) {
    const detail = { daemon: name, lostAt: (lost_noted_at ?? now).toISOString() };
    await notify(tx, { kind: "daemon_back", detail, organizationId: null, now });
  }
  return { lost: lost.length, back: back.length };
}

const limitedStatement: Statement<{ readonly id: PresetId }> = statement(
  "notice_pool_limited",
  // Locked in one order, so that two servers that mark the same pools wait for each other and never deadlock.
  // A mark from before the version became active is an earlier version's, and this one's limit is another change.
  `update presets
set hard_limit_noted_at = $2
where id in (
  select p.id
  from presets p
  join templates t on t.id = p.template_id and t.active_version_id = p.template_version_id
  where p.id = any($1::uuid[])
    and (p.hard_limit_noted_at is null or p.hard_limit_noted_at < t.active_since)
  order by p.id
  for update of p)
returning id`,
);

const recoveredStatement: Statement<{ readonly id: PresetId }> = statement(
  "notice_pool_recovered",
  `update presets
set hard_limit_noted_at = null
where id in (
  select id
  from presets
  where id = any($1::uuid[])
    and hard_limit_noted_at is not null
  order by id
  for update)
returning id`,
);

interface PoolName {
  readonly presetId: PresetId;
  readonly organizationId: string;
  readonly template: string;
  readonly preset: string;
}

/** Pools whose health is another than the one that people were told last, as a cycle saw them. */
export interface PoolHealthChanges {
  readonly limited: readonly (PoolName & {
    readonly failures: number;
    readonly probeAt: Date;
    readonly error?: string;
    readonly command?: string;
  })[];
  readonly recovered: readonly (PoolName & { readonly because: "built" | "resumed" })[];
}

/** Tells of pools that became hard-limited or are no longer, but of those that were told already. */
export async function noticePoolHealth(tx: Tx, changes: PoolHealthChanges, now: Date): Promise<void> {
  const limited = await marked(tx, limitedStatement, changes.limited, [now]);
  await notifyAll(tx, "pool_hard_limited", {
    now,
    changes: limited.map(({ organizationId, probeAt, ...rest }) => ({
      organizationId,
      detail: { ...rest, probeAt: probeAt.toISOString() },
    })),
  });
  const recovered = await marked(tx, recoveredStatement, changes.recovered, []);
  await notifyAll(tx, "pool_recovered", {
    now,
    changes: recovered.map(({ organizationId, ...detail }) => ({ organizationId, detail })),
  });
}

/** Those of the pools whose mark this transaction has changed. */
async function marked<Pool extends PoolName>(
  tx: Tx,
  mark: Statement<{ readonly id: PresetId }>,
  pools: readonly Pool[],
  further: readonly unknown[],
): Promise<readonly Pool[]> {
  if (pools.length === 0) return [];
  const presetIds = pools.map(({ presetId }) => presetId);
  const ids = new Set((await tx.query(mark, [presetIds, ...further])).map(({ id }) => id));
  return pools.filter(({ presetId }) => ids.has(presetId));
}
