import { createHash, randomBytes } from "node:crypto";
import type pg from "pg";
import type { PresetId, TemplateId, TemplateVersionId, UserId } from "../../src/contracts/ids.ts";
import { defaultOrganizationId, prebuildsUserId } from "../../src/contracts/system-ids.ts";

/** The server that holds the agents' connections, as far as the database knows. It is always alive. */
const agentServerId = "00000000-0000-4000-8000-0000000000aa";

/**
 * Runs seeding statements in one transaction, without foreign key checks and without waiting for the disk: rows that
 * fit together by construction need neither, and a hundred thousand prebuilds take seconds instead of minutes.
 */
async function seeding<Value>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Value>): Promise<Value> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("set local session_replication_role = replica");
    const value = await work(client);
    await client.query("commit");
    client.release();
    return value;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

export interface Person {
  readonly id: UserId;
  readonly username: string;
  /** An API token of his. */
  readonly secret: string;
}

/** The default organization, the `prebuilds` user, the administrator, and people with an API token each. */
export async function seedPeople(pool: pg.Pool, count: number): Promise<readonly Person[]> {
  const secrets = Array.from({ length: count }, () => `pw_api_${randomBytes(32).toString("base64url")}`);
  return await seeding(pool, async (client) => {
    await client.query(
      `insert into organizations (id, name, display_name, created_at) values ($1, 'default', 'Default', now())`,
      [defaultOrganizationId],
    );
    await client.query(
      `insert into users (id, username, is_system, role, created_at)
values ($1, 'prebuilds', true, 'member', now()), (gen_random_uuid(), 'admin', false, 'administrator', now())`,
      [prebuildsUserId],
    );
    const { rows } = await client.query<{ id: UserId; username: string; nth: number }>(
      `with person as (
  insert into users (id, username, created_at)
  select gen_random_uuid(), 'person' || n, now()
  from generate_series(1, $2::int) n
  returning id, username, substr(username, 7)::int as nth
), member as (
  insert into organization_members (organization_id, user_id, created_at)
  select $1, id, now()
  from person
), token as (
  insert into tokens (id, kind, user_id, name, secret_hash, created_at, expires_at, last_used_at)
  select gen_random_uuid(), 'api', id, 'bench', ($3::bytea[])[nth], now(), now() + interval '1 day', now()
  from person
)
select id, username, nth
from person`,
      [defaultOrganizationId, count, secrets.map((secret) => createHash("sha256").update(secret).digest())],
    );
    await client.query(
      `insert into servers (id, url, started_at, seen_at, version)
values ($1, 'http://agents.invalid', now(), now() + interval '1 day', 'bench')`,
      [agentServerId],
    );
    return rows.map((row) => ({ id: row.id, username: row.username, secret: secrets[row.nth - 1] ?? "" }));
  });
}

