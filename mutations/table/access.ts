import type { Mutation } from "../mutation.ts";

/** Who may do what, route by route. */
export const accessMutations: readonly Mutation[] = [
  {
    name: "access-pause",
    breaks: "pausing is for administrators",
    edits: [
      {
        file: "src/app/prebuilds/manage-pools.ts",
        find: '  requireAdministrator(actor, isPaused ? "pause the pools" : "resume the pools");\n',
        replace:
          '  if (actor.username === "") requireAdministrator(actor, isPaused ? "pause the pools" : "resume the pools");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-switch",
    breaks: "switching prebuilds is for administrators",
    edits: [
      {
        file: "src/app/prebuilds/manage-pools.ts",
        find: '  requireAdministrator(actor, isWanted ? "switch prebuilds on" : "switch prebuilds off");\n',
        replace:
          '  if (actor.username === "") requireAdministrator(actor, isWanted ? "switch prebuilds on" : "switch prebuilds off");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-resume",
    breaks: "resuming a pool is for template admins",
    edits: [
      {
        file: "src/app/prebuilds/manage-pools.ts",
        find: '  requireTemplateAdmin(actor, preset.organizationId, "resume pools");\n',
        replace: '  if (actor.username === "") requireTemplateAdmin(actor, preset.organizationId, "resume pools");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-invalidate",
    breaks: "invalidating is for template admins",
    edits: [
      {
        file: "src/app/prebuilds/manage-pools.ts",
        find: '  requireTemplateAdmin(actor, template.organization_id, "invalidate prebuilds");\n',
        replace:
          '  if (actor.username === "") requireTemplateAdmin(actor, template.organization_id, "invalidate prebuilds");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-clean",
    breaks: "cleaning pools is for template admins",
    edits: [
      {
        file: "src/app/prebuilds/manage-pools.ts",
        find: '  requireTemplateAdmin(actor, organization.id, "clean pools");\n',
        replace: '  if (actor.username === "") requireTemplateAdmin(actor, organization.id, "clean pools");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-promote",
    breaks: "promoting is for template admins",
    edits: [
      {
        file: "src/app/templates/templates.ts",
        find: '  requireTemplateAdmin(actor, template.organization_id, "promote versions");\n',
        replace:
          '  if (actor.username === "") requireTemplateAdmin(actor, template.organization_id, "promote versions");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-deprecate",
    breaks: "deprecating is for template admins",
    edits: [
      {
        file: "src/app/templates/templates.ts",
        find: '  requireTemplateAdmin(actor, template.organization_id, "deprecate templates");\n',
        replace:
          '  if (actor.username === "") requireTemplateAdmin(actor, template.organization_id, "deprecate templates");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-delete-template",
    breaks: "deleting a template is for template admins",
    edits: [
      {
        file: "src/app/templates/templates.ts",
        find: '  requireTemplateAdmin(actor, template.organization_id, "delete templates");\n',
        replace:
          '  if (actor.username === "") requireTemplateAdmin(actor, template.organization_id, "delete templates");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-push",
    breaks: "publishing is for template admins",
    edits: [
      {
        file: "src/app/templates/push-template.ts",
        find: '  requireTemplateAdmin(actor, organization.id, "publish templates");\n',
        replace: '  if (actor.username === "") requireTemplateAdmin(actor, organization.id, "publish templates");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-template-schedule",
    breaks: "a template's schedule is for template admins",
    edits: [
      {
        file: "src/app/templates/template-lifecycle.ts",
        find: '  requireTemplateAdmin(actor, template.organization_id, "change a template\'s schedule");\n',
        replace:
          '  if (actor.username === "") requireTemplateAdmin(actor, template.organization_id, "change a template\'s schedule");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-cancel-jobs",
    breaks: "cancelling the jobs of pools is for template admins",
    edits: [
      {
        file: "src/app/jobs/jobs.ts",
        find: '  requireTemplateAdmin(actor, organization.id, "cancel the jobs of pools");\n',
        replace:
          '  if (actor.username === "") requireTemplateAdmin(actor, organization.id, "cancel the jobs of pools");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-states",
    breaks: "states of workspaces are for administrators and, of prebuilds, template admins",
    edits: [
      {
        file: "src/app/workspaces/state-versions.ts",
        find: "  if (mayReadState(actor, own)) return own;\n",
        replace: '  if (actor.username !== "") return own;\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-states-of-people",
    breaks: "a person's state is for administrators: template admins could take his workspace over",
    edits: [
      {
        file: "src/app/workspaces/state-versions.ts",
        find: "isAdministrator(actor) || (workspace.is_prebuild && isTemplateAdmin(actor, workspace.organization_id));",
        replace: "isAdministrator(actor) || isTemplateAdmin(actor, workspace.organization_id);",
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-orphan",
    breaks: "deleting without a provisioner is for administrators",
    edits: [
      {
        file: "src/app/workspaces/orphan-workspace.ts",
        find: '  requireAdministrator(actor, "delete a workspace without its provisioner");\n',
        replace:
          '  if (actor.username === "") requireAdministrator(actor, "delete a workspace without its provisioner");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-create-user",
    breaks: "creating people is for administrators",
    edits: [
      {
        file: "src/app/identity/users.ts",
        find: '  requireAdministrator(actor, "create users");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "create users");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-list-users",
    breaks: "the list of people is for administrators",
    edits: [
      {
        file: "src/app/identity/users.ts",
        find: '  requireAdministrator(actor, "list users");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "list users");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-reset-password",
    breaks: "another's password is for administrators",
    edits: [
      {
        file: "src/app/identity/accounts.ts",
        find: '  requireAdministrator(actor, "set another\'s password");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "set another\'s password");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-end-sessions",
    breaks: "another's sessions are for administrators",
    edits: [
      {
        file: "src/app/identity/accounts.ts",
        find: 'if (input.username !== null) requireAdministrator(actor, "end another\'s sessions");',
        replace: 'if (input.username === "") requireAdministrator(actor, "end another\'s sessions");',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-others-tokens",
    breaks: "another's tokens are for administrators",
    edits: [
      {
        file: "src/app/identity/tokens.ts",
        find: 'if (isOthers) requireAdministrator(actor, "see another\'s tokens");',
        replace:
          'if (isOthers && actor.role === "administrator") requireAdministrator(actor, "see another\'s tokens");',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-revoke-tokens",
    breaks: "nobody revokes another's token but administrators",
    edits: [
      {
        file: "src/app/identity/tokens.ts",
        find: "const ownedBy = isAdministrator(actor) ? null : actor.userId;",
        replace: 'const ownedBy = isAdministrator(actor) || actor.role === "member" ? null : actor.userId;',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-daemon-keys",
    breaks: "daemon keys are for administrators",
    edits: [
      {
        file: "src/app/provisioner/daemon-keys.ts",
        find: '  requireAdministrator(actor, "create daemon keys");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "create daemon keys");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-adopt",
    breaks: "adopting workspaces is for administrators",
    edits: [
      {
        file: "src/app/provisioner/manage-daemons.ts",
        find: '  requireAdministrator(actor, "have a daemon adopt workspaces");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "have a daemon adopt workspaces");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-doctor",
    breaks: "doctor is for administrators",
    edits: [
      {
        file: "src/app/system/doctor.ts",
        find: '  requireAdministrator(actor, "examine the deployment");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "examine the deployment");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-groups",
    breaks: "groups are for administrators",
    edits: [
      {
        file: "src/app/groups/groups.ts",
        find: '  requireAdministrator(actor, "edit groups");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "edit groups");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-group-members",
    breaks: "who is in a group is for administrators",
    edits: [
      {
        file: "src/app/groups/groups.ts",
        find: '  requireAdministrator(actor, "add people to groups");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "add people to groups");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-others-quota",
    breaks: "another's quota is for administrators",
    edits: [
      {
        file: "src/app/groups/quota.ts",
        find: 'if (!isAdministrator(actor)) throw forbidden("see somebody else\'s quota", "administrators");',
        replace:
          'if (!isAdministrator(actor) && actor.username === "") throw forbidden("see somebody else\'s quota", "administrators");',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-webhooks",
    breaks: "webhooks are for administrators",
    edits: [
      {
        file: "src/app/notifications/webhooks.ts",
        find: '  requireAdministrator(actor, "add webhooks");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "add webhooks");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-retry-deliveries",
    breaks: "the outbox is for administrators",
    edits: [
      {
        file: "src/app/notifications/deliveries.ts",
        find: '  requireAdministrator(actor, "retry the deliveries of notifications");\n',
        replace: '  if (actor.username === "") requireAdministrator(actor, "retry the deliveries of notifications");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-create-for-another",
    breaks: "a workspace for somebody else is for administrators",
    edits: [
      {
        file: "src/app/workspaces/creation-request.ts",
        find: 'if (!isAdministrator(actor)) throw forbidden("create a workspace for somebody else", "administrators");',
        replace:
          'if (!isAdministrator(actor) && username === "") throw forbidden("create a workspace for somebody else", "administrators");',
      },
    ],
    tests: ["test/http/access.test.ts", "test/db/conformance-f-misses.test.ts"],
  },
  {
    name: "access-list-others",
    breaks: "others' workspaces are listed for administrators",
    edits: [
      {
        file: "src/app/workspaces/list-workspaces.ts",
        find: 'if (!isAdministrator(actor)) throw forbidden("list the workspaces of others", "administrators");',
        replace:
          'if (!isAdministrator(actor) && actor.username === "") throw forbidden("list the workspaces of others", "administrators");',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-audit",
    breaks: "the audit log shows a member his own entries",
    edits: [
      {
        file: "src/app/audit/list-audit.ts",
        find: "visibleTo: isAdministrator(actor) ? null : actor.userId,",
        replace: 'visibleTo: isAdministrator(actor) || actor.username !== "" ? null : actor.userId,',
      },
    ],
    tests: ["test/db/audit-log.test.ts", "test/http/audit.test.ts"],
  },
  {
    name: "access-jobs",
    breaks: "a member sees his own jobs",
    edits: [
      {
        file: "src/app/jobs/jobs.ts",
        find: "visibleTo: isAdministrator(actor) ? null : actor.userId,",
        replace: 'visibleTo: isAdministrator(actor) || actor.username !== "" ? null : actor.userId,',
      },
    ],
    tests: ["test/db/queue.test.ts"],
  },
  {
    name: "access-template-files",
    breaks: "a template's files are for template admins",
    edits: [
      {
        file: "src/app/templates/templates.ts",
        find: '  requireTemplateAdmin(actor, template.organization_id, "read the files of templates");\n',
        replace:
          '  if (actor.username === "") requireTemplateAdmin(actor, template.organization_id, "read the files of templates");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "access-check-template",
    breaks: "checking templates is for who may push them",
    edits: [
      {
        file: "src/app/templates/push-template.ts",
        find: '  requireTemplateAdmin(actor, organization.id, "check templates");\n',
        replace: '  if (actor.username === "") requireTemplateAdmin(actor, organization.id, "check templates");\n',
      },
    ],
    tests: ["test/http/access.test.ts"],
  },
  {
    name: "pull-follows-links",
    breaks: "what is pulled is not written where a link in the folder leads",
    edits: [
      {
        file: "src/platform/archive/place-archive.ts",
        find: "      refuseCollisions(files, folder);\n",
        replace: "      void refuseCollisions;\n",
      },
    ],
    tests: ["test/unit/archive/place-archive.test.ts"],
  },
  {
    name: "pool-image-by-owner",
    breaks: "what an owner's workspace says of its image is not what others are told of the pool",
    edits: [
      {
        file: "src/db/pools/image-reports.ts",
        find: "  and w.owner_id = $4\n",
        replace: "  and w.owner_id <> gen_random_uuid()\n  and $4::uuid is not null\n",
      },
    ],
    tests: ["test/db/image-reports.test.ts"],
  },
  {
    name: "ssh-stream-not-resumed",
    breaks: "an SSH connection goes on over another line",
    edits: [
      {
        file: "src/tunnel/tunnel-client.ts",
        find: "    return accepted === null ? null : { sessionId: accepted.sessionId, secret: accepted.secret };\n",
        replace: "    return accepted;\n",
      },
    ],
    tests: ["test/e2e/tunnel.test.ts"],
  },
];
