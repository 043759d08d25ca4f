import type { TemplateVersionId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";

const carryStatement: Statement<object> = statement(
  "limit_marks_carry",
  // Marks that are older than the promotion are those of earlier versions: by a clock that stands, or goes back a
  // little, a mark could be as young as the promotion, so it is made older.
  `with earlier as (
  select o.id, o.name, o.hard_limit_noted_at as noted_at
  from template_versions v
  join presets o on o.template_id = v.template_id and o.template_version_id <> v.id
  where v.id = $1
    and o.hard_limit_noted_at is not null
    and exists (
      select 1
      from presets p
      where p.template_version_id = v.id
        and p.name = o.name
        and p.instances is not null)
  order by o.id
  for update of o
), cleared as (
  update presets o
  set hard_limit_noted_at = null
  from earlier e
  where o.id = e.id
)
update presets p
set hard_limit_noted_at = least(e.noted_at, $2::timestamptz - interval '1 ms')
from (
  select name, max(noted_at) as noted_at
  from earlier
  group by name) e
where p.template_version_id = $1
  and p.name = e.name`,
);

/**
 * The pools of the version that becomes active take over, by their names, that people were told of a hard limit: so that
 * they are told when it is over.
 */
export async function carryLimitMarks(tx: Tx, versionId: TemplateVersionId, now: Date): Promise<void> {
  await tx.query(carryStatement, [versionId, now]);
}
