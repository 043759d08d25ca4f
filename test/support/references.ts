import type { Fixture } from "./fixture.ts";

/** A column that names a row of another table without a foreign key. `when`: of which rows it must be there. */
interface Reference {
  readonly from: string;
  readonly to: string;
  readonly when?: string;
}

const ref = (from: string, to: string, when?: string): Reference => ({
  from,
  to,
  ...(when === undefined ? {} : { when }),
});

/** What is named without a foreign key and must be there for as long as the row that names it. */
export const references: readonly Reference[] = [
  ref("agents.build_id", "builds.id"),
  ref("agents.server_id", "servers.id"),
  ref("builds.workspace_id", "workspaces.id"),
  ref("builds.template_version_id", "template_versions.id"),
  ref("builds.preset_id", "presets.id"),
  ref("builds.initiator_id", "users.id"),
  ref("builds.job_id", "jobs.id"),
  ref("creation_outcomes.organization_id", "organizations.id"),
  ref("creation_outcomes.template_id", "templates.id"),
  ref("creation_outcomes.preset_id", "presets.id"),
  ref("creation_outcomes.workspace_id", "workspaces.id"),
  ref("demand_hours.template_id", "templates.id"),
  ref("idempotency_keys.user_id", "users.id"),
  ref("idempotency_keys.workspace_id", "workspaces.id"),
  ref("jobs.organization_id", "organizations.id"),
  ref("jobs.initiator_id", "users.id"),
  ref("jobs.template_id", "templates.id"),
  ref("jobs.build_id", "builds.id"),
  ref("jobs.workspace_id", "workspaces.id"),
  ref("jobs.template_version_id", "template_versions.id"),
  ref("jobs.daemon_id", "daemons.id"),
  ref("notification_deliveries.event_id", "notification_events.id"),
  ref("notification_deliveries.user_id", "users.id"),
  ref("notification_events.organization_id", "organizations.id"),
  ref("notifications.event_id", "notification_events.id"),
  ref("notifications.organization_id", "organizations.id"),
  ref("pool_events.preset_id", "presets.id"),
  ref("pool_totals.template_id", "templates.id"),
  ref("prebuilds.organization_id", "organizations.id"),
  ref("prebuilds.template_id", "templates.id"),
  ref("prebuilds.template_version_id", "template_versions.id"),
  ref("prebuilds.preset_id", "presets.id"),
  // Of one that is gone, the build that claimed it may have gone before.
  ref("prebuilds.claim_build_id", "builds.id", "ended_at is null"),
  ref("presets.organization_id", "organizations.id"),
  ref("presets.template_id", "templates.id"),
  ref("provider_state_versions.job_id", "jobs.id"),
  ref("provider_states.job_id", "jobs.id"),
  ref("provider_states.daemon_id", "daemons.id"),
  ref("template_versions.organization_id", "organizations.id"),
  ref("template_versions.import_job_id", "jobs.id"),
  ref("templates.active_version_id", "template_versions.id"),
  ref("workspaces.organization_id", "organizations.id"),
  ref("workspaces.owner_id", "users.id"),
  ref("workspaces.template_id", "templates.id"),
  ref("workspaces.preset_id", "presets.id"),
  ref("workspaces.latest_build_id", "builds.id"),
];

/** Columns that end in `_id` and say what was, or name no row. */
export const otherIds: readonly string[] = [
  "agents.connection_id",
  "audit_log.actor_id",
  "audit_log.organization_id",
  "audit_log.owner_id",
  "audit_log.target_id",
  // History by the clock, which may outlive a template that is gone.
  "pool_demand.template_id",
  "pool_samples.template_id",
  // A key that is gone holds no name any more.
  "daemons.key_id",
  "notification_deliveries.webhook_id",
  // One of the two columns beside it, which have foreign keys.
  "secrets.holder_id",
  "strangers.workspace_id",
];

/** References whose other end is missing, with how many rows have each. */
export async function danglingReferences(fx: Pick<Fixture, "rows">): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { from, to, when } of references) {
    const [table, column] = from.split(".");
    const [other, key] = to.split(".");
    const [row] = await fx.rows<{ count: number }>(
      `select count(*)::int as count
from ${table} r
where r.${column} is not null
  and ${when ?? "true"}
  and not exists (select 1 from ${other} o where o.${key} = r.${column})`,
    );
    if (row !== undefined && row.count > 0) found.push(`${from} → ${to}: ${row.count}`);
  }
  return found;
}
