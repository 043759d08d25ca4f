import type { Mutation } from "../mutation.ts";

/** How decisions are carried out, and by how many at once. */
export const reconcilerMutations: readonly Mutation[] = [
  {
    name: "controller-skips-nothing",
    breaks: "§3: presets with nothing to do are skipped before any work is started for them",
    edits: [
      {
        file: "src/controllers/prebuilds/prebuilds-controller.ts",
        find: "planDeployment(deployment, canSkip)",
        replace: "planDeployment(deployment, (snapshot) => canSkip(snapshot) && false)",
      },
    ],
    tests: ["test/db/conformance-d-counts.test.ts", "test/db/conformance-d-contention.test.ts"],
  },
  {
    name: "presets-total",
    breaks: "§3: the stats tell all presets, also those that were skipped",
    edits: [
      {
        file: "src/controllers/prebuilds/prebuilds-controller.ts",
        find: "presetsTotal: total,",
        replace: "presetsTotal: plans.length,",
      },
    ],
    tests: ["test/db/conformance-d-counts.test.ts", "test/db/conformance-d-contention.test.ts"],
  },
  {
    name: "cycle-elapsed",
    breaks: "§3: the stats tell how long a cycle took",
    edits: [
      {
        file: "src/controllers/prebuilds/prebuilds-controller.ts",
        find: "elapsedMs: Math.round((deps.monotonicMs() - begun) * 10) / 10,",
        replace: "elapsedMs: begun * 0,",
      },
    ],
    tests: ["test/db/conformance-d-counts.test.ts", "test/db/conformance-d-contention.test.ts"],
  },
  {
    name: "cleans-while-off",
    breaks: "§10: switched off, failed ones are not removed either",
    edits: [
      {
        file: "src/controllers/prebuilds/prebuilds-controller.ts",
        find: "const mayClean = !switches.isPaused && switches.isEnabled;",
        replace: "const mayClean = !switches.isPaused || switches.isEnabled || true;",
      },
    ],
    tests: ["test/db/prebuilds-switch.test.ts", "test/db/conformance-d-failures.test.ts"],
  },
  {
    name: "off-not-heard",
    breaks: "§10: switched off while it runs, the reconciler does nothing",
    edits: [
      {
        file: "src/db/pools/load-deployment.ts",
        find: "disabled: limits.policy.disabled || switches.off.isTurned,",
        replace: "disabled: limits.policy.disabled,",
      },
    ],
    tests: ["test/db/prebuilds-switch.test.ts"],
  },
  {
    name: "again-after-hold",
    breaks: "a hold that ends is looked at when it ends, not an interval later",
    edits: [
      {
        file: "src/controllers/prebuilds/prebuilds-controller.ts",
        find: "return Number.isFinite(next) ? {",
        replace: "return Number.isFinite(next) && next < 0 ? {",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "concurrency-unlimited",
    breaks: "case 121: no more than half of the connections are used for creates",
    edits: [
      {
        file: "src/controllers/prebuilds/apply-creates.ts",
        find: "const atOnceMax = Math.min(concurrencyFor(deps.options.connectionsMax), valid.length);",
        replace: "const atOnceMax = Math.max(concurrencyFor(deps.options.connectionsMax), 1_000);",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "concurrency-one",
    breaks: "case 124: with enough to do, more than one preset is worked on at a time",
    edits: [
      {
        file: "src/controllers/prebuilds/apply-creates.ts",
        find: "const atOnceMax = Math.min(concurrencyFor(deps.options.connectionsMax), valid.length);",
        replace: "const atOnceMax = Math.min(concurrencyFor(deps.options.connectionsMax), 1, valid.length);",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "concurrency-all",
    breaks: "case 121: half of the connections, not all of them",
    edits: [
      {
        file: "src/controllers/prebuilds/prebuilds-deps.ts",
        find: "Math.floor(connectionsMax / 2)",
        replace: "Math.floor(connectionsMax)",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "concurrency-none",
    breaks: "case 121: at least one, with a single connection",
    edits: [
      {
        file: "src/controllers/prebuilds/prebuilds-deps.ts",
        find: "Math.max(1, Math.floor(connectionsMax / 2))",
        replace: "Math.floor(connectionsMax / 2)",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "create-lifecycle",
    breaks: "§6: a prebuild has no lifecycle",
    edits: [
      {
        file: "src/db/pools/pool-creates.ts",
        find: "latest_build_id, created_at, cost)\n  select workspace_id, organization_id, $5, ($6::text[])[position], template_id, preset_id, build_id, $4, cost",
        replace:
          "latest_build_id, created_at, cost, ttl_ms, last_used_at)\n  select workspace_id, organization_id, $5, ($6::text[])[position], template_id, preset_id, build_id, $4, cost, 3600000, $4",
      },
    ],
    tests: ["test/db/conformance-i-lifecycle.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "create-count-lock",
    breaks: "S7: whoever creates second counts what the first has committed",
    edits: [
      {
        file: "src/db/pools/pool-creates.ts",
        find: "where id = any($1::uuid[])\norder by id\nfor no key update",
        replace: "where id = any($1::uuid[])\norder by id",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts"],
  },
  {
    name: "create-for-inactive",
    breaks: "a version that is replaced meanwhile gets no prebuild",
    edits: [
      {
        file: "src/db/pools/pool-creates.ts",
        find: "where t.active_version_id = p.template_version_id\n",
        replace: "where t.active_version_id is not null\n",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "create-counts-expired",
    breaks: "§3: an expired one is replaced, also where it is counted again",
    edits: [
      {
        file: "src/db/pools/pool-creates.ts",
        find: "p.ttl_seconds = 0 or b.state = 'building'\n",
        replace: "p.ttl_seconds >= 0 or b.state = 'building'\n",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "create-job-class",
    breaks: "§7: the pools' builds come after people's",
    edits: [{ file: "src/db/pools/pool-creates.ts", find: "isPrebuild: true,", replace: "isPrebuild: false," }],
    tests: ["test/db/conformance-d-counts.test.ts", "test/db/queue.test.ts"],
  },
  {
    name: "create-event",
    breaks: "a prebuild that was created is counted",
    edits: [
      {
        file: "src/db/pools/pool-creates.ts",
        find: "select preset_id, 'created', count(*)\n  from fresh\n",
        replace: "select preset_id, 'created', count(*)\n  from fresh\n  where preset_id is null\n",
      },
    ],
    tests: ["test/db/metrics-totals.test.ts"],
  },
  {
    name: "validation-repeated",
    breaks: "§3: a create that is refused is tried once per version",
    edits: [
      {
        file: "src/controllers/prebuilds/apply-creates.ts",
        find: "  await markValidationFailed(deps.db, failures, deps.clock.now());\n",
        replace: "",
      },
      {
        file: "src/controllers/prebuilds/apply-creates.ts",
        find: "import { markValidationFailed, presetParameters }",
        replace: "import { presetParameters }",
      },
    ],
    tests: ["test/db/conformance-d-failures.test.ts", "test/db/conformance-d-contention.test.ts"],
  },
  {
    name: "one-error-stops-others",
    breaks: "§3: one preset's error never stops another's",
    edits: [
      {
        file: "src/controllers/prebuilds/apply-creates.ts",
        find: "    if (pools.length === 1 && only !== undefined) {",
        replace: "    if (only !== undefined) {",
      },
    ],
    tests: ["test/db/conformance-d-failures.test.ts", "test/db/conformance-d-contention.test.ts"],
  },
  // Without number and transition alone nothing changes: a pending job of the class `is_prebuild` of a prebuild that is
  // `building` is its first start, as a person's restart is of another class.
  {
    name: "cancel-later-builds",
    breaks: "§3: only first builds are cancelled, of which nothing exists yet",
    edits: [
      {
        file: "src/db/pools/pool-deletes.ts",
        find: "    and f.number = 1\n    and f.transition = 'start'\n    and j.status = 'pending'\n    and j.is_prebuild\n",
        replace: "    and j.status = 'pending'\n",
      },
    ],
    tests: ["test/db/conformance-d-cancel.test.ts"],
  },
  {
    name: "cancel-running",
    breaks: "§3: what a daemon is already running finishes",
    edits: [
      {
        file: "src/db/pools/pool-deletes.ts",
        find: "    and j.status = 'pending'\n",
        replace: "    and j.status in ('pending', 'running')\n",
      },
    ],
    tests: ["test/db/conformance-d-cancel.test.ts"],
  },
  {
    name: "pool-delete-active-version",
    breaks: "§3.2: a pool's delete never names a version",
    edits: [
      {
        file: "src/db/pools/pool-deletes.ts",
        find: "select d.workspace_id, w.organization_id, w.template_id, l.number, l.template_version_id, l.preset_id",
        replace:
          "select d.workspace_id, w.organization_id, w.template_id, l.number,\n    (select t.active_version_id from templates t where t.id = w.template_id) as template_version_id, l.preset_id",
      },
    ],
    tests: ["test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "pool-delete-class",
    breaks: "§7: the pools' deletes come before their creates",
    edits: [{ file: "src/db/pools/pool-deletes.ts", find: "    isPoolRemoval: true,\n", replace: "" }],
    tests: ["test/db/queue.test.ts", "test/db/conformance-d-counts.test.ts"],
  },
  {
    name: "persons-delete-active-version",
    breaks: "a person's delete uses the version that the workspace has",
    edits: [
      {
        file: "src/db/builds/start-build.ts",
        find: "    chosen.templateVersionId,\n    input.initiatorId,",
        replace:
          '    input.transition === "delete" ? (current.update_to ?? chosen.templateVersionId) : chosen.templateVersionId,\n    input.initiatorId,',
      },
    ],
    tests: ["test/db/automatic-updates.test.ts"],
  },
  {
    name: "failed-kept",
    breaks: "at most K failed ones are kept",
    edits: [
      {
        file: "src/db/pools/failed-prebuilds.ts",
        find: "where r.position > $1\n",
        replace: "where r.position > $1 + 1000\n",
      },
    ],
    tests: ["test/db/conformance-d-failures.test.ts"],
  },
  {
    name: "failed-kept-newest",
    breaks: "the oldest failed ones are removed first",
    edits: [
      {
        file: "src/db/pools/failed-prebuilds.ts",
        find: "order by b.created_at desc, b.workspace_id) as position",
        replace: "order by b.created_at, b.workspace_id) as position",
      },
    ],
    tests: ["test/db/conformance-d-failures.test.ts"],
  },
  {
    name: "delete-retry-backoff",
    breaks: "§3.2: a delete that fails is repeated later each time",
    edits: [
      { file: "src/db/pools/failed-prebuilds.ts", find: "power(2, least(12, (", replace: "power(1, least(12, (" },
    ],
    tests: ["test/db/upkeep-controllers.test.ts"],
  },
  {
    name: "membership-complete",
    breaks: "§8: the prebuilds user is in his group",
    edits: [
      {
        file: "src/db/people/prebuilds-membership.ts",
        find: "  select id\n  from made\n  union all\n  select id",
        replace: "  select id\n  from made\n  where id is null\n  union all\n  select id",
      },
    ],
    tests: ["test/db/conformance-e-membership.test.ts"],
  },
  {
    name: "resume-forgets",
    breaks: "a resume lifts a validation failure",
    edits: [
      {
        file: "src/db/pools/preset-validation.ts",
        find: "set resumed_at = $2, validation_failed_at = null, validation_message = null,",
        replace: "set resumed_at = $2,",
      },
    ],
    tests: ["test/db/conformance-d-failures.test.ts", "test/db/conformance-d-matrix.test.ts"],
  },
  {
    name: "publish-after-claim",
    breaks: "a claim wakes the reconciler",
    edits: [
      {
        file: "src/app/workspaces/create-workspace.ts",
        find: '  context.db.publish([\n    "pools",',
        replace: "  context.db.publish([",
      },
    ],
    tests: ["test/db/conformance-d-contention.test.ts"],
  },
];
