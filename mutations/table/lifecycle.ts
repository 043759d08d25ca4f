import type { Mutation } from "../mutation.ts";

/** What happens to people's workspaces by itself, and what is kept of them. */
export const lifecycleMutations: readonly Mutation[] = [
  {
    name: "lifecycle-sees-prebuilds",
    breaks: "§6: every lifecycle statement excludes unclaimed prebuilds",
    edits: [
      {
        file: "src/db/workspaces/lifecycle.ts",
        find: "    and w.owner_id > '${prebuildsUserId}'\n    and coalesce((select u.state from prebuilds u where u.workspace_id = w.id), 'claimed') = 'claimed'`;",
        replace: "    and (w.owner_id > '${prebuildsUserId}' or w.owner_id is not null)`;",
      },
    ],
    tests: ["test/db/conformance-i-lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "lifecycle-owner-only",
    breaks: "§6: not by their owner alone",
    edits: [
      {
        file: "src/db/workspaces/lifecycle.ts",
        find: "\n    and coalesce((select u.state from prebuilds u where u.workspace_id = w.id), 'claimed') = 'claimed'`;",
        replace: "`;",
      },
    ],
    tests: ["test/db/conformance-i-lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "stop-while-building",
    breaks: "nothing is done while a build is under way",
    edits: [
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "if (!isJobFinished(subject.status)) return null;",
        replace: "if (!isJobFinished(subject.status) && at < 0) return null;",
      },
    ],
    tests: ["test/property/lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "stop-while-booting",
    breaks: "a workspace that nobody could use yet is not idle",
    edits: [
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "  if (subject.isBooting === true) return undefined;\n",
        replace: "",
      },
    ],
    tests: ["test/property/lifecycle.test.ts", "test/db/deadline-begins-usable.test.ts"],
  },
  {
    name: "autostop-early",
    breaks: "a workspace is stopped at its deadline, not before",
    edits: [
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "deadlineAt === null || deadlineAt > at) return undefined;",
        replace: "deadlineAt === null || deadlineAt > at + 60_000) return undefined;",
      },
    ],
    tests: ["test/property/lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "delete-dormant-early",
    breaks: "a dormant workspace is deleted when it is due, not before",
    edits: [
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "dormantAt === null || deletingAt === null || deletingAt > at) return undefined;",
        replace: "dormantAt === null || deletingAt === null || deletingAt > at + 60_000) return undefined;",
      },
    ],
    tests: ["test/property/lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "delete-not-dormant",
    breaks: "what is not dormant is never deleted",
    edits: [
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "if (dormantAt === null || deletingAt === null ||",
        replace: "if (deletingAt === null ||",
      },
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "durationText(at - dormantAt)",
        replace: "durationText(at - (dormantAt ?? at))",
      },
    ],
    tests: ["test/property/lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "retry-at-once",
    breaks: "a failed stop is tried again later each time",
    edits: [
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "if ((buildEndedAt ?? at) + retryDelayMs(failures) > at) return undefined;",
        replace: "if ((buildEndedAt ?? at) + retryDelayMs(failures) > at + 1e12) return undefined;",
      },
    ],
    tests: ["test/property/lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "dormant-in-use",
    breaks: "what is used does not become dormant",
    edits: [
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "lastUsedAt + policy.dormantAfterMs > at) return undefined;",
        replace: "lastUsedAt + policy.dormantAfterMs > at + 3_600_000) return undefined;",
      },
    ],
    tests: ["test/property/lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "autostart-past",
    breaks: "a schedule does not fire for the past",
    edits: [
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "Math.max(buildCreatedAt, autostartFrom ?? 0, at - autostartGraceMs)",
        replace: "Math.max(buildCreatedAt, at - autostartGraceMs)",
      },
      {
        file: "src/domain/lifecycle/due-act.ts",
        find: "dormantAt, autostartSchedule, autostartFrom, buildCreatedAt }",
        replace: "dormantAt, autostartSchedule, buildCreatedAt }",
      },
    ],
    tests: ["test/property/lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "autostart-suspended",
    breaks: "nothing is started for a suspended owner",
    edits: [
      {
        file: "src/db/workspaces/lifecycle-due.ts",
        find: "  and not coalesce((select o.suspended_at is not null from users o where o.id = w.owner_id), false)\n",
        replace: "",
      },
    ],
    tests: ["test/db/lifecycle-executor.test.ts", "test/db/activity.test.ts"],
  },
  {
    name: "start-wakes",
    breaks: "a start wakes what is dormant",
    edits: [
      {
        file: "src/db/builds/start-build.ts",
        find: "  dormant_at = case when $4 <> 'start' then w.dormant_at end,\n",
        replace: "",
      },
    ],
    tests: ["test/db/conformance-i-lifecycle.test.ts", "test/db/lifecycle-executor.test.ts"],
  },
  {
    name: "run-begins-at-end",
    breaks: "a run begins when its build has ended",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: "deadline_at = case when $3 = 'succeeded' and deadline_at is not null then $2 + ttl_ms",
        replace: "deadline_at = case when $3 = 'succeeded' and deadline_at is null then $2 + ttl_ms",
      },
    ],
    tests: [
      "test/db/finish-job.test.ts",
      "test/db/lifecycle-executor.test.ts",
      "test/db/deadline-begins-usable.test.ts",
    ],
  },
  {
    name: "prebuild-gets-deadline",
    breaks: "§6: a start of an unclaimed prebuild gives it no deadline",
    edits: [
      {
        file: "src/db/builds/start-build.ts",
        find: "deadline_at = case when $4 = 'start' and persons.is_it then",
        replace: "deadline_at = case when $4 = 'start' then",
      },
    ],
    tests: ["test/db/prebuild-as-its-pool-says.test.ts"],
  },
  {
    name: "deletion-notice-shorter",
    breaks: "a shorter policy deletes nothing whose owner could not be told",
    edits: [
      {
        file: "src/db/workspaces/lifecycle.ts",
        find: "set deleting_at = greatest(w.dormant_at + $2::bigint * interval '1 ms', case when $2 is not null then $3::timestamptz end),",
        replace:
          "set deleting_at = greatest(w.dormant_at + $2::bigint * interval '1 ms', case when $2 is not null and $3::timestamptz is null then w.dormant_at end),",
      },
    ],
    tests: ["test/db/lifecycle-fairness.test.ts"],
  },
  {
    name: "retention-first-build",
    breaks: "retention keeps the first build",
    edits: [{ file: "src/db/retention/prune-builds.ts", find: "and b.number > 1\n", replace: "and b.number >= 1\n" }],
    tests: ["test/db/retention-workspaces.test.ts"],
  },
  {
    name: "retention-live-agent",
    breaks: "retention keeps the build that a living agent names",
    edits: [
      {
        file: "src/db/retention/prune-builds.ts",
        find: "        and a.build_id = b.id\n        and a.retired_at is null)",
        replace: "        and a.build_id = b.id\n        and a.retired_at is null\n        and a.id is null)",
      },
    ],
    tests: ["test/db/retention-workspaces.test.ts"],
  },
  {
    name: "retention-claim-build",
    breaks: "retention keeps the build of a claim",
    edits: [
      {
        file: "src/db/retention/prune-builds.ts",
        find: "        and p.claim_build_id = b.id)",
        replace: "        and p.claim_build_id is null)",
      },
    ],
    tests: ["test/db/retention-workspaces.test.ts"],
  },
  {
    name: "retention-state-job",
    breaks: "retention keeps the job that made what exists",
    edits: [
      {
        file: "src/db/retention/prune-builds.ts",
        find: "      from provider_states s\n      where s.workspace_id = w.id\n        and s.job_id = b.job_id)",
        replace: "      from provider_states s\n      where s.workspace_id = w.id\n        and s.job_id is null)",
      },
    ],
    tests: ["test/db/retention-workspaces.test.ts"],
  },
  {
    name: "retention-open-job",
    breaks: "retention keeps a workspace whose job is still open",
    edits: [
      {
        file: "src/db/retention/prune-workspaces.ts",
        find: "j.status in ('pending', 'running', 'canceling'))\n    and not exists (select 1 from strangers",
        replace: "j.status in ('x'))\n    and not exists (select 1 from strangers",
      },
    ],
    tests: ["test/db/retention-workspaces.test.ts"],
  },
  {
    name: "retention-stranger",
    breaks: "retention keeps a workspace of which something still exists",
    edits: [
      {
        file: "src/db/retention/prune-workspaces.ts",
        find: "and not exists (select 1 from strangers s where s.workspace_id = l.id)\n",
        replace: "and not exists (select 1 from strangers s where s.workspace_id = l.id and s.workspace_id is null)\n",
      },
    ],
    tests: ["test/db/retention-workspaces.test.ts"],
  },
  {
    name: "retention-counted",
    breaks: "retention keeps what a pool is still judged by",
    edits: [
      {
        file: "src/db/retention/prune-workspaces.ts",
        find: "    and not ${isCounted} as is_due",
        replace: "    and (not ${isCounted} or l.id is not null) as is_due",
      },
    ],
    tests: ["test/db/retention-workspaces.test.ts"],
  },
  {
    name: "retention-age",
    breaks: "retention removes nothing that is younger than is kept",
    edits: [
      {
        file: "src/db/retention/prune-workspaces.ts",
        find: "  where w.deleted_at < $1\n    and (w.deleted_at, w.id)",
        replace: "  where w.deleted_at < $1::timestamptz + interval '10 years'\n    and (w.deleted_at, w.id)",
      },
    ],
    tests: ["test/db/retention-workspaces.test.ts"],
  },
];
