import type { OrganizationId, PresetId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import type { PoolQuota, QuotaOfPools } from "../../domain/pool/limit-by-quota.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

const lockStatement: Statement<object> = statement(
  "quota_lock",
  // Nobody else admits anything for these owners until the transaction ends. In one order, so that two that lock
  // several never deadlock. What is used is summed by a later statement, which sees what whoever
  // had the lock before has committed.
  `select pg_advisory_xact_lock(key)
from (
  select hashtextextended('quota ' || o || ' ' || $2::text, 0) as key
  from unnest($1::text[]) as o
  order by 1
  limit 10000) locks`,
);

/** Waits until nobody else decides what may be created for the owner in these organizations. */
export async function lockQuota(tx: Tx, organizationIds: readonly OrganizationId[], ownerId: UserId): Promise<void> {
  await tx.query(lockStatement, [organizationIds, ownerId]);
}

/** What the owner, `$2`, has in the organization `o.id`: everything that is not deleted, running or not. */
const usedBy = (owner: string): string => `coalesce((
    select sum(w.cost)
    from workspaces w
    where w.owner_id = ${owner}
      and w.organization_id = o.id
      and w.deleted_at is null), 0)::bigint`;

/** Groups `g` of the organization whose allowances a person has: `everyone`, and those that he was added to. */
const groupsOfPerson = `g.organization_id = o.id
      and lower(g.name) <> 'prebuilds'
      and (lower(g.name) = 'everyone' or exists (
        select 1
        from group_members m
        where m.group_id = g.id
          and m.user_id = $2))`;

export interface QuotaRow {
  readonly used: number;
  readonly allowed: number;
  /** Cost units of one more workspace of the preset. */
  readonly needed: number;
}

const personStatement: Statement<QuotaRow> = statement(
  "quota_of_person",
  `select ${usedBy("$2")} as used,
  coalesce((
    select sum(g.allowance)
    from groups g
    where ${groupsOfPerson}), 0)::bigint as allowed,
  coalesce($3::int, (
    select p.reported_cost
    from presets p
    where p.id = $4), 0) as needed
from organizations o
where o.id = $1`,
);

/** What a person uses and may use, and what one more workspace costs: as declared, or as the preset's was reported. */
export async function quotaOfPerson(
  sql: Sql,
  input: {
    readonly organizationId: OrganizationId;
    readonly ownerId: UserId;
    readonly declaredCost: number | null;
    readonly presetId: PresetId | null;
  },
): Promise<QuotaRow> {
  const { organizationId, ownerId, declaredCost, presetId } = input;
  const [row] = await sql.query(personStatement, [organizationId, ownerId, declaredCost, presetId]);
  return row ?? { used: 0, allowed: 0, needed: 0 };
}

interface AllowanceRow {
  readonly group: string;
  readonly allowance: number;
}

const allowancesStatement: Statement<AllowanceRow> = statement(
  "quota_allowances",
  `select g.name as group, g.allowance
from organizations o
join groups g on ${groupsOfPerson}
where o.id = $1
order by lower(g.name)
limit 1000`,
);

/** The groups that a person's allowance is the sum of. */
export async function allowancesOf(sql: Sql, organizationId: OrganizationId, userId: UserId): Promise<AllowanceRow[]> {
  return await sql.query(allowancesStatement, [organizationId, userId]);
}

interface CostRow {
  readonly id: WorkspaceId;
  readonly name: string;
  readonly template: string;
  readonly cost: number;
  readonly last_used_at: Date | null;
  readonly total: number;
}

const costsStatement: Statement<CostRow> = statement(
  "quota_costs",
  `select w.id, w.name, t.name as template, w.cost, w.last_used_at, count(*) over ()::int as total
from workspaces w
join templates t on t.id = w.template_id
where w.owner_id = $2
  and w.organization_id = $1
  and w.deleted_at is null
order by case when $3 = 'cost' then w.cost end desc, case when $3 = 'last_used' then w.last_used_at end nulls first,
  lower(w.name)
limit $4
offset $5`,
);

/** Live workspaces of an owner with what each costs. */
export async function costsOf(
  sql: Sql,
  input: {
    readonly organizationId: OrganizationId;
    readonly ownerId: UserId;
    readonly sort: "cost" | "last_used" | "name";
    readonly limit: number;
    readonly offset: number;
  },
): Promise<CostRow[]> {
  const { organizationId, ownerId, sort, limit, offset } = input;
  return await sql.query(costsStatement, [organizationId, ownerId, sort, limit, offset]);
}

const setCostStatement: Statement<object> = statement(
  "quota_set_cost",
  `update workspaces
set cost = $2
where id = $1`,
);

/** Gives a workspace the cost that its owner was asked for. */
export async function setCost(tx: Tx, workspaceId: WorkspaceId, cost: number): Promise<void> {
  await tx.query(setCostStatement, [workspaceId, cost]);
}

interface PoolQuotaRow {
  readonly organization_id: OrganizationId;
  readonly used: number;
  readonly allowed: number;
}

const poolsStatement: Statement<PoolQuotaRow> = statement(
  "quota_of_pools",
  `select o.id as organization_id, ${usedBy("$2")} as used, coalesce((
    select g.allowance
    from groups g
    where g.organization_id = o.id
      and lower(g.name) = 'prebuilds'), 0)::bigint as allowed
from organizations o
where o.id = any($1::uuid[])`,
  "long",
);

/** What the unclaimed prebuilds of organizations cost, and may cost: the allowance of the group `prebuilds`. */
export async function quotaOfPools(
  sql: Sql,
  organizationIds: readonly OrganizationId[],
): Promise<ReadonlyMap<OrganizationId, PoolQuota>> {
  const rows = await sql.query(poolsStatement, [organizationIds, prebuildsUserId]);
  return new Map(rows.map(({ organization_id, used, allowed }) => [organization_id, { used, allowed }]));
}

interface PresetCostRow {
  readonly preset_id: PresetId;
  readonly organization_id: OrganizationId;
  readonly cost: number;
}

const presetCostsStatement: Statement<PresetCostRow> = statement(
  "quota_preset_costs",
  `select id as preset_id, organization_id, coalesce(cost, reported_cost, 0) as cost
from presets
where id = any($1::uuid[])`,
  "long",
);

/** What one prebuild of each preset costs. */
export async function presetCosts(sql: Sql, presetIds: readonly PresetId[]): Promise<QuotaOfPools["costs"]> {
  const rows = await sql.query(presetCostsStatement, [presetIds]);
  return new Map(
    rows.map(({ preset_id, organization_id, cost }) => [preset_id, { organizationId: organization_id, cost }]),
  );
}

/** Organizations whose quota the prebuilds of these presets are part of. */
export function organizationsOf(costs: QuotaOfPools["costs"]): OrganizationId[] {
  return [...new Set([...costs.values()].map((price) => price.organizationId))];
}
