import type pg from "pg";
import { sleep } from "../../src/platform/sleep.ts";
import type { SeededPool } from "./seed.ts";

const topUpEveryMs = 50;

/** Keeps a pool at its level without provisioner and agents, whose work is not what is measured. */
export interface Reserve {
  /** Waits until the pool is full. */
  filled(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Prebuilds seeded as `deleted` are out of every query's sight; a few of them at a time are made `ready` to replace
 * those that were claimed. So the pool keeps one size, as a pool that is refilled does, and the reconciler and the
 * claims see what they would in production.
 */
export async function startReserve(pool: pg.Pool, of: SeededPool, level: number): Promise<Reserve> {
  await pool.query(`create table if not exists bench_reserve (
  position bigint generated always as identity primary key, workspace_id uuid not null unique)`);
  await pool.query(
    `insert into bench_reserve (workspace_id)
select workspace_id from prebuilds where preset_id = $1 and state = 'deleted'
on conflict do nothing`,
    [of.presetId],
  );
  let isStopped = false;
  let isFull = false;
  /** Where the reserve begins: before it, the index holds only rows that are gone. */
  let position = 0;
  const topUp = async (): Promise<void> => {
    const { rows } = await pool.query<{ ready: number }>({
      name: "reserve_level",
      text: "select count(*)::int as ready from prebuilds where preset_id = $1 and state = 'ready'",
      values: [of.presetId],
    });
    const missing = level - (rows[0]?.ready ?? 0);
    isFull = missing <= 0;
    if (isFull) return;
    const released = await pool.query<{ last: number | null }>({
      name: "reserve_release",
      text: `with next as (
  delete from bench_reserve
  where position in (select position from bench_reserve where position > $2 order by position limit $1)
  returning workspace_id, position
), alive as (
  update workspaces w
  set deleted_at = null
  from next
  where w.id = next.workspace_id
), revived as (
  update prebuilds b
  set state = 'ready', ready_at = clock_timestamp()
  from next
  where b.workspace_id = next.workspace_id
)
select max(position)::float8 as last
from next`,
      values: [missing, position],
    });
    position = released.rows[0]?.last ?? position;
  };
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      await topUp();
      await sleep(topUpEveryMs);
    }
  };
  const ended = loop();
  return {
    filled: async () => {
      isFull = false;
      while (!isFull) await Promise.race([sleep(topUpEveryMs), ended]);
    },
    stop: async () => {
      isStopped = true;
      await ended;
    },
  };
}
