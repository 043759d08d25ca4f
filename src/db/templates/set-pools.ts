import type { PresetId, TemplateId, TemplateVersionId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";
import type { NewPreset } from "./template-presets.ts";

/** A pool as it is set beside a template; `parameters` are there where the preset is not the template's own. */
export interface StoredPool {
  readonly instances: number;
  readonly ttlSeconds: number;
  readonly timezone: string | null;
  readonly schedules: NewPreset["schedules"];
  readonly parameters?: Readonly<Record<string, string>>;
}

interface PoolsRow {
  readonly pools: Readonly<Record<string, StoredPool>>;
}

const poolsStatement: Statement<PoolsRow> = statement(
  "template_pools",
  `select pools
from templates
where id = $1`,
  "look",
);

/** The pools that are set beside a template, by their presets' names. */
export async function readPools(sql: Sql, templateId: TemplateId): Promise<PoolsRow["pools"]> {
  return (await sql.query(poolsStatement, [templateId]))[0]?.pools ?? {};
}

interface LockedRow extends PoolsRow {
  readonly active_version_id: TemplateVersionId | null;
  readonly is_deprecated: boolean;
}

const lockStatement: Statement<LockedRow> = statement(
  "template_pools_lock",
  `select pools, active_version_id, deprecated_at is not null as is_deprecated
from templates
where id = $1
for no key update`,
);

export interface LockedPools {
  readonly pools: PoolsRow["pools"];
  readonly activeVersionId: TemplateVersionId | null;
  readonly isDeprecated: boolean;
}

/** The same, and nobody changes them, or what the template is, until the transaction is over. */
export async function lockPools(tx: Tx, templateId: TemplateId): Promise<LockedPools> {
  const row = (await tx.query(lockStatement, [templateId]))[0];
  return {
    pools: row?.pools ?? {},
    activeVersionId: row?.active_version_id ?? null,
    isDeprecated: row?.is_deprecated ?? false,
  };
}

const storeStatement: Statement<object> = statement(
  "template_pools_store",
  `update templates
set pools = $2, pools_revision = pools_revision + 1
where id = $1`,
);

export async function storePools(
  tx: Tx,
  templateId: TemplateId,
  pools: Readonly<Record<string, StoredPool>>,
): Promise<void> {
  await tx.query(storeStatement, [templateId, JSON.stringify(pools)]);
}

const sizeStatement: Statement<{ readonly id: PresetId }> = statement(
  "preset_size",
  `update presets
set instances = $3, ttl_seconds = $4, timezone = $5, schedules = $6
where template_version_id = $1
  and name = $2
returning id`,
);

/** What a preset's pool is to have. @returns whether the version has such a preset */
export async function sizePreset(
  tx: Tx,
  versionId: TemplateVersionId,
  pool: { readonly preset: string; readonly instances: number | null } & Omit<StoredPool, "instances" | "parameters">,
): Promise<boolean> {
  const { preset, instances, ttlSeconds, timezone, schedules } = pool;
  const rows = await tx.query(sizeStatement, [
    versionId,
    preset,
    instances,
    ttlSeconds,
    timezone,
    JSON.stringify(schedules),
  ]);
  return rows.length > 0;
}

const importedStatement: Statement<object> = statement(
  "presets_of_pools_size",
  `update presets p
set instances = (e.pool ->> 'instances')::int, ttl_seconds = (e.pool ->> 'ttlSeconds')::int,
  timezone = e.pool ->> 'timezone', schedules = e.pool -> 'schedules'
from template_versions v
join templates t on t.id = v.template_id
cross join lateral jsonb_each(t.pools) as e(name, pool)
where v.id = $1
  and p.template_version_id = v.id
  and p.name = e.name`,
);

const addedStatement: Statement<object> = statement(
  "presets_of_pools_add",
  // Whether their values are those of parameters that the version has is looked at before anything is made of them.
  `insert into presets (id, organization_id, template_id, template_version_id, name, description, icon, is_default,
  position, parameters, instances, ttl_seconds, timezone, schedules, cost, created_at)
select gen_random_uuid(), t.organization_id, t.id, v.id, e.name, '', '', false,
  (select count(*) from presets p where p.template_version_id = v.id) + row_number() over (order by e.name),
  e.pool -> 'parameters', (e.pool ->> 'instances')::int, (e.pool ->> 'ttlSeconds')::int, e.pool ->> 'timezone',
  e.pool -> 'schedules', (v.manifest ->> 'cost')::int, $2
from template_versions v
join templates t on t.id = v.template_id
cross join lateral jsonb_each(t.pools) as e(name, pool)
where v.id = $1
  and e.pool ? 'parameters'
  and not exists (select 1 from presets p where p.template_version_id = v.id and p.name = e.name)`,
);

/** Gives a version that was just imported the pools that are set beside its template. */
export async function applyPools(tx: Tx, versionId: TemplateVersionId, now: Date): Promise<void> {
  await tx.query(importedStatement, [versionId]);
  await tx.query(addedStatement, [versionId, now]);
}
