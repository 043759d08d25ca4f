import { type Statement, statement } from "../statement.ts";
import { before } from "./retention-keeps.ts";
import type { PruneStep, RetentionRule, StepDone } from "./retention-rule.ts";

const daemonsPerStepMax = 100;
const everyMs = 3_600_000;

const removeStatement: Statement<{ readonly daemons: number; readonly strangers: number }> = statement(
  "retention_daemons",
  // Not one that a job names: people see who built what for as long as that is known, and what a state was made by is
  // how a report is compared with it. What it had found to exist on its host nobody can remove any more.
  `with gone as materialized (
  select d.id
  from daemons d
  where d.seen_at < $1
    and not exists (
      select 1
      from jobs j
      where j.daemon_id = d.id)
    and not exists (
      select 1
      from provider_states s
      where s.daemon_id = d.id)
  order by d.seen_at
  limit $2
  for update skip locked
), stranger as (
  delete from strangers s
  using gone g
  where s.daemon_id = g.id
  returning 1
), daemon as (
  delete from daemons d
  using gone g
  where d.id = g.id
  returning 1
)
select (select count(*) from daemon)::int as daemons, (select count(*) from stranger)::int as strangers`,
  "long",
);

async function step({ sql, now, keeps }: PruneStep): Promise<StepDone> {
  const [row] = await sql.query(removeStatement, [before(now, keeps.daemonsMs), daemonsPerStepMax]);
  const removed = { daemons: row?.daemons ?? 0, strangers: row?.strangers ?? 0 };
  return { removed, next: removed.daemons < daemonsPerStepMax ? null : [] };
}

/** Daemons that are away for good go when nothing names them any more. */
export const goneDaemonsRule: RetentionRule = { name: "gone_daemons", everyMs, step };
