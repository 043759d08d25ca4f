import { agentLogsRule } from "./prune-agent-logs.ts";
import { oldBuildsRule } from "./prune-builds.ts";
import { agedRules, notificationsRule, poolHistoryRule } from "./prune-by-age.ts";
import { goneDaemonsRule } from "./prune-daemons.ts";
import { deletedTemplatesRule, replacedVersionsRule, unnamedFilesRule } from "./prune-versions.ts";
import { deletedWorkspacesRule } from "./prune-workspaces.ts";
import type { RetentionRule } from "./retention-rule.ts";

/**
 * All rules, in an order in which what names something goes before it: outcomes before the workspaces and presets that
 * they name, workspaces before versions, versions before templates and files.
 */
export const retentionRules: readonly RetentionRule[] = [
  ...agedRules,
  notificationsRule,
  poolHistoryRule,
  deletedWorkspacesRule,
  oldBuildsRule,
  agentLogsRule,
  replacedVersionsRule,
  deletedTemplatesRule,
  unnamedFilesRule,
  goneDaemonsRule,
];
