import { buildStages, jobStatuses, ledgerStates, transitions } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface StrayRow {
  readonly kind: string;
  readonly id: string;
  readonly detail: string;
}

const poolStatement: Statement<StrayRow> = statement(
  "consistency_strays",
  // What pools have now: asked often, and found by the indexes of what lives.
  `(select 'prebuild_without_ledger' as kind, w.id::text as id, w.name as detail
from workspaces w
where w.deleted_at is null
  and w.owner_id = $1
  and (select b.workspace_id from prebuilds b where b.workspace_id = w.id) is null
limit $2)
union all
(select 'claimed_but_owned_by_pool', w.id::text, w.name
from workspaces w
where w.deleted_at is null
  and w.owner_id = $1
  and (select b.state from prebuilds b where b.workspace_id = w.id) = 'claimed'
limit $2)
union all
(select 'unclaimed_but_owned_by_person', w.id::text, w.name
from (
  select workspace_id
  from prebuilds
  where state in ('building', 'starting', 'ready', 'stopping', 'draining')
  union all
  select workspace_id
  from prebuilds
  where state in ('failed', 'parked')) b
cross join lateral (
  select id, name
  from workspaces
  where id = b.workspace_id
    and deleted_at is null
    and owner_id <> $1
  limit 1) w
limit $2)`,
  "long",
);

/** Rows of the pools whose counterpart is missing or disagrees; there must be none. At most `max` of each kind. */
export async function poolStrays(sql: Sql, systemUserId: string, max: number): Promise<StrayRow[]> {
  return await sql.query(poolStatement, [systemUserId, max]);
}

/** Rows of a table that one page looks at. Written into the text: of a limit that it does not know, the planner takes much. */
const pageRows = 5_000;

interface PageRow extends StrayRow {
  /** Of the last row, which is the page's end: where the next page begins, and how many rows were looked at. */
  readonly looked: number | null;
}

/** A page of a table by its key: what is wrong in it, then its end. What a row names is looked up for each by itself. */
function pageStatement(name: string, page: string, checks: readonly string[]): Statement<PageRow> {
  return statement(
    name,
    `with page as materialized (
${page}
  limit ${pageRows}
)
${checks.map((check) => `${check}\nunion all`).join("\n")}
select 'end', (select p.id::text from page p order by p.id desc limit 1), '', (select count(*)::int from page)`,
    "long",
  );
}

const workspacesStatement = pageStatement(
  "consistency_workspaces",
  `  select id, name, template_id, owner_id, latest_build_id, deleted_at
  from workspaces
  where id > $1
  order by id`,
  [
    `select 'deleted_in_ledger_only' as kind, w.id::text as id, w.name as detail, null::int as looked
from page w
where w.deleted_at is null
  and (select b.state from prebuilds b where b.workspace_id = w.id) = 'deleted'`,
    `select 'workspace_without_template', w.id::text, w.name, null
from page w
where w.deleted_at is null
  and (select t.id from templates t where t.id = w.template_id) is null`,
    `select 'workspace_without_owner', w.id::text, w.name, null
from page w
where w.deleted_at is null
  and (select u.id from users u where u.id = w.owner_id and u.deleted_at is null) is null`,
    `select 'workspace_without_build', w.id::text, w.name, null
from page w
where w.deleted_at is null
  and (select l.id from builds l where l.id = w.latest_build_id) is null`,
  ],
);

const buildsStatement = pageStatement(
  "consistency_builds",
  `  select id, workspace_id, job_id, transition, stage
  from builds
  where id > $1
  order by id`,
  [
    `select 'build_without_job' as kind, l.id::text as id, l.transition as detail, null::int as looked
from page l
where l.job_id is not null
  and (select j.id from jobs j where j.id = l.job_id) is null`,
    `select 'build_without_workspace', l.id::text, l.transition, null
from page l
where (select w.id from workspaces w where w.id = l.workspace_id) is null`,
    `select 'unknown_build_word', l.id::text, l.transition || ' ' || l.stage, null
from page l
where l.transition <> all($2::text[])
  or l.stage <> all($3::text[])`,
  ],
);

const prebuildsStatement = pageStatement(
  "consistency_prebuilds",
  `  select workspace_id as id, state, claimed_at, preset_id
  from prebuilds
  where workspace_id > $1
  order by workspace_id`,
  [
    `select 'unknown_prebuild_state' as kind, b.id::text as id, b.state as detail, null::int as looked
from page b
where b.state <> all($2::text[])`,
    `select 'prebuild_without_preset', b.id::text, b.state, null
from page b
where b.state not in ('claimed', 'deleted')
  and (select p.id from presets p where p.id = b.preset_id) is null`,
    `select 'claimed_without_claim', b.id::text, b.state, null
from page b
where b.state = 'claimed'
  and b.claimed_at is null`,
  ],
);

const jobsStatement = pageStatement(
  "consistency_jobs",
  `  select id, status
  from jobs
  where id > $1
  order by id`,
  [
    `select 'unknown_job_status' as kind, j.id::text as id, j.status as detail, null::int as looked
from page j
where j.status <> all($2::text[])`,
  ],
);

/** What foreign keys and checks would have refused, had the claim path been able to afford them (decision 0002). */
const pages: readonly { readonly by: Statement<PageRow>; readonly words: readonly (readonly string[])[] }[] = [
  { by: workspacesStatement, words: [] },
  { by: buildsStatement, words: [transitions, buildStages] },
  { by: prebuildsStatement, words: [ledgerStates] },
  { by: jobsStatement, words: [jobStatuses] },
];

/** Where a walk over all rows is. */
export interface StrayCursor {
  readonly nth: number;
  readonly after: string;
}

export const strayBeginning: StrayCursor = { nth: 0, after: "00000000-0000-0000-0000-000000000000" };

/** One page of the walk over all rows; `next` is null at its end. */
export async function strayPage(
  sql: Sql,
  cursor: StrayCursor,
): Promise<{ readonly strays: readonly StrayRow[]; readonly next: StrayCursor | null }> {
  const page = pages[cursor.nth];
  if (page === undefined) return { strays: [], next: null };
  const rows = await sql.query(page.by, [cursor.after, ...page.words]);
  const end = rows.find((row) => row.looked !== null);
  const strays = rows.filter((row) => row.looked === null).map(({ kind, id, detail }) => ({ kind, id, detail }));
  if (end !== undefined && end.looked === pageRows) return { strays, next: { nth: cursor.nth, after: end.id } };
  const nth = cursor.nth + 1;
  return { strays, next: nth < pages.length ? { nth, after: strayBeginning.after } : null };
}

/** All of it, for a database that is small: at most `max` rows of each kind and page are shown. */
export async function strayRows(sql: Sql, systemUserId: string, max: number): Promise<StrayRow[]> {
  const found = await poolStrays(sql, systemUserId, max);
  for (let cursor: StrayCursor | null = strayBeginning; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof strayPage>> = await strayPage(sql, cursor);
    found.push(...page.strays.slice(0, max));
    cursor = page.next;
  }
  return found;
}
