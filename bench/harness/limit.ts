import type pg from "pg";
import type { SeededPool } from "./seed.ts";
import { type Statement, statement } from "../../src/db/statement.ts";
import type { Sql } from "../../src/db/store.ts";

/**
 * `limit`: the least that a durable claim can cost. Bare tables of the same sizes, with no index beside those that a
 * claim needs, and one prepared statement that takes one row and writes what a claim writes: the pool's row, the
 * workspace, a build, a job, an outcome.
 */
export async function createLimitTables(pool: pg.Pool): Promise<void> {
  await pool.query(`create table limit_pool (id uuid primary key, preset_id uuid not null, state text not null,
  ready_at timestamptz not null, claimed_by uuid) with (fillfactor = 70);
create index limit_pool_ready on limit_pool (preset_id, ready_at, id) where state = 'ready';
create table limit_workspaces (id uuid primary key, owner_id uuid not null, name text not null, build_id uuid)
  with (fillfactor = 80);
create table limit_builds (id uuid primary key, workspace_id uuid not null, parameters jsonb not null);
create table limit_jobs (id uuid primary key, build_id uuid not null, status text not null);
create table limit_outcomes (id bigint generated always as identity primary key, workspace_id uuid not null)`);
}

export async function seedLimit(pool: pg.Pool, of: SeededPool, count: number): Promise<void> {
  await pool.query(
    `with fresh as materialized (
  select gen_random_uuid() as id, n
  from generate_series(1, $2::int) n
), workspace as (
  insert into limit_workspaces (id, owner_id, name)
  select id, id, 'prebuild-' || id
  from fresh
), build as (
  insert into limit_builds (id, workspace_id, parameters)
  select gen_random_uuid(), id, '{}'
  from fresh
), job as (
  insert into limit_jobs (id, build_id, status)
  select gen_random_uuid(), id, 'succeeded'
  from fresh
)
insert into limit_pool (id, preset_id, state, ready_at)
select id, $1, 'ready', now() + n * interval '1 microsecond'
from fresh`,
    [of.presetId, count],
  );
}

const limitStatement: Statement<{ readonly id: string }> = statement(
  "bench_limit",
  `with candidate as materialized (
  select id
  from limit_pool
  where preset_id = $1
    and state = 'ready'
  order by ready_at, id
  limit 1
  for update skip locked
), claimed as (
  update limit_pool p
  set state = 'claimed', claimed_by = $2
  from candidate c
  where p.id = c.id
  returning p.id
), workspace as (
  update limit_workspaces w
  set owner_id = $2, name = $3, build_id = $4
  from claimed c
  where w.id = c.id
), build as (
  insert into limit_builds (id, workspace_id, parameters)
  select $4, id, '{}'
  from claimed
), job as (
  insert into limit_jobs (id, build_id, status)
  select $5, $4, 'pending'
  from claimed
  where $5::uuid is not null
), outcome as (
  insert into limit_outcomes (workspace_id)
  select id
  from claimed
)
select id
from claimed`,
);

export interface LimitInput {
  readonly presetId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly buildId: string;
  readonly jobId: string | null;
}

/** @returns the row taken, or undefined when none is left. */
export async function claimAtLimit(sql: Sql, input: LimitInput): Promise<string | undefined> {
  const { presetId, ownerId, name, buildId, jobId } = input;
  return (await sql.query(limitStatement, [presetId, ownerId, name, buildId, jobId]))[0]?.id;
}
