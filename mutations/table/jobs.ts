import type { Mutation } from "../mutation.ts";

/** The queue, leases and their fences, and what the end of a job means. */
export const jobMutations: readonly Mutation[] = [
  {
    name: "failed-counts-cancelled",
    breaks: "§3: a cancelled build is not a failure",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: 'const isFailure = firstResult === "failed" || firstResult === "abandoned";',
        replace: 'const isFailure = firstResult !== "succeeded";',
      },
    ],
    tests: ["test/db/finish-job.test.ts", "test/db/metrics-totals.test.ts"],
  },
  {
    name: "failed-counts-later-builds",
    breaks: "only a first build counts as a failed prebuild",
    edits: [{ file: "src/db/jobs/finish-job.ts", find: "if (number === 1 && isFailure)", replace: "if (isFailure)" }],
    tests: ["test/db/prebuild-as-its-pool-says.test.ts"],
  },
  {
    name: "preempted-counts",
    breaks: "a build that we stopped ourselves says nothing of the template",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: 'if (job.cancel_reason === "preempted") return',
        replace: 'if (job.cancel_reason === "preempted" && outcome.code === "") return',
      },
    ],
    tests: ["test/db/preemption.test.ts", "test/db/finish-job.test.ts"],
  },
  {
    name: "finish-fence",
    breaks: "S16: the end of a lost lease is refused",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: "and ($2::int is null or attempt = $2)",
        replace: "and ($2::int is null or attempt >= $2)",
      },
    ],
    tests: ["test/db/finish-job.test.ts", "test/db/queue.test.ts"],
  },
  {
    name: "finish-stale-build",
    breaks: "a late end of an earlier build does not move the prebuild",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: "if (ledger !== undefined && job.is_latest === true) {",
        replace: "if (ledger !== undefined) {",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "reaper-renewed",
    breaks: "a lease that was renewed meanwhile is not reaped",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: "and ($8::timestamptz is null or lease_expires_at < $8)",
        replace: "and ($8::timestamptz is null or lease_expires_at is not null)",
      },
    ],
    tests: ["test/db/queue.test.ts", "test/db/upkeep-controllers.test.ts", "test/db/finish-job.test.ts"],
  },
  {
    name: "activate-older",
    breaks: "of two imports the higher number stays active, whichever ends last",
    edits: [
      {
        file: "src/db/jobs/finish-import.ts",
        find: "(select a.number from template_versions a where a.id = t.active_version_id) < v.number",
        replace: "(select a.number from template_versions a where a.id = t.active_version_id) < v.number + 1000",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "ready-without-agents",
    breaks: "§2: a build that ended is ready only when its agents are",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: "    when ${areAgentsReady} then 'ready'\n    else 'starting'",
        replace: "    when $1 is not null then 'ready'\n    else 'starting'",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "delete-done-while-failing",
    breaks: "§3.2: a delete that failed is not done",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: "    when $2 = 'delete' and $3 = 'succeeded' then 'deleted'\n    when $2 = 'delete' then 'draining'",
        replace: "    when $2 = 'delete' then 'deleted'",
      },
    ],
    tests: ["test/db/finish-job.test.ts", "test/db/upkeep-controllers.test.ts"],
  },
  {
    name: "queue-people-first",
    breaks: "§7: people's jobs come before the pools'",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "order by j.is_prebuild, j.is_pool_removal desc, j.created_at, j.id",
        replace: "order by j.is_pool_removal desc, j.created_at, j.id",
      },
    ],
    tests: ["test/db/queue.test.ts"],
  },
  {
    name: "queue-deletes-first",
    breaks: "§7: the pools' deletes come before their builds",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "order by j.is_prebuild, j.is_pool_removal desc, j.created_at, j.id",
        replace: "order by j.is_prebuild, j.created_at, j.id",
      },
    ],
    tests: ["test/db/queue.test.ts"],
  },
  {
    name: "queue-oldest-first",
    breaks: "§7: within a class the oldest comes first",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "j.is_pool_removal desc, j.created_at, j.id",
        replace: "j.is_pool_removal desc, j.created_at desc, j.id",
      },
    ],
    tests: ["test/db/queue.test.ts"],
  },
  {
    name: "queue-tags",
    breaks: "a job goes only to a daemon with its tags",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "and j.tags <@ $4::jsonb",
        replace: "and (j.tags <@ $4::jsonb or $4::jsonb is not null)",
      },
    ],
    tests: ["test/db/queue.test.ts"],
  },
  {
    name: "queue-reserved",
    breaks: "a share of the slots stays free for people",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "$7::int - busy.slots > $8::int)",
        replace: "$7::int - busy.slots > -1000)",
      },
    ],
    tests: ["test/db/queue.test.ts", "test/unit/domain/queue-slots.test.ts"],
  },
  {
    name: "queue-host-bound",
    breaks: "what exists on a daemon's host is served by that daemon",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "where s.workspace_id = j.workspace_id), $1) = $1",
        replace: "where s.workspace_id = j.workspace_id and s.workspace_id is null), $1) = $1",
      },
    ],
    tests: ["test/db/queue.test.ts", "test/db/provider-states.test.ts"],
  },
  {
    name: "lease-attempt",
    breaks: "S16: each lease is a new attempt",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "set status = 'running', attempt = j.attempt + 1,",
        replace: "set status = 'running', attempt = greatest(j.attempt, 1),",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "log-fence",
    breaks: "S16: a lost lease logs no more",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "  where id = $1\n    and attempt = $2\n    and status in ('running', 'canceling')\n  returning id, log_lines",
        replace: "  where id = $1\n    and attempt >= $2 - 1000\n  returning id, log_lines",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "log-limit",
    breaks: "a job's log ends at its limit",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "where holder.before + l.position <= $7",
        replace: "where holder.before + l.position <= $7 + 1e9",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "incarnation-lost",
    breaks: "what an earlier incarnation of a daemon held is lost at once",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "and daemon_incarnation <> $2",
        replace: "and daemon_incarnation <> $2 and daemon_incarnation is null",
      },
    ],
    tests: ["test/db/queue.test.ts", "test/db/sign-off.test.ts"],
  },
  {
    name: "queue-clean-up-claims",
    breaks: "§7: clearing the prebuild queue never cancels a claim",
    edits: [
      {
        file: "src/db/jobs/job-views.ts",
        find: "where j.status = 'pending'\n  and j.is_prebuild\n",
        replace: "where j.status = 'pending'\n",
      },
    ],
    tests: ["test/db/queue.test.ts", "test/db/conformance-d-cancel.test.ts"],
  },
  {
    name: "queue-clean-up-deletes",
    breaks: "§7: clearing the prebuild queue cancels no delete",
    edits: [
      {
        file: "src/db/jobs/job-views.ts",
        find: "  and b.transition = 'start'\n  and j.organization_id = $1\n  and ($2",
        replace: "  and j.organization_id = $1\n  and ($2",
      },
    ],
    tests: ["test/db/queue.test.ts", "test/db/conformance-d-cancel.test.ts"],
  },
  // In both places: a job's class never changes, so what the first look leaves out the second one would not find.
  {
    name: "preempt-person",
    breaks: "nobody's job but a pool's create is ever pre-empted",
    edits: [
      {
        file: "src/db/jobs/preemption.ts",
        find: "where id = $1\n  and status = 'running'\n  and is_prebuild\n  and not is_pool_removal\nreturning id",
        replace: "where id = $1\n  and status = 'running'\nreturning id",
      },
      {
        file: "src/db/jobs/preemption.ts",
        find: "  and j.status = 'running'\n  and j.is_prebuild\n  and not j.is_pool_removal\n",
        replace: "  and j.status = 'running'\n",
      },
    ],
    tests: ["test/db/preemption.test.ts"],
  },
  {
    name: "preempt-oldest",
    breaks: "the youngest create is pre-empted first",
    edits: [
      {
        file: "src/domain/queue/preemption.ts",
        find: "other.startedAt - one.startedAt",
        replace: "one.startedAt - other.startedAt",
      },
    ],
    tests: ["test/unit/domain/queue-slots.test.ts", "test/db/preemption.test.ts"],
  },
  {
    name: "token-anew-at-claim",
    breaks: "§4.1: the agents' tokens are kept across a claim",
    edits: [
      {
        file: "src/app/provisioner/lease-jobs.ts",
        find: 'if (row.transition !== "start" || row.stage === "claim" || row.build_id === null) {',
        replace: 'if (row.transition !== "start" || row.build_id === null) {',
      },
    ],
    tests: ["test/db/hand-over.test.ts", "test/db/agents-of-a-new-start.test.ts"],
  },
  {
    name: "token-in-rehearsal",
    breaks: "a rehearsal touches no agent",
    edits: [
      {
        file: "src/app/provisioner/lease-jobs.ts",
        find: 'if (row.kind === "build") return agentsOf(context, tx, row);',
        replace:
          'if (row.kind === "build" || row.kind === "rehearsal") return agentsOf(context, tx, { ...row, stage: "prebuild" });',
      },
    ],
    tests: ["test/db/rehearsal.test.ts"],
  },
  {
    name: "retired-token",
    breaks: "a retired agent's token opens nothing",
    edits: [
      {
        file: "src/db/agents/agents.ts",
        find: "where a.retired_at is null`,\n);\n\n/** The agent behind",
        replace: "where a.id is not null`,\n);\n\n/** The agent behind",
      },
    ],
    tests: ["test/db/agents-of-a-new-start.test.ts"],
  },
  {
    name: "owner-before-hand-over",
    breaks: "§4.1: the agent is told of its owner at the hand-over, not before",
    edits: [
      {
        file: "src/db/agents/agents.ts",
        find: "when p.handed_over_at is null then 0 else",
        replace: "when p.handed_over_at is null then p.claim_generation else",
      },
      {
        file: "src/db/agents/agents.ts",
        find: "(p.workspace_id is null or p.handed_over_at is not null)",
        replace: "(p.workspace_id is null or p.claimed_at is not null)",
      },
    ],
    tests: ["test/db/hand-over.test.ts"],
  },
  {
    name: "acknowledge-backwards",
    breaks: "a late acknowledgement does not take a later one back",
    edits: [
      {
        file: "src/db/agents/agents.ts",
        find: "acknowledged_generation = greatest(acknowledged_generation, $2)",
        replace: "acknowledged_generation = $2",
      },
    ],
    tests: ["test/db/hand-over.test.ts", "test/db/deadline-begins-usable.test.ts"],
  },
  {
    name: "put-back-lease",
    breaks: "a daemon that hung up loses no job to the reaper",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "set status = 'pending', daemon_id = null, daemon_incarnation = null, lease_expires_at = null, started_at = null",
        replace: "set status = 'running'",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
];
