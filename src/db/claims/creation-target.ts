import type {
  OrganizationId,
  PresetId,
  TemplateId,
  TemplateVersionId,
  UserId,
  WorkspaceId,
} from "../../contracts/ids.ts";
import type { LifecyclePolicyChanges } from "../../contracts/lifecycle.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import type { MissReason } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { surgeAgeSecondsDefault } from "../pools/load-pools.ts";

export interface CreationTargetRow {
  readonly template_id: TemplateId;
  readonly template_name: string;
  readonly organization_id: OrganizationId;
  readonly organization_name: string;
  readonly active_version_id: TemplateVersionId | null;
  /** Of the pools that are set beside the template: presets of the active version may have come with it. */
  readonly pools_revision: number;
  readonly deprecated_at: Date | null;
  readonly deprecation_message: string;
  /** What a template admin changed of the lifecycle beside the manifest. */
  readonly lifecycle: LifecyclePolicyChanges;
  /** What the idempotency key of the request already stands for. */
  readonly request_hash: Buffer | null;
  readonly answered_workspace_id: WorkspaceId | null;
  readonly answered_outcome: "claimed" | "cold" | null;
  readonly answered_miss_reason: MissReason | null;
}

const targetStatement: Statement<CreationTargetRow & { readonly nth: number }> = statement(
  "creation_targets",
  // Name and id are compared as what they are, so that either is an index's first entry in an organization of many.
  `select q.nth::int, f.*, k.request_hash, k.workspace_id as answered_workspace_id, k.outcome as answered_outcome,
  k.miss_reason as answered_miss_reason
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[]) with ordinality
  as q(organization_id, template, user_id, key, template_id, nth)
cross join lateral (
  select t.id as template_id, t.name as template_name, o.id as organization_id, o.name as organization_name,
    t.active_version_id, t.pools_revision, t.deprecated_at, t.deprecation_message, t.lifecycle
  from organizations o
  join templates t on t.organization_id = o.id
  where o.id = q.organization_id
    and (lower(t.name) = lower(q.template) or t.id = q.template_id)
    and t.deleted_at is null
  limit 1) f
left join lateral (
  select i.request_hash, i.workspace_id, i.outcome, i.miss_reason
  from idempotency_keys i
  where i.user_id = q.user_id
    and i.key = q.key
  limit 1) k on true`,
  "look",
);

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface CreationTargetQuestion {
  readonly organizationId: OrganizationId;
  /** Name or id. */
  readonly template: string;
  readonly userId: UserId;
  readonly idempotencyKey: string | null;
}

/**
 * What creations are about, and whether their idempotency keys have an answer already: one statement for all.
 * @returns for each question, in order, the template; undefined where there is none.
 */
export async function creationTargets(
  sql: Sql,
  questions: readonly CreationTargetQuestion[],
): Promise<(CreationTargetRow | undefined)[]> {
  const rows = await sql.query(targetStatement, [
    questions.map((question) => question.organizationId),
    questions.map((question) => question.template),
    questions.map((question) => question.userId),
    questions.map((question) => question.idempotencyKey),
    questions.map(({ template }) => (uuidPattern.test(template) ? template : null)),
  ]);
  const byNth = new Map(rows.map((row) => [row.nth, row]));
  return questions.map((_, nth) => byNth.get(nth + 1));
}

export interface VersionDefinitionRow {
  readonly id: TemplateVersionId;
  readonly name: string;
  readonly manifest: Manifest;
  readonly claim_effect: "none" | "unknown";
  readonly has_dynamic_form: boolean;
  readonly presets: readonly {
    readonly id: PresetId;
    readonly name: string;
    readonly is_default: boolean;
    readonly instances: number | null;
    readonly parameters: Record<string, string>;
    readonly created_at: string;
    readonly position: number;
    readonly cost: number | null;
  }[];
}

const definitionStatement: Statement<VersionDefinitionRow> = statement(
  "version_definition",
  `select v.id, v.name, v.manifest, v.claim_effect, v.has_dynamic_form,
  coalesce((
    select jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name, 'is_default', p.is_default,
      'instances', p.instances, 'parameters', p.parameters, 'created_at', p.created_at, 'position', p.position,
      'cost', p.cost)
      order by p.position)
    from presets p
    where p.template_version_id = v.id), '[]') as presets
from template_versions v
where v.id = $1`,
);

/** A version as it was published. Nothing in here ever changes once its import has succeeded. */
export async function versionDefinition(sql: Sql, id: TemplateVersionId): Promise<VersionDefinitionRow | undefined> {
  return (await sql.query(definitionStatement, [id]))[0];
}

interface OutdatedRow {
  readonly id: PresetId;
  readonly template_version_id: TemplateVersionId;
  /** Cost units of the dearest prebuild of it that may be claimed. */
  readonly cost: number;
}

const outdatedStatement: Statement<OutdatedRow> = statement(
  "surge_outdated_presets",
  // The same rules by which the pools' page counts them as claimable: until they are older than the roll-out allows.
  `select o.id, o.template_version_id, r.cost
from presets o
join presets p on p.id = $1
join templates t on t.id = p.template_id
join template_versions v on v.id = t.active_version_id
cross join lateral (
  select max(w.cost) as cost
  from prebuilds b
  join workspaces w on w.id = b.workspace_id
  where b.preset_id = o.id
    and b.state = 'ready'
    and (o.ttl_seconds = 0 or b.created_at >= $2::timestamptz - make_interval(secs => o.ttl_seconds))
    and (o.invalidated_at is null or b.created_at >= o.invalidated_at)) r
where o.template_id = p.template_id
  and p.template_version_id = t.active_version_id
  and o.name = p.name
  and o.id <> p.id
  and o.parameters = p.parameters
  and t.active_since >= $2::timestamptz
    - make_interval(secs => coalesce((v.manifest #>> '{rollout,max_outdated_age}')::int, $3::int))
  and r.cost is not null
order by o.created_at desc
limit 5`,
);

/** Presets of older versions that still have ready prebuilds and stand for the same thing (spec §3.3, `surge`). */
export async function outdatedPresets(sql: Sql, presetId: PresetId, now: Date): Promise<OutdatedRow[]> {
  return await sql.query(outdatedStatement, [presetId, now, surgeAgeSecondsDefault]);
}

const activeOfWorkspaceStatement: Statement<{ readonly id: TemplateVersionId }> = statement(
  "active_version_of_workspace",
  `select t.active_version_id as id
from workspaces w
join templates t on t.id = w.template_id
where w.id = $1
  and t.active_version_id is not null`,
);

/** The active version of the workspace's template. */
export async function activeVersionIdOf(sql: Sql, workspaceId: WorkspaceId): Promise<TemplateVersionId | undefined> {
  return (await sql.query(activeOfWorkspaceStatement, [workspaceId]))[0]?.id;
}
