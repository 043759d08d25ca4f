import type { AuditTargetKind } from "../../contracts/audit-actions.ts";
import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** A place in the log: entries are in the order of their instant, those of one instant in the order of their id. */
export interface AuditPosition {
  readonly at: Date;
  readonly id: number;
}

export interface AuditRow extends AuditPosition {
  readonly actor: string | null;
  readonly organization: string | null;
  readonly action: string;
  readonly target_kind: AuditTargetKind;
  readonly target_id: string | null;
  readonly target_name: string;
  /** Who has the workspace now, or had it last; null for what is no workspace. */
  readonly owner: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

// What narrows a page most, each with its index. One statement for each: one for all of them, with conditions that may
// be absent, would be planned without any of the indexes.
const narrowings = {
  newest: "$1::text is null",
  actor: "a.actor_id = $1::uuid",
  target: "a.target_id = $1::uuid",
  name: "lower(a.target_name) = lower($1::text)",
} as const;

export type AuditNarrowing =
  | { readonly by: "newest"; readonly key: null }
  | { readonly by: "actor" | "target" | "name"; readonly key: string };

const inRange = `(a.at, a.id) < ($2::timestamptz, $3::bigint)
  and (a.at, a.id) >= ($4::timestamptz, $5::bigint)`;

// Of which workspace, asked for each row by itself: as a join it may become a scan of all workspaces. The entry itself
// knows it when the workspace's row is gone.
const ownerOf = (row: string): string =>
  `case when ${row}.target_kind = 'workspace' then coalesce(${row}.owner_id, (
    select w.owner_id from workspaces w where w.id = ${row}.target_id)) end`;

function floorStatement(by: keyof typeof narrowings): Statement<AuditPosition> {
  return statement(
    `audit_floor_by_${by}`,
    `select a.at, a.id
from audit_log a
where ${narrowings[by]}
  and ${inRange}
order by a.at desc, a.id desc
offset $6
limit 1`,
  );
}

function pageStatement(by: keyof typeof narrowings): Statement<AuditRow> {
  return statement(
    `audit_page_by_${by}`,
    `with page as (
  select a.*, ${ownerOf("a")} as owned_by
  from audit_log a
  where ${narrowings[by]}
    and ${inRange}
    and ($6::text is null or a.action = $6 or starts_with(a.action, $6 || '.'))
    and ($7::uuid is null or a.actor_id = $7)
    and ($8::text[] is null or a.target_kind = any($8))
    and ($9::text is null or lower(a.target_name) = lower($9))
    and ($10::uuid is null or a.organization_id = $10)
    and ($11::uuid is null or ${ownerOf("a")} = $11)
    and ($12::uuid is null
      or a.actor_id = $12
      or ${ownerOf("a")} = $12
      or (a.organization_id = any($13::uuid[])
        and (a.target_kind in ('template', 'pool') or a.action like 'prebuild.%')))
  order by a.at desc, a.id desc
  limit $14
)
select p.at, p.id, p.action, p.target_kind, p.target_id, p.target_name, p.detail,
  (select u.username from users u where u.id = p.actor_id) as actor,
  (select o.name from organizations o where o.id = p.organization_id) as organization,
  (select u.username from users u where u.id = p.owned_by) as owner
from page p
order by p.at desc, p.id desc`,
  );
}

const floorStatements = {
  newest: floorStatement("newest"),
  actor: floorStatement("actor"),
  target: floorStatement("target"),
  name: floorStatement("name"),
} as const;

const pageStatements = {
  newest: pageStatement("newest"),
  actor: pageStatement("actor"),
  target: pageStatement("target"),
  name: pageStatement("name"),
} as const;

export interface AuditFilter {
  readonly narrowing: AuditNarrowing;
  /** Entries before this one, itself not included. */
  readonly before: AuditPosition;
  /** Entries from this one on. */
  readonly from: AuditPosition;
  /** An action, or what is before its dot. */
  readonly action: string | null;
  readonly actorId: UserId | null;
  readonly kinds: readonly AuditTargetKind[] | null;
  readonly name: string | null;
  readonly organizationId: OrganizationId | null;
  /** Whose workspace. */
  readonly ownerId: UserId | null;
  /** Only what this person may see; null: all. */
  readonly visibleTo: UserId | null;
  /** Organizations whose templates and pools he administers. */
  readonly administers: readonly OrganizationId[];
  readonly limit: number;
  /** Entries that are looked at, at most, by what narrows them and the range. */
  readonly lookedMax: number;
}

export interface AuditPage {
  readonly rows: readonly AuditRow[];
  /** Before which the next page begins; null when this is the last one. Its rows may be few while there are more. */
  readonly next: AuditPosition | null;
}

/** A page of the log, the newest first. Reads no more than `lookedMax` entries, however few of them match. */
export async function auditPage(sql: Sql, filter: AuditFilter): Promise<AuditPage> {
  const { narrowing, before, limit, lookedMax } = filter;
  const range = [narrowing.key, before.at, before.id];
  const floorParams = [...range, filter.from.at, filter.from.id, lookedMax - 1];
  const [floor] = isPicky(filter) ? await sql.query(floorStatements[narrowing.by], floorParams) : [];
  const from = floor ?? filter.from;
  const rows = await sql.query(pageStatements[narrowing.by], [
    ...range,
    from.at,
    from.id,
    filter.action,
    filter.actorId,
    filter.kinds,
    filter.name,
    filter.organizationId,
    filter.ownerId,
    filter.visibleTo,
    filter.administers,
    limit + 1,
  ]);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  if (rows.length > limit && last !== undefined) return { rows: shown, next: { at: last.at, id: last.id } };
  return { rows: shown, next: floor ?? null };
}

/** Whether entries may be passed over. Where none is, the page is full after as many as it shows. */
function isPicky(filter: AuditFilter): boolean {
  const { action, actorId, kinds, name, organizationId, ownerId, visibleTo } = filter;
  return [action, actorId, kinds, name, organizationId, ownerId, visibleTo].some((one) => one !== null);
}

const userStatement: Statement<{ readonly id: UserId }> = statement(
  "audit_user",
  // The log speaks of people who are gone as well: of several with one name, of him who is there, or was last.
  `select id
from users
where lower(username) = lower($1)
order by deleted_at desc nulls first
limit 1`,
);

/** Who has this name, or had it last. */
export async function userEverNamed(sql: Sql, username: string): Promise<UserId | undefined> {
  return (await sql.query(userStatement, [username]))[0]?.id;
}
