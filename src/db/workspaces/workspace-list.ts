import type { WorkspaceSort } from "../../contracts/workspace-sorts.ts";
import type { OrganizationId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { groupOfStatus, type WorkspaceGroup } from "../../contracts/workspace-groups.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { statusOf, viewColumns, viewTables, type WorkspaceView } from "./workspace-views.ts";

/** Of one owner, and of all people: each with its range of the index of live workspaces, and a plan of its own. */
const narrowings = { owner: "w.owner_id = $1::uuid", people: "w.owner_id > $1::uuid" } as const;
type Narrowing = keyof typeof narrowings;

const ofLatestBuild = (what: string): string => `(
        select ${what}
        from builds b
        left join jobs j on j.id = b.job_id
        where b.id = w.latest_build_id)`;

const groupOf = `case when w.dormant_at is not null then 'dormant' else case ${ofLatestBuild(statusOf)}
        ${Object.entries(groupOfStatus)
          .map(([status, group]) => `when '${status}' then '${group}'`)
          .join(" ")} end end`;

const ofTemplate = (what: string): string => `(select ${what} from templates t where t.id = w.template_id)`;

/**
 * The workspaces that a filter means: by their own rows alone, as far as that goes. Parameters 1 to 9.
 *
 * Nothing is joined: how many are in a group cannot be estimated, and a join that was planned for 50 rows and met 7,000
 * compared each of them with each template (a third of a second with 10,000 workspaces and 500 templates).
 */
const matching = (by: Narrowing): string => `from workspaces w
    where w.deleted_at is null
      and ${narrowings[by]}
      and ($2::uuid is null or w.organization_id = $2)
      and ($3::text is null or w.template_id in (select t.id from templates t where lower(t.name) = lower($3)))
      and ($4::text is null or ${ofLatestBuild(statusOf)} = $4)
      and ($5::text is null or ${groupOf} = $5)
      and ($6::boolean is null or (w.dormant_at is not null) = $6)
      and ($7::boolean is null or (${ofTemplate("t.active_version_id")} is distinct from ${ofLatestBuild("b.template_version_id")}) = $7)
      and ($8::text is null or w.name ilike '%' || $8 || '%'
        or w.owner_id in (select u.id from users u where u.username ilike '%' || $8 || '%'))
      and ($9::uuid[] is null or w.id = any($9))`;

/** What each sort looks at, and whether rows without it come last both ways. */
const sortKeys: Readonly<Record<WorkspaceSort, string>> = {
  name: "lower(w.name)",
  created: "w.created_at",
  last_used: "w.last_used_at",
  state: groupOf,
  deadline: `case ${ofLatestBuild("b.transition")} when 'start' then w.deadline_at end`,
  template: ofTemplate("lower(t.name)"),
};

const ordering = Object.entries(sortKeys)
  .flatMap(([sort, key]) => [
    `case when $10 = '${sort}' and $11 = 'asc' then ${key} end nulls last`,
    `case when $10 = '${sort}' and $11 = 'desc' then ${key} end desc nulls last`,
  ])
  .join(",\n      ");

/**
 * First the ids of the page, by what the workspaces' own rows say; then what is shown, of that page alone. Together, all
 * of it was worked out for every live workspace before the page was cut.
 */
function listStatement(by: Narrowing): Statement<WorkspaceView> {
  return statement(
    `workspaces_list_of_${by}`,
    `with page as materialized (
  select p.*, row_number() over () as position
  from (
    select w.id, count(*) over ()::int as total
    ${matching(by)}
    order by ${ordering},
      lower(w.name),
      w.id
    limit $12
    offset $13) p
)
select x.*, page.total
from page
cross join lateral (
  select ${viewColumns}
  from ${viewTables}
  where w.id = page.id
  limit 1) x
order by page.position`,
  );
}

/** Their ids alone, the newest first; at most so many and one more, which says that there are more. */
function idsStatement(by: Narrowing): Statement<{ readonly id: WorkspaceId }> {
  return statement(
    `workspaces_ids_of_${by}`,
    `select w.id
    ${matching(by)}
order by w.created_at desc, w.id
limit $10`,
  );
}

function countStatement(by: Narrowing): Statement<{ readonly group: WorkspaceGroup; readonly count: number }> {
  return statement(
    `workspaces_count_of_${by}`,
    `select counted.group, count(*)::int as count
from (
  select ${groupOf} as group
    ${matching(by)}
  limit $10) counted
group by counted.group`,
  );
}

const statements = {
  owner: { list: listStatement("owner"), ids: idsStatement("owner"), count: countStatement("owner") },
  people: { list: listStatement("people"), ids: idsStatement("people"), count: countStatement("people") },
} as const;

/** Which workspaces are meant; null: whatever it is. */
export interface WorkspaceSelection {
  /** Whose workspaces are not in a list of all people's: the pools', whose id is the lowest of all. */
  readonly systemUserId: UserId;
  readonly ownerId: UserId | null;
  readonly organizationId: OrganizationId | null;
  readonly template: string | null;
  readonly status: string | null;
  readonly group: WorkspaceGroup | null;
  readonly isDormant: boolean | null;
  readonly isOutdated: boolean | null;
  readonly search: string | null;
  /** Of these alone. */
  readonly ids: readonly string[] | null;
}

interface Page {
  readonly sort: WorkspaceSort;
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly offset: number;
}

const statementsFor = ({ ownerId }: WorkspaceSelection) => (ownerId === null ? statements.people : statements.owner);

function parametersOf(selection: WorkspaceSelection): readonly unknown[] {
  const { ownerId, systemUserId, organizationId, template, status, group, isDormant, isOutdated, search, ids } =
    selection;
  return [ownerId ?? systemUserId, organizationId, template, status, group, isDormant, isOutdated, search, ids];
}

export async function listWorkspaces(sql: Sql, selection: WorkspaceSelection, page: Page): Promise<WorkspaceView[]> {
  const { sort, order, limit, offset } = page;
  return await sql.query(statementsFor(selection).list, [...parametersOf(selection), sort, order, limit, offset]);
}

export async function workspaceIds(sql: Sql, selection: WorkspaceSelection, limit: number): Promise<WorkspaceId[]> {
  const rows = await sql.query(statementsFor(selection).ids, [...parametersOf(selection), limit]);
  return rows.map(({ id }) => id);
}

/** How many there are in each group, of at most so many. Groups without any are left out. */
export async function countWorkspaces(
  sql: Sql,
  selection: WorkspaceSelection,
  limit: number,
): Promise<{ readonly group: WorkspaceGroup; readonly count: number }[]> {
  return await sql.query(statementsFor(selection).count, [...parametersOf(selection), limit]);
}