/** A daemon that is alive and takes nothing, as one whose slots are all taken: what waits for it is not stuck. */
export async function seedBusyDaemon(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into daemons (id, name, kind, incarnation, drivers, concurrency, version, created_at, seen_at)
values (gen_random_uuid(), 'busy', 'external', gen_random_uuid(), '["fake"]', 1, 'bench', now(), now() + interval '1 day')`,
  );
}

export interface SeededPool {
  readonly templateId: TemplateId;
  readonly templateName: string;
  readonly versionId: TemplateVersionId;
  readonly presetId: PresetId;
}

export interface TemplatesWanted {
  readonly count: number;
  /** Unique in the database. */
  readonly prefix: string;
  /** Prebuilds that the preset asks for. */
  readonly instances: number;
  /** `active`: the preset is of the active version. `outdated`: of an older one, and the active one has none. */
  readonly preset: "active" | "outdated";
  readonly claimEffect?: "none" | "unknown";
}

/** Templates with one preset each, rehearsed, in one statement. */
export async function seedTemplates(pool: pg.Pool, wanted: TemplatesWanted): Promise<readonly SeededPool[]> {
  const rows = await seeding(pool, async (client) => {
    const { rows: seeded } = await client.query<SeededPool>(
      `with fresh as materialized (
  select $2 || n as name, gen_random_uuid() as template_id, gen_random_uuid() as preset_id,
    gen_random_uuid() as version_id, gen_random_uuid() as other_id
  from generate_series(1, $1::int) n
), template as (
  insert into templates (id, organization_id, name, active_version_id, active_since, created_at, created_by)
  select template_id, $3, name, case when $5 = 'active' then version_id else other_id end, now(), now(), $6
  from fresh
), version as (
  insert into template_versions (id, template_id, organization_id, number, name, status, driver, manifest, claim_effect,
    file_hash, activate_on_success, created_at, created_by)
  select v.id, template_id, $3, v.number, 'v' || v.number, 'ready', 'fake', $7::jsonb, $8, '\\x00', true, now(), $6
  from fresh
  cross join lateral (values (version_id, 1), (other_id, 2)) as v(id, number)
), preset as (
  insert into presets (id, organization_id, template_id, template_version_id, name, position, parameters, instances,
    created_at, rehearsed_at)
  select preset_id, $3, template_id, version_id, 'standard', 0, '{}', $4::int, now(), now()
  from fresh
)
select template_id as "templateId", name as "templateName", version_id as "versionId", preset_id as "presetId"
from fresh`,
      [
        wanted.count,
        wanted.prefix,
        defaultOrganizationId,
        wanted.instances,
        wanted.preset,
        prebuildsUserId,
        JSON.stringify({ driver: "fake", agents: [{ name: "main" }] }),
        wanted.claimEffect ?? "unknown",
      ],
    );
    return seeded;
  });
  await pool.query("analyze templates, template_versions, presets");
  return rows;
}

export interface PrebuildsWanted {
  readonly presetIds: readonly PresetId[];
  readonly perPreset: number;
  /** `deleted` for a reserve that no query looks at until `releaseReserve` makes it ready. */
  readonly state?: "ready" | "deleted";
}

/** Prebuilds that were built and whose agents are ready and connected. */
export async function seedPrebuilds(pool: pg.Pool, wanted: PrebuildsWanted): Promise<void> {
  await seeding(pool, (client) =>
    client.query(
      `with fresh as materialized (
  select p.id as preset_id, p.template_id, p.template_version_id, p.organization_id, gen_random_uuid() as workspace_id,
    gen_random_uuid() as build_id, gen_random_uuid() as job_id, gen_random_uuid() as agent_id,
    now() - interval '1 minute' + n * interval '1 microsecond' as made_at
  from presets p
  cross join generate_series(1, $2::int) n
  where p.id = any($1::uuid[])
), workspace as (
  insert into workspaces (id, organization_id, owner_id, name, template_id, preset_id, latest_build_id, created_at,
    deleted_at)
  select workspace_id, organization_id, $4, 'prebuild-' || workspace_id, template_id, preset_id, build_id, made_at,
    case when $3 = 'deleted' then made_at end
  from fresh
), build as (
  insert into builds (id, workspace_id, number, transition, stage, template_version_id, preset_id, initiator_id, job_id,
    parameters, created_at)
  select build_id, workspace_id, 1, 'start', 'prebuild', template_version_id, preset_id, $4, job_id, '{}', made_at
  from fresh
), job as (
  insert into jobs (id, organization_id, kind, initiator_id, is_prebuild, status, template_id, build_id, workspace_id,
    template_version_id, driver, attempt, created_at, started_at, completed_at)
  select job_id, organization_id, 'build', $4, true, 'succeeded', template_id, build_id, workspace_id,
    template_version_id, 'fake', 1, made_at, made_at, made_at
  from fresh
), agent as (
  insert into agents (id, workspace_id, build_id, name, position, token_hash, state, server_id, connection_id,
    connected_at, ready_at, created_at)
  select agent_id, workspace_id, build_id, 'main', 1, uuid_send(agent_id), 'ready', $5, agent_id, made_at, made_at, made_at
  from fresh
)
insert into prebuilds (workspace_id, organization_id, template_id, template_version_id, preset_id, state, created_at,
  ready_at, first_build_result, first_build_completed_at)
select workspace_id, organization_id, template_id, template_version_id, preset_id, $3, made_at, made_at, 'succeeded',
  made_at
from fresh`,
      [wanted.presetIds, wanted.perPreset, wanted.state ?? "ready", prebuildsUserId, agentServerId],
    ),
  );
}

/** What a long-running database has done by itself by now: statistics, and pages without dead rows. */
export async function settleTables(pool: pg.Pool): Promise<void> {
  await pool.query("vacuum analyze workspaces, builds, jobs, agents, prebuilds, creation_outcomes");
  await pool.query("checkpoint");
}
