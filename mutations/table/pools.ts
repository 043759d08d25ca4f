import type { Mutation } from "../mutation.ts";

/** What a pool decides: counts, removals, holds. */
export const poolMutations: readonly Mutation[] = [
  {
    name: "removals-newest-first",
    breaks: "§3: the oldest are deleted first",
    edits: [
      {
        file: "src/domain/pool/removals.ts",
        find: "return one.createdAt - other.createdAt;",
        replace: "return other.createdAt - one.createdAt;",
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "removals-ready-first",
    breaks: "§3: those not ready are deleted before those ready",
    edits: [
      {
        file: "src/domain/pool/removals.ts",
        find: 'Number(one.state === "ready") - Number(other.state === "ready") ||',
        replace: "",
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "removals-while-paused",
    breaks: "a paused pool deletes nothing",
    edits: [
      {
        file: "src/domain/pool/removals.ts",
        find: '    case "paused":\n      return [];',
        replace: '      return [];\n    case "paused":\n      return activeRemovals(snapshot, state.extraneous);',
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts"],
  },
  {
    name: "expired-kept",
    breaks: "§3: the expired are deleted",
    edits: [
      {
        file: "src/domain/pool/removals.ts",
        find: 'return [...deletes(expired, "expired"), ...deletes(fresh.slice(0, extraneous), "extraneous")];',
        replace:
          'return [...deletes(expired.slice(0, 0), "expired"), ...deletes(fresh.slice(0, extraneous), "extraneous")];',
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "expired-at-ttl",
    breaks: "§2: expired is strictly older than the TTL",
    edits: [
      {
        file: "src/domain/pool/reconciliation-state.ts",
        find: "now - prebuild.createdAt > ttlMs;",
        replace: "now - prebuild.createdAt >= ttlMs;",
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "invalidated-strictly",
    breaks: "§2: expired is created strictly before the invalidation",
    edits: [
      {
        file: "src/domain/pool/reconciliation-state.ts",
        find: "prebuild.createdAt < invalidatedAt)",
        replace: "prebuild.createdAt <= invalidatedAt)",
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "starting-not-subtracted",
    breaks: "I3: what is on its way counts before anything is created",
    edits: [
      {
        file: "src/domain/pool/reconciliation-state.ts",
        find: "- (state.actual - state.expired) - state.starting, 0)",
        replace: "- (state.actual - state.expired), 0)",
      },
    ],
    tests: [
      "test/unit/domain/decide-pool.test.ts",
      "test/unit/domain/decide-many.test.ts",
      "test/property/decide-pool.test.ts",
    ],
  },
  {
    name: "expired-counts",
    breaks: "§3: an expired one is replaced before it is gone",
    edits: [
      {
        file: "src/domain/pool/reconciliation-state.ts",
        find: "Math.max(state.desired - (state.actual - state.expired) - state.starting, 0)",
        replace: "Math.max(state.desired - state.actual - state.starting, 0)",
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "eligible-in-held-pool",
    breaks: "I5: of a pool that hands nothing out, nothing is shown as claimable",
    edits: [
      {
        file: "src/domain/pool/reconciliation-state.ts",
        find: "return !isHeld && (isActivePreset",
        replace: "return (!isHeld || isHeld) && (isActivePreset",
      },
    ],
    tests: [
      "test/unit/domain/decide-pool.test.ts",
      "test/unit/domain/decide-many.test.ts",
      "test/db/rehearsal.test.ts",
      "test/db/claimable-count.test.ts",
    ],
  },
  {
    name: "backoff-ignored",
    breaks: "§3: a failure holds creates for a while",
    edits: [
      {
        file: "src/domain/pool/hold-rules.ts",
        find: 'if (health.kind === "hard_limited") return null;\n  const backoff',
        replace: 'if (health.kind === "hard_limited" || health.kind === "healthy") return null;\n  const backoff',
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "backoff-boundary",
    breaks: "§3: creates resume strictly after the backoff",
    edits: [
      { file: "src/domain/pool/backoff.ts", find: "return at.now <= until ?", replace: "return at.now < until ?" },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "backoff-lookback",
    breaks: "§3: what is older than the look-back holds nothing",
    edits: [
      {
        file: "src/domain/pool/backoff.ts",
        find: 'build.result !== "succeeded" && build.createdAt >= since;',
        replace: 'build.result !== "succeeded" && build.createdAt >= since - 1e12;',
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "backoff-newest",
    breaks: "§3: only a failure among the newest holds creates",
    edits: [
      {
        file: "src/domain/pool/backoff.ts",
        find: ".slice(0, Math.max(1, at.desired));",
        replace: ".slice(0, Math.max(1000, at.desired));",
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "hard-limit-ignored",
    breaks: "§3: a preset whose newest builds all failed creates nothing",
    edits: [
      {
        file: "src/domain/pool/hold-rules.ts",
        find: 'if (health.kind !== "hard_limited") return null;',
        replace: 'if (health.kind !== "hard_limited" || state.desired >= 0) return null;',
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "hard-limit-probe-many",
    breaks: "§3: the probe is one single create",
    edits: [
      {
        file: "src/domain/pool/hold-rules.ts",
        find: "return { allowed: 1, detail:",
        replace: "return { allowed: 5, detail:",
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "hard-limit-probe-early",
    breaks: "§3: the probe waits for its cool-down",
    edits: [
      {
        file: "src/domain/pool/hold-rules.ts",
        find: "if (snapshot.now < health.probeAt) {",
        replace: "if (snapshot.now < health.probeAt - 1e12) {",
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "hard-limit-probe-twice",
    breaks: "§3: while one is undecided there is no second probe",
    edits: [
      {
        file: "src/domain/pool/hold-rules.ts",
        find: "if (state.starting > 0 || isOneUndecided(snapshot, removed)) {",
        replace: "if (state.starting > 0 || (isOneUndecided(snapshot, removed) && snapshot.now < 0)) {",
      },
    ],
    tests: [
      "test/unit/domain/hold-back.test.ts",
      "test/unit/domain/decide-many.test.ts",
      "test/db/unready-prebuilds.test.ts",
    ],
  },
  {
    name: "hard-limit-abandoned",
    breaks: "a killed server is no word against a template",
    edits: [
      {
        file: "src/domain/pool/preset-health.ts",
        find: 'history.completed.filter((build) => build.result !== "abandoned");',
        replace: "history.completed.filter((build) => build.createdAt >= 0);",
      },
    ],
    tests: [
      "test/unit/domain/hold-back.test.ts",
      "test/unit/domain/decide-many.test.ts",
      "test/db/conformance-d-failures.test.ts",
    ],
  },
  {
    name: "validation-not-held",
    breaks: "§3: a refused create is not repeated",
    edits: [
      {
        file: "src/domain/pool/hold-rules.ts",
        find: 'if (health.kind !== "validation_failed") return null;\n  return {',
        replace: 'if (health.kind !== "validation_failed" || health.since >= 0) return null;\n  return {',
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "in-flight-ignored",
    breaks: "§3: prebuild builds of a preset are capped",
    edits: [
      {
        file: "src/domain/pool/hold-rules.ts",
        find: "if (inFlightPerPresetMax <= 0) return null;",
        replace: "if (inFlightPerPresetMax <= 1e9) return null;",
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "deployment-in-flight-ignored",
    breaks: "§3: prebuild builds of the deployment are capped",
    edits: [
      {
        file: "src/domain/pool/allocate-in-flight.ts",
        find: "deploymentInFlightMax - deploymentInFlight, {",
        replace: "deploymentInFlightMax + deploymentInFlight, {",
      },
    ],
    tests: ["test/unit/domain/plan-deployment.test.ts", "test/property/plan-deployment.test.ts"],
  },
  {
    name: "create-rate-ignored",
    breaks: "the deployment creates no more than so many a minute",
    edits: [
      {
        file: "src/domain/pool/limit-create-rate.ts",
        find: "createsPerMinuteMax - createdCount, {",
        replace: "createsPerMinuteMax + createdCount, {",
      },
    ],
    tests: [
      "test/unit/domain/plan-deployment.test.ts",
      "test/unit/domain/decide-many.test.ts",
      "test/property/plan-deployment.test.ts",
    ],
  },
  {
    name: "large-pool-starves",
    breaks: "a large pool does not starve small ones",
    edits: [
      {
        file: "src/domain/pool/share-creates.ts",
        find: "one.rank - other.rank ||",
        replace: "other.rank - one.rank ||",
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts"],
  },
  {
    name: "rehearsal-not-held",
    breaks: "§5: under block, a pool whose claim replaces something creates nothing",
    edits: [
      {
        file: "src/domain/pool/hold-rules.ts",
        find: "return why === null ? null : { allowed: 0,",
        replace: 'return why === null || why !== "" ? null : { allowed: 0,',
      },
    ],
    tests: ["test/unit/domain/hold-back.test.ts", "test/unit/domain/decide-many.test.ts", "test/db/rehearsal.test.ts"],
  },
  {
    name: "surge-all-go",
    breaks: "§3.3: under surge, outdated ones stay until their replacements are ready",
    edits: [
      {
        file: "src/domain/pool/surge.ts",
        find: "Math.max(surge.replacementsDesired - surge.replacementsReady, 0)",
        replace: "Math.max(surge.replacementsDesired - surge.replacementsReady, 0) * 0",
      },
    ],
    tests: ["test/unit/domain/surge.test.ts"],
  },
  {
    name: "surge-for-ever",
    breaks: "§3.3: outdated ones stay no longer than they may",
    edits: [
      {
        file: "src/domain/pool/surge.ts",
        find: "now - surge.startedAt > surge.maxOutdatedAgeMs;",
        replace: "now - surge.startedAt > surge.maxOutdatedAgeMs + 1e12;",
      },
    ],
    tests: ["test/unit/domain/surge.test.ts"],
  },
  {
    name: "skip-always",
    breaks: "canSkip: only what has nothing to do is skipped",
    edits: [
      {
        file: "src/domain/pool/decide-pool.ts",
        find: "  return (\n    !isActivePreset(snapshot.preset) &&",
        replace: "  return (\n    snapshot.prebuilds.length >= 0 || !isActivePreset(snapshot.preset) &&",
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "skip-never",
    breaks: "canSkip: an inactive preset with nothing left is skipped",
    edits: [
      {
        file: "src/domain/pool/decide-pool.ts",
        find: "  return (\n    !isActivePreset(snapshot.preset) &&",
        replace: "  return (\n    snapshot.prebuilds.length < 0 && !isActivePreset(snapshot.preset) &&",
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "skip-pending",
    breaks: "canSkip: an inactive preset with a pending build is not skipped",
    edits: [
      {
        file: "src/domain/pool/decide-pool.ts",
        find: "isRunning(prebuild) || isCancellable(prebuild))",
        replace: "isRunning(prebuild))",
      },
      {
        file: "src/domain/pool/decide-pool.ts",
        find: "import { isCancellable, planRemovals }",
        replace: "import { planRemovals }",
      },
    ],
    tests: ["test/unit/domain/decide-pool.test.ts", "test/unit/domain/decide-many.test.ts"],
  },
  {
    name: "skip-in-flight",
    breaks: "what is still built for a pool that is skipped takes room from the others",
    edits: [
      {
        file: "src/domain/pool/plan-deployment.ts",
        find: "inFlight += calculateState(snapshot).starting;",
        replace: "inFlight += calculateState(snapshot).starting * 0;",
      },
    ],
    tests: ["test/unit/domain/plan-deployment.test.ts"],
  },
  {
    name: "pool-quota-ignored",
    breaks: "§8: pools create no more than their group may have",
    edits: [{ file: "src/domain/pool/limit-by-quota.ts", find: "allowed - used]));", replace: "allowed + used]));" }],
    tests: ["test/unit/domain/limit-by-quota.test.ts"],
  },
];
