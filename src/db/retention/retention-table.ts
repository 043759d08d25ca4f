import {
  agentLogLinesMax,
  decisionsKeptPerPreset,
  idempotencyKeepMs,
  jobLogLinesMax,
  loginKeysPerPersonMax,
  providerStateVersionsKept,
} from "../../contracts/limits.ts";
import { deliveredKeepMs, filesKeepMs, notificationsKeepMs, tokensKeepMs } from "./retention-keeps.ts";

/** What a table cannot outgrow. */
export type TableBound =
  /** It grows with what lives, and only with that. */
  | { readonly kind: "lives"; readonly text: string }
  /** So many rows of something that has a bound itself. */
  | { readonly kind: "rows"; readonly text: string }
  | { readonly kind: "age"; readonly text: string };

/** How rows go. */
export type TablePruning =
  /** By these rules of the pruner, each on its own account. */
  | { readonly kind: "rules"; readonly rules: readonly [string, ...string[]] }
  /** With rows of another table, by the rule that removes those. */
  | { readonly kind: "with"; readonly table: string }
  /** By whoever writes them. */
  | { readonly kind: "writer"; readonly text: string };

export interface TableRetention {
  readonly bound: TableBound;
  readonly pruned: TablePruning;
  /** Whether it becomes so large that no statement may read all of it. */
  readonly isLarge: boolean;
}

const dayMs = 86_400_000;
const days = (ms: number): string => `${ms / dayMs} ${ms === dayMs ? "day" : "days"}`;
const lines = (count: number): string => count.toLocaleString("en");

const small = { isLarge: false } as const;
const large = { isLarge: true } as const;
const lives = (text: string) => ({ bound: { kind: "lives", text } }) as const;
const rows = (text: string) => ({ bound: { kind: "rows", text } }) as const;
const age = (text: string) => ({ bound: { kind: "age", text } }) as const;
const byRules = (...rules: [string, ...string[]]) => ({ pruned: { kind: "rules", rules } }) as const;
const withRowsOf = (table: string) => ({ pruned: { kind: "with", table } }) as const;
const byWriter = (text: string) => ({ pruned: { kind: "writer", text } }) as const;

const deletedByPeople = byWriter("deleted by people");
const neverLess = byWriter("never; it does not grow by itself");

/**
 * Every table of the schema, and what keeps it from growing for ever. A test compares it with the schema, so that a new
 * table cannot be without a bound; `docs/retention.md` is written from it.
 */
