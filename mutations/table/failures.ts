import type { Mutation } from "../mutation.ts";

/** Protections against failures: at least one for each promise. `npm run chaos -- --mutation` takes them out, too. */
export const failureMutations: readonly Mutation[] = [
  {
    name: "claim-lock",
    breaks: "I1: two claims take one prebuild",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "    from admitted)\n  for update of b skip locked",
        replace: "    from admitted)",
      },
      {
        file: "src/db/claims/claim.ts",
        find: "  limit 1\n  for update of b skip locked",
        replace: "  limit 1",
      },
    ],
    tests: ["test/db/conformance-f-concurrency.test.ts"],
  },
  {
    name: "delete-recheck",
    breaks: "I2, S2: a decision of before deletes what was claimed meanwhile",
    edits: [
      {
        file: "src/db/pools/pool-deletes.ts",
        find: "where (u.generation is null or b.generation = u.generation)\n    and b.state = any($4::text[])",
        replace: "where (u.generation is null or u.generation > 0)\n    and $4::text[] is not null",
      },
    ],
    tests: ["test/faults/claim-against-delete.test.ts", "test/db/conformance-d-contention.test.ts"],
  },
  {
    name: "delete-generation",
    breaks: "S5: a delete that was decided on an earlier generation is applied late",
    edits: [
      {
        file: "src/db/pools/pool-deletes.ts",
        find: "where (u.generation is null or b.generation = u.generation)",
        replace: "where (u.generation is null or u.generation > 0)",
      },
    ],
    tests: [
      "test/db/conformance-d-contention.test.ts",
      "test/faults/claim-against-delete.test.ts",
      "test/db/upkeep-controllers.test.ts",
      "test/db/lost-prebuilds.test.ts",
    ],
  },
  {
    name: "heartbeat-comparison",
    breaks: "presence is a level: what differs between the connections and the table stays so",
    edits: [
      {
        file: "src/controllers/server-presence.ts",
        find: "const settled = await settle(deps, told, answer.differences);",
        replace: "const settled = await settle(deps, told, []);",
      },
    ],
    tests: ["test/db/server-presence.test.ts"],
  },
  {
    name: "unbroken-watch",
    breaks: "nobody is taken for dead because of our own outage",
    edits: [
      {
        file: "src/domain/presence/server-watch.ts",
        find: "const isSilent = last !== undefined && last.seenAtMs === seenAtMs;",
        replace: "const isSilent = last !== undefined && last.seenAtMs === seenAtMs && false;",
      },
      {
        file: "src/domain/presence/server-watch.ts",
        find: "nowMs - (silent.get(id)?.sinceMs ?? nowMs) >= limits.lostMs",
        replace: "nowMs - (silent.get(id)?.seenAtMs ?? nowMs) >= limits.lostMs",
      },
    ],
    tests: ["test/unit/domain/server-watch.test.ts"],
  },
  {
    name: "attempt-fence",
    breaks: "S16: a daemon that lost its lease goes on, and what it reports is taken",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "set lease_expires_at = $3\nwhere id = $1\n  and attempt = $2\n",
        replace: "set lease_expires_at = $3\nwhere id = $1\n  and attempt >= $2 - 1000\n",
      },
      {
        file: "src/db/resources/provider-states.ts",
        find: "  where id = $1\n    and attempt = $2\n    and status in ('running', 'canceling')\n  for update",
        replace: "  where id = $1\n    and attempt >= $2 - 1000\n  for update",
      },
    ],
    tests: ["test/db/provider-states.test.ts", "test/db/queue.test.ts"],
  },
  {
    name: "job-lock",
    breaks: "two daemons run one job",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "  limit 1\n  for update of j skip locked",
        replace: "  limit 1",
      },
    ],
    tests: ["test/faults/one-job-two-daemons.test.ts"],
  },
  {
    name: "publish-before-commit",
    breaks: "I8: an event is published though its transaction may not commit",
    edits: [
      {
        file: "src/db/store.ts",
        find: "emit: (topic) => void topics.add(topic),",
        replace:
          "emit: (topic) => {\n          topics.add(topic);\n          this.#options.publish([topic]);\n        },",
      },
    ],
    tests: ["test/db/store.test.ts"],
  },
  {
    name: "publish-dropped",
    breaks: "I8: what was committed is not told",
    edits: [
      {
        file: "src/db/store.ts",
        find: "        this.publish(topics);\n        return result;",
        replace: "        void topics;\n        return result;",
      },
    ],
    tests: ["test/db/store.test.ts", "test/db/hand-over.test.ts"],
  },
  {
    name: "idempotency-key",
    breaks: "S1: a creation that is sent again makes a second workspace, or is refused",
    edits: [
      {
        file: "src/app/workspaces/creation-request.ts",
        find: "if (idempotencyKey === undefined) return null;",
        replace: 'if (idempotencyKey === undefined || idempotencyKey !== "") return null;',
      },
    ],
    tests: ["test/db/claim-faults.test.ts", "test/faults/creation-cut-off.test.ts"],
  },
  {
    name: "controller-lease",
    breaks: "S7: every server acts as every controller at once",
    edits: [
      {
        file: "src/controllers/lease.ts",
        find: "      return isHeld;\n",
        replace: "      return isHeld || true;\n",
      },
    ],
    tests: ["test/db/controller-lease.test.ts"],
  },
  {
    name: "second-count",
    breaks: "I3, S7: two reconcilers together create more than is desired",
    edits: [
      {
        file: "src/db/pools/pool-creates.ts",
        find: "    least(w.count_max, w.desired - (",
        replace: "    greatest(w.count_max, w.desired - (",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "job-reaper",
    breaks: "S15: the job of a dead daemon runs for ever",
    edits: [
      {
        file: "src/db/jobs/job-leases.ts",
        find: "where status in ('running', 'canceling')\n  and lease_expires_at < $1\n",
        replace:
          "where status in ('running', 'canceling')\n  and lease_expires_at < $1::timestamptz - interval '1 day'\n",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "orphan-age",
    breaks: "what exists is removed at the first look, however young",
    edits: [
      {
        file: "src/db/resources/strangers.ts",
        find: "and ((w.id is null and s.first_seen_at <= $4) or w.deleted_at <= $4)",
        replace:
          "and ((w.id is null and s.first_seen_at <= $4) or w.deleted_at is not null or $4 is null or w.id is null)",
      },
    ],
    tests: ["test/db/sweep.test.ts"],
  },
  {
    name: "token-retirement",
    breaks: "the agents of the build before go on as if they were the workspace's",
    edits: [
      {
        file: "src/db/agents/agents.ts",
        find: "  set retired_at = $6, state = 'off', server_id = null, connection_id = null, settings_sealed = null\n  where workspace_id = $1\n",
        replace:
          "  set retired_at = $6, state = 'off', server_id = null, connection_id = null, settings_sealed = null\n  where workspace_id = $1\n    and name = ''\n",
      },
    ],
    tests: ["test/db/agents-of-a-new-start.test.ts"],
  },
  {
    name: "hand-over-once",
    breaks: "S12: a hand-over is repeated at every look",
    edits: [
      {
        file: "src/agent/hand-over.ts",
        find: '(record.generation === known.generation && known.phase === "started")',
        replace: "record.generation === known.generation",
      },
    ],
    tests: ["test/http/agent-hand-over.test.ts"],
  },
  {
    name: "hand-over-memory",
    breaks: "S12: an agent that is started again repeats its hand-over",
    edits: [
      {
        file: "src/agent/hand-over.ts",
        find: "    const known = input.memory.claim();\n",
        replace: "    const known = [input.memory.claim()].find(() => false) ?? null;\n",
      },
    ],
    tests: ["test/http/agent-hand-over.test.ts"],
  },
  {
    name: "ready-unconnected",
    breaks: "S4: a prebuild whose agent died stays claimable",
    edits: [
      {
        file: "src/db/ledger/follow-agents.ts",
        find: "bool_and(a.state = 'ready' and a.server_id is not null)",
        replace: "bool_and(a.state = 'ready')",
      },
    ],
    tests: ["test/db/server-presence.test.ts", "test/db/consistency.test.ts"],
  },
  {
    name: "delete-retry",
    breaks: "S15: a delete that failed is never tried again",
    edits: [
      {
        file: "src/controllers/delete-retry.ts",
        find: "if (due.length === 0)",
        replace: "if (due.length >= 0)",
      },
    ],
    tests: ["test/db/upkeep-controllers.test.ts"],
  },
];
