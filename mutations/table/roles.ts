import type { Mutation } from "../mutation.ts";

/** Who is who, up to which quota, and where it is written down what he does. */
export const roleMutations: readonly Mutation[] = [
  {
    name: "role-template-admin",
    breaks: "a member is no template admin",
    edits: [
      {
        file: "src/app/authorize.ts",
        find: 'membership.id === organizationId && membership.role === "template_admin")',
        replace: "membership.id === organizationId)",
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "role-other-organization",
    breaks: "a template admin of one organization is none of another",
    edits: [
      {
        file: "src/app/authorize.ts",
        find: 'membership.id === organizationId && membership.role === "template_admin")',
        replace: 'membership.role === "template_admin" && organizationId !== "")',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "role-member-of-all",
    breaks: "another organization's things are not there for who is no member",
    edits: [
      {
        file: "src/app/authorize.ts",
        find: "isAdministrator(actor) || actor.organizations.some((membership) => membership.id === organizationId);",
        replace:
          'isAdministrator(actor) || actor.organizations.some((membership) => membership.id === organizationId) || organizationId !== "";',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "role-administrator",
    breaks: "a member is no administrator",
    edits: [
      {
        file: "src/app/authorize.ts",
        find: 'return actor.role === "administrator";',
        replace: 'return actor.role === "administrator" || actor.role === "member";',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "role-template-admin-workspace",
    breaks: "case 164: a template admin has no say over a person's workspace",
    edits: [
      {
        file: "src/app/authorize.ts",
        find: "if (workspace.is_prebuild) return",
        replace: 'if (workspace.organization_id !== "") return',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "role-workspace-owner",
    breaks: "nobody but its owner has a say over a workspace",
    edits: [
      {
        file: "src/app/authorize.ts",
        find: "return workspace.owner_id === actor.userId;",
        replace: 'return workspace.owner_id !== "";',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "last-administrator",
    breaks: "the last administrator stays",
    edits: [
      {
        file: "src/app/identity/keep-administrator.ts",
        find: "administrators.has(target) && administrators.size === 1) {",
        replace: "administrators.has(target) && administrators.size === 0) {",
      },
    ],
    tests: ["test/db/last-administrator.test.ts"],
  },
  {
    name: "last-administrator-race",
    breaks: "of two administrators who remove each other one stays",
    edits: [
      {
        file: "src/db/people/administrators.ts",
        find: "where ${isAdministering}\norder by id\nfor no key update`",
        replace: "where ${isAdministering}\norder by id`",
      },
    ],
    tests: ["test/db/last-administrator.test.ts"],
  },
  {
    name: "quota-ignored",
    breaks: "S19: what a quota does not cover is refused",
    edits: [
      {
        file: "src/app/workspaces/within-quota.ts",
        find: "return needed > 0 && used + needed > allowed;",
        replace: "return needed > 0 && used + needed > allowed + 1e9;",
      },
    ],
    tests: ["test/db/quota.test.ts"],
  },
  {
    name: "quota-boundary",
    breaks: "what a quota just covers is admitted",
    edits: [
      {
        file: "src/app/workspaces/within-quota.ts",
        find: "return needed > 0 && used + needed > allowed;",
        replace: "return needed > 0 && used + needed >= allowed;",
      },
    ],
    tests: ["test/db/quota.test.ts"],
  },
  {
    name: "quota-lock",
    breaks: "S19: of creations that come at once, no more are admitted than are covered",
    edits: [
      {
        file: "src/app/workspaces/within-quota.ts",
        find: "  await lockQuota(tx, [organizationId], ownerId);\n  const quota = await quotaOfPerson(tx, {\n    organizationId,\n    ownerId,\n    declaredCost: request.cost",
        replace:
          "  const quota = await quotaOfPerson(tx, {\n    organizationId,\n    ownerId,\n    declaredCost: request.cost",
      },
    ],
    tests: ["test/db/quota.test.ts", "test/faults/quota-rounds.test.ts"],
  },
  {
    name: "quota-surge",
    breaks: "an older version's cost counts in a claim under surge",
    edits: [
      {
        file: "src/app/workspaces/seek-prebuild.ts",
        find: "    if (!(await isCoveredByQuota(tx, creation, outdated.cost))) return undefined;\n",
        replace: "    await isCoveredByQuota(tx, creation, outdated.cost);\n",
      },
    ],
    tests: ["test/db/quota.test.ts"],
  },
  {
    name: "quota-deleted",
    breaks: "what is deleted costs nothing any more",
    edits: [
      {
        file: "src/db/people/quota.ts",
        find: "      and w.organization_id = o.id\n      and w.deleted_at is null), 0)::bigint`;",
        replace: "      and w.organization_id = o.id), 0)::bigint`;",
      },
    ],
    tests: ["test/db/quota.test.ts"],
  },
  {
    name: "quota-prebuilds-group",
    breaks: "the pools' group gives no person an allowance",
    edits: [
      {
        file: "src/db/people/quota.ts",
        find: "      and lower(g.name) <> 'prebuilds'\n",
        replace: "      and lower(g.name) <> ''\n",
      },
    ],
    tests: ["test/db/quota.test.ts", "test/http/groups-and-quota.test.ts"],
  },
  {
    name: "quota-pool-recheck",
    breaks: "pools create within their quota, also where it changed since the plan",
    edits: [
      {
        file: "src/controllers/prebuilds/apply-creates.ts",
        find: "const covered = deps.options.isQuotaEnabled ? await withinQuota(tx, pools) : pools;",
        replace:
          "const covered = deps.options.isQuotaEnabled && pools.length > 1e9 ? await withinQuota(tx, pools) : pools;",
      },
    ],
    tests: ["test/db/quota-pools.test.ts"],
  },
  {
    name: "audit-build",
    breaks: "a start, stop or delete by a person is in the audit log",
    edits: [
      {
        file: "src/app/workspaces/workspaces.ts",
        find: "      action: `workspace.${input.transition}`,",
        replace: "      action: `workspace.start`,",
      },
    ],
    tests: ["test/db/audit-log.test.ts"],
  },
  {
    name: "audit-pool",
    breaks: "what an administrator does to a pool is in the audit log",
    edits: [
      {
        file: "src/app/prebuilds/manage-pools.ts",
        find: "  await recordAudit(sql, {",
        replace: "  if (entry.detail !== undefined) return;\n  await recordAudit(sql, {",
      },
    ],
    tests: ["test/db/audit-log.test.ts", "test/unit/http/audited-routes.test.ts"],
  },
  {
    name: "audit-cancel",
    breaks: "who cancelled a job is in the audit log",
    edits: [
      {
        file: "src/app/jobs/jobs.ts",
        find: "    if (!(await cancelInTransaction(tx, jobId, now))) return;\n",
        replace: '    if (!(await cancelInTransaction(tx, jobId, now)) || job.kind !== "rehearsal") return;\n',
      },
    ],
    tests: ["test/db/queue.test.ts"],
  },
  {
    name: "quota-update",
    breaks: "an update to a version that costs more is held to its owner's quota",
    edits: [
      {
        file: "src/db/builds/update-cost.ts",
        find: "if (used - current + needed > allowed) return",
        replace: "if (used - current + needed > allowed && current < 0) return",
      },
    ],
    tests: ["test/db/quota-updates.test.ts"],
  },
  {
    name: "rename-lock",
    breaks: "a rename waits for a delete that comes first, and finds nothing to rename",
    edits: [
      {
        file: "src/db/workspaces/rename.ts",
        find: "  await lockWorkspace(tx, workspaceId);\n",
        replace: "  void lockWorkspace;\n",
      },
    ],
    tests: ["test/db/rename-workspace.test.ts"],
  },
];