export const retentionTable: Readonly<Record<string, TableRetention>> = {
  agent_logs: {
    ...rows(`the newest ${lines(agentLogLinesMax)} lines of an agent, and what it writes in the minutes until a walk`),
    ...byRules("agent_logs", "deleted_workspaces", "old_builds"),
    ...large,
  },
  agents: { ...rows("those of each build that is kept"), ...byRules("deleted_workspaces", "old_builds"), ...large },
  audit_log: { ...age("`audit.keep`"), ...byRules("audit_log"), ...large },
  build_reports: { ...rows("1 of a build"), ...withRowsOf("builds"), ...large },
  builds: {
    ...rows("the newest `retention.builds` of a workspace, its first, and those that something living names"),
    ...byRules("deleted_workspaces", "old_builds"),
    ...large,
  },
  creation_outcomes: {
    ...age("14 days, or less where `retention.workspaces` or `retention.versions` is less; once it is in the sums"),
    ...byRules("creation_outcomes"),
    ...large,
  },
  daemon_keys: { ...age("90 days after it was revoked"), ...byRules("daemon_keys"), ...small },
  daemons: {
    ...age("`retention.daemons` after it was heard of last, once no job and no state names it"),
    ...byRules("gone_daemons"),
    ...small,
  },
  decisions: {
    ...rows(`${decisionsKeptPerPreset} of a preset`),
    ...byWriter("the reconciler, with each that it stores; the others with their preset"),
    ...large,
  },
  demand_hours: { ...age("`retention.demand`"), ...byRules("demand_hours", "deleted_templates"), ...large },
  files: {
    ...age(`${days(filesKeepMs)} after the last version that named it went`),
    ...byRules("unnamed_files"),
    ...small,
  },
  form_evaluations: {
    ...age("10 minutes after nobody waits for its answer any more"),
    ...byRules("form_evaluations"),
    ...small,
  },
  group_members: { ...lives("1 of a person in a group"), ...deletedByPeople, ...small },
  groups: { ...lives("1 of a group"), ...deletedByPeople, ...small },
  idempotency_keys: { ...age(`${idempotencyKeepMs / 3_600_000} hours`), ...byRules("idempotency_keys"), ...large },
  job_logs: { ...rows(`${lines(jobLogLinesMax)} lines of a job, dropped beyond`), ...withRowsOf("jobs"), ...large },
  jobs: {
    ...rows("1 of a build, 1 of a version's import, and the rehearsals of a preset"),
    ...byRules("deleted_workspaces", "old_builds", "replaced_versions", "deleted_templates"),
    ...large,
  },
  login_keys: {
    ...rows(`${loginKeysPerPersonMax} of a person`),
    ...byWriter("removed by people; with the account"),
    ...small,
  },
  leases: { ...rows("1 of a controller"), ...neverLess, ...small },
  notification_deliveries: {
    ...age(
      `${days(deliveredKeepMs)} after it was delivered or dropped, ${days(notificationsKeepMs)} when it never was`,
    ),
    ...byRules("notifications"),
    ...large,
  },
  notification_events: { ...age(days(notificationsKeepMs)), ...byRules("notifications"), ...large },
  notification_preferences: { ...lives("1 of a person and a kind"), ...neverLess, ...small },
  notification_webhooks: { ...lives("1 of a webhook"), ...deletedByPeople, ...small },
  notifications: { ...age(days(notificationsKeepMs)), ...byRules("notifications"), ...large },
  organization_members: { ...lives("1 of a person in an organization"), ...deletedByPeople, ...small },
  organizations: { ...lives("1 of an organization"), ...neverLess, ...small },
  pool_beats: {
    ...age("7 days by the minute, 90 days by the quarter of an hour"),
    ...byRules("pool_history"),
    ...small,
  },
  pool_demand: {
    ...age("7 days by the minute, 90 days by the quarter of an hour"),
    ...byRules("pool_history"),
    ...large,
  },
  pool_events: {
    ...age("`metrics.refresh_interval`"),
    ...byWriter("the refresh of the metrics, which adds them to the totals"),
    ...small,
  },
  pool_samples: {
    ...age("7 days by the minute, 90 days by the quarter of an hour; a row where something has changed"),
    ...byRules("pool_history"),
    ...large,
  },
  pool_totals: {
    ...rows("a few of a template and the name of a preset that it has or had"),
    ...withRowsOf("templates"),
    ...small,
  },
  pool_totals_mark: { ...rows("1"), ...neverLess, ...small },
  prebuilds: { ...rows("1 of a workspace that is or was a prebuild"), ...withRowsOf("workspaces"), ...large },
  presets: { ...rows("those of a version"), ...withRowsOf("template_versions"), ...small },
  provider_state_versions: {
    ...rows(`${providerStateVersionsKept - 1} of a workspace`),
    ...byWriter("whoever stores the next one; the last when the workspace is deleted"),
    ...large,
  },
  provider_states: {
    ...lives("1 of a workspace that exists"),
    ...byWriter("the end of the delete; what is left, with its workspace"),
    ...large,
  },
  app_shares: {
    ...rows("100 of a workspace"),
    ...byWriter("removed by people; with the workspace"),
    ...small,
  },
  secrets: {
    ...rows("100 of a person or a template, and an SSH key and 20 accounts at git hosts of a person"),
    ...byWriter("removed by people; with the account or the template"),
    ...small,
  },
  servers: { ...lives("1 of a server"), ...byWriter("its goodbye, or the others an hour after it died"), ...small },
  settings: { ...rows("1 of a setting"), ...neverLess, ...small },
  setup_links: { ...age(`${days(tokensKeepMs)} after it expired`), ...byRules("setup_links"), ...small },
  strangers: {
    ...lives("1 of a thing that a daemon finds and the deployment does not know"),
    ...byWriter("the next report without it; those of a daemon that is forgotten, with it"),
    ...small,
  },
  template_versions: {
    ...rows(
      "the newest `retention.versions_kept` of a template, those that workspaces use, and others until `retention.versions` after they were replaced",
    ),
    ...byRules("replaced_versions", "deleted_templates"),
    ...small,
  },
  templates: {
    ...age("`retention.versions` after it was deleted, once its workspaces are gone too"),
    ...byRules("deleted_templates"),
    ...small,
  },
  tokens: { ...age(`${days(tokensKeepMs)} after it expired or was revoked`), ...byRules("tokens"), ...large },
  users: {
    ...rows("1 of a person who is or was here: the audit log and builds name who they were"),
    ...neverLess,
    ...small,
  },
  workspaces: {
    ...age(
      "`retention.workspaces` after it was deleted; longer while a pool counts by it, a job is open, or something of it exists",
    ),
    ...byRules("deleted_workspaces"),
    ...large,
  },
};
