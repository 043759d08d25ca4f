import type { Mutation } from "../mutation.ts";

/** Claims: what is handed out, to whom, and what is written with it. */
export const claimMutations: readonly Mutation[] = [
  {
    name: "claim-newest-first",
    breaks: "§4: the oldest ready prebuild is handed out first",
    edits: [
      {
        file: "src/db/claims/claimable.ts",
        find: "order by b.ready_at, b.workspace_id",
        replace: "order by b.ready_at desc, b.workspace_id",
      },
    ],
    tests: ["test/db/conformance-f-claim.test.ts", "test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-expired",
    breaks: "§4: an expired prebuild is never handed out",
    edits: [
      {
        file: "src/db/claims/claimable.ts",
        find: "and (pool.ttl_seconds = 0 or b.created_at >= ${given.now}::timestamptz - make_interval(secs => pool.ttl_seconds))",
        replace: "and (pool.ttl_seconds >= 0 or b.created_at >= ${given.now}::timestamptz)",
      },
    ],
    tests: ["test/db/conformance-f-misses.test.ts"],
  },
  {
    name: "claim-invalidated",
    breaks: "§3.4: an invalidated prebuild is never handed out",
    edits: [
      {
        file: "src/db/claims/claimable.ts",
        find: "and (pool.invalidated_at is null or b.created_at >= pool.invalidated_at)",
        replace: "and (pool.invalidated_at is null or b.created_at >= pool.invalidated_at - interval '10 years')",
      },
    ],
    tests: ["test/db/conformance-f-misses.test.ts"],
  },
  {
    name: "claim-outdated",
    breaks: "§4: only the active version is handed out, but under surge",
    edits: [
      {
        file: "src/db/claims/claimable.ts",
        find: "and (${isOutdatedAllowed} or t.active_version_id = p.template_version_id)",
        replace: "and (${isOutdatedAllowed} or p.template_version_id is not null)",
      },
    ],
    tests: ["test/db/conformance-f-misses.test.ts"],
  },
  {
    name: "claim-deprecated",
    breaks: "a deprecated template hands nothing out",
    edits: [
      {
        file: "src/db/claims/claimable.ts",
        find: "and t.deprecated_at is null",
        replace: "and (t.deprecated_at is null or t.id is not null)",
      },
    ],
    tests: ["test/db/conformance-f-misses.test.ts", "test/db/conformance-f-claim.test.ts"],
  },
  {
    name: "claim-blocked",
    breaks: "§5: a pool whose claim replaces something hands nothing out under block",
    edits: [
      {
        file: "src/db/claims/claimable.ts",
        find: "and p.blocked_reason is null",
        replace: "and (p.blocked_reason is null or p.id is not null)",
      },
    ],
    tests: ["test/db/rehearsal.test.ts"],
  },
  {
    name: "claim-unproven",
    breaks: "§5: under block nothing is handed out before its rehearsal",
    edits: [
      { file: "src/db/claims/claimable.ts", find: "and not p.is_unproven", replace: "and p.is_unproven is not null" },
    ],
    tests: ["test/db/rehearsal.test.ts"],
  },
  {
    name: "claim-initiator",
    breaks: "§4: the claim build is initiated by who asked",
    edits: [
      {
        file: "src/app/workspaces/seek-prebuild.ts",
        find: "initiatorId: actor.userId,",
        replace: 'initiatorId: "00000000-0000-4000-8000-000000000001" as typeof actor.userId,',
      },
    ],
    tests: ["test/db/conformance-f-claim.test.ts"],
  },
  {
    name: "claim-batch-initiator",
    breaks: "the same of claims that share a statement",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: '  initiatorId: "initiator_id",\n  jobId: "job_id",\n  parameters',
        replace: '  initiatorId: "\'00000000-0000-4000-8000-000000000001\'::uuid",\n  jobId: "job_id",\n  parameters',
      },
    ],
    tests: ["test/db/conformance-f-claim.test.ts", "test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-job-class",
    breaks: "§7: a claim is a person's job",
    edits: [{ file: "src/db/claims/claim.ts", find: "isPrebuild: false,", replace: "isPrebuild: true," }],
    tests: ["test/db/conformance-f-claim.test.ts", "test/db/queue.test.ts"],
  },
  {
    name: "claim-batch-job-class",
    breaks: "the same of claims that share a statement",
    edits: [{ file: "src/db/claims/claim-batch.ts", find: "isPrebuild: false,", replace: "isPrebuild: true," }],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-batch-lifecycle",
    breaks: "§6: the lifecycle is set at the claim, also of claims that share a statement",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "ttl_ms = p.ttl_ms, autostart_schedule = p.autostart_schedule,",
        replace: "ttl_ms = null, autostart_schedule = null,",
      },
    ],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-batch-deadline",
    breaks: "§6: a run has its deadline from the claim on",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "deadline_at = $5::timestamptz + p.ttl_ms * interval '1 ms', ",
        replace: "",
      },
    ],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-batch-skip-locked",
    breaks: "§4: concurrent claims pass over what another takes, and do not wait for it",
    edits: [{ file: "src/db/claims/claim-batch.ts", find: "for update of b skip locked", replace: "for update of b" }],
    tests: ["test/db/claim-queue.test.ts", "test/db/conformance-f-concurrency.test.ts"],
  },
  {
    name: "claim-skip-locked",
    breaks: "the same of a claim that comes alone",
    edits: [
      {
        file: "src/db/claims/claim.ts",
        find: "  limit 1\n  for update of b skip locked",
        replace: "  limit 1\n  for update of b",
      },
    ],
    tests: ["test/db/conformance-f-concurrency.test.ts"],
  },
  {
    name: "claim-idle-clock",
    breaks: "§6: the idle clock starts at the claim",
    edits: [
      { file: "src/db/claims/claim.ts", find: "claimed_at = $2, last_used_at = $2,", replace: "claimed_at = $2," },
    ],
    tests: ["test/db/conformance-f-claim.test.ts", "test/db/conformance-i-lifecycle.test.ts"],
  },
  {
    name: "claim-batch-idle-clock",
    breaks: "the same of claims that share a statement",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "claimed_at = $5, last_used_at = $5,",
        replace: "claimed_at = $5,",
      },
    ],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-clears-dormancy",
    breaks: "§6: what an administrator did to a prebuild does not delete the claimant's workspace",
    edits: [{ file: "src/db/claims/claim.ts", find: ",\n    dormant_at = null, deleting_at = null", replace: "" }],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-batch-clears-dormancy",
    breaks: "the same of claims that share a statement",
    edits: [{ file: "src/db/claims/claim-batch.ts", find: ", dormant_at = null, deleting_at = null", replace: "" }],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-automatic-updates",
    breaks: "§4: automatic updates are as asked",
    edits: [
      {
        file: "src/db/claims/claim.ts",
        find: "automatic_updates = $7,",
        replace: "automatic_updates = ($7 and false),",
      },
    ],
    tests: ["test/db/conformance-f-claim.test.ts"],
  },
  {
    name: "claim-batch-automatic-updates",
    breaks: "the same of claims that share a statement",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "automatic_updates = p.automatic_updates,",
        replace: "automatic_updates = false,",
      },
    ],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-key",
    breaks: "S1: a claim stores its idempotency key, in its own statement",
    edits: [
      {
        file: "src/db/claims/claim.ts",
        find: "const withJob = idempotency === null ? claimWithJob : claimWithBoth;",
        replace: 'const withJob = idempotency === null || idempotency.key !== "" ? claimWithJob : claimWithBoth;',
      },
      {
        file: "src/db/claims/claim.ts",
        find: "const withoutJob = idempotency === null ? claimWithNeither : claimWithKey;",
        replace: 'const withoutJob = idempotency === null || idempotency.key !== "" ? claimWithNeither : claimWithKey;',
      },
      {
        file: "src/db/claims/claim.ts",
        find: "...(idempotency === null ? []",
        replace: '...(idempotency === null || idempotency.key !== "" ? []',
      },
    ],
    tests: ["test/db/claim-faults.test.ts", "test/db/conformance-f-claim.test.ts"],
  },
  {
    name: "claim-batch-key",
    breaks: "the same of claims that share a statement",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "  from pair\n  where key is not null\n)",
        replace: "  from pair\n  where key is null and key = ''\n)",
      },
    ],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-batch-outcome",
    breaks: "a claim is counted, also when it shares a statement",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "mode, 'claimed', waited_ms\n  from pair",
        replace: "mode, 'claimed', waited_ms\n  from pair\n  where workspace_id is null",
      },
    ],
    tests: ["test/db/claim-queue.test.ts", "test/db/metrics-totals.test.ts"],
  },
  {
    name: "claim-batch-generation",
    breaks: "§4.1: each claim is a new generation, by which the agent knows it",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: '"claim_generation = b.claim_generation + 1"',
        replace: '"claim_generation = b.claim_generation"',
      },
    ],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-batch-pairs",
    breaks: "claims that share a statement are served in the order in which they came",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "row_number() over (order by i.nth) as position",
        replace: "row_number() over (order by i.nth desc) as position",
      },
    ],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claim-at-once",
    breaks: "§4.1: the hand-over waits for the claim build, but where a claim changes nothing",
    edits: [
      {
        file: "src/db/claims/claim.ts",
        find: "$5::uuid is null or pool.rehearsal_effect = 'nothing' as is_handed_over",
        replace: "$5::uuid is null or pool.id is not null as is_handed_over",
      },
    ],
    tests: ["test/db/conformance-f-claim.test.ts", "test/db/hand-over.test.ts"],
  },
  {
    name: "claim-batch-at-once",
    breaks: "the same of claims that share a statement",
    edits: [
      {
        file: "src/db/claims/claim-batch.ts",
        find: "a.job_id is null or pool.rehearsal_effect = 'nothing' as is_handed_over",
        replace: "a.job_id is null or pool.id is not null as is_handed_over",
      },
    ],
    tests: ["test/db/claim-queue.test.ts"],
  },
  {
    name: "claims-ignore-switch",
    breaks: "§10: switched off, nothing is claimed",
    edits: [
      {
        file: "src/app/workspaces/seek-prebuild.ts",
        find: "if (!context.prebuildsSwitch.isOn())",
        replace: "if (!context.prebuildsSwitch.isOn() && (false as boolean))",
      },
    ],
    tests: ["test/db/prebuilds-switch.test.ts", "test/db/conformance-f-misses.test.ts"],
  },
  {
    name: "claim-errors-confused",
    breaks: '§4: "none claimable" and "not enabled here" are told apart',
    edits: [
      {
        file: "src/app/workspaces/create-workspace.ts",
        find: 'if (reason === "disabled") return new',
        replace: 'if (reason !== "disabled") return new',
      },
    ],
    tests: ["test/db/conformance-f-misses.test.ts"],
  },
  {
    name: "refused-not-counted",
    breaks: "demand that was refused is a miss, too",
    edits: [
      {
        file: "src/app/workspaces/create-workspace.ts",
        find: "recordRefused(tx, {",
        replace: "recordRefused({ ...tx, query: () => Promise.resolve([]) }, {",
      },
    ],
    tests: ["test/db/conformance-f-misses.test.ts", "test/db/metrics-totals.test.ts"],
  },
  {
    name: "cold-without-last-look",
    breaks: "a prebuild that became ready meanwhile is taken instead of a cold build",
    edits: [
      {
        file: "src/app/workspaces/build-cold.ts",
        find: "const isLeft = canAppear(missed) && request.preset !== undefined;",
        replace: "const isLeft = canAppear(missed) && request.preset !== undefined && (false as boolean);",
      },
    ],
    tests: ["test/db/conformance-f-misses.test.ts", "test/db/conformance-f-claim.test.ts"],
  },
  {
    name: "cold-job-class",
    breaks: "§7: a cold creation is a person's job",
    edits: [{ file: "src/db/claims/cold-creation.ts", find: "isPrebuild: false,", replace: "isPrebuild: true," }],
    tests: ["test/db/conformance-f-misses.test.ts", "test/db/queue.test.ts"],
  },
  {
    name: "idempotency-hash",
    breaks: "S1: a key of another request is refused",
    edits: [
      {
        file: "src/app/workspaces/creation-request.ts",
        find: "if (target.request_hash !== null && !target.request_hash.equals(requestHash)) {",
        replace:
          "if (target.request_hash !== null && !target.request_hash.equals(requestHash) && (false as boolean)) {",
      },
    ],
    tests: ["test/db/conformance-f-concurrency.test.ts"],
  },
  {
    name: "idempotency-race",
    breaks: "S1: two that send one key at once get one answer",
    edits: [
      {
        file: "src/app/workspaces/create-workspace.ts",
        find: "    if (answered !== undefined) {",
        replace: "    if (answered !== undefined && (false as boolean)) {",
      },
    ],
    tests: ["test/db/claim-faults.test.ts", "test/db/conformance-f-concurrency.test.ts"],
  },
  {
    name: "match-fewest",
    breaks: "§4: of the presets that match, the one with the most parameters",
    edits: [
      {
        file: "src/domain/match/preset-match.ts",
        find: "Object.keys(other.parameters).length - Object.keys(one.parameters).length ||",
        replace: "Object.keys(one.parameters).length - Object.keys(other.parameters).length ||",
      },
    ],
    tests: ["test/unit/domain/preset-match.test.ts"],
  },
  {
    name: "match-default",
    breaks: "§4: ties go to the default preset",
    edits: [
      {
        file: "src/domain/match/preset-match.ts",
        find: "Number(other.isDefault) - Number(one.isDefault) ||",
        replace: "",
      },
    ],
    tests: ["test/unit/domain/preset-match.test.ts"],
  },
];
