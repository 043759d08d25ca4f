import type { Mutation } from "../mutation.ts";

/** What is shown and told. */
export const metricMutations: readonly Mutation[] = [
  {
    name: "eligible-shows-running",
    breaks: "§9: eligible is what can be claimed",
    edits: [
      {
        file: "src/controllers/metrics/pool-series.ts",
        find: "(series.gauges?.eligible ?? 0) + eligible",
        replace: "(series.gauges?.eligible ?? 0) + running + 0 * eligible",
      },
    ],
    tests: ["test/db/metrics-pools.test.ts"],
  },
  {
    name: "inactive-desired",
    breaks: "§9: only active presets report desired",
    edits: [
      {
        file: "src/controllers/metrics/pool-series.ts",
        find: "if (!isActivePreset(preset)) return;",
        replace: "if (!isActivePreset(preset) && desired < 0) return;",
      },
    ],
    tests: ["test/db/metrics-pools.test.ts"],
  },
  {
    name: "scrape-queries",
    breaks: "§9: a scrape never touches the database",
    edits: [
      {
        file: "src/controllers/metrics/metrics-refresh.ts",
        find: 'const end = metrics.cached("database", () => text);',
        replace:
          'const end = metrics.cached("database", () => {\n    void deps.db.query({ name: "scrape", text: "select 1" }, []).catch(() => undefined);\n    return text;\n  });',
      },
    ],
    tests: ["test/db/metrics-pools.test.ts", "test/http/metrics.test.ts"],
  },
  {
    name: "last-updated-zero",
    breaks: "§9: how old the metrics are is told",
    edits: [
      {
        file: "src/controllers/metrics/metrics-refresh.ts",
        find: "headSeries({ updatedAt: deps.clock.now(), isPaused: seen.isPaused })",
        replace: "headSeries({ updatedAt: null, isPaused: seen.isPaused })",
      },
    ],
    tests: ["test/db/metrics-pools.test.ts"],
  },
  {
    name: "last-updated-at-scrape",
    breaks: "§9: it is the instant of the refresh, not of the scrape",
    edits: [
      {
        file: "src/controllers/metrics/metrics-refresh.ts",
        find: 'const end = metrics.cached("database", () => text);',
        replace:
          'const end = metrics.cached("database", () => {\n    const at = deps.clock.now().getTime() / 1_000;\n    const plain = Buffer.from(text.plain.toString().replace(/(last_updated) [0-9.]+\\n/, `$1 ${at}\\n`));\n    return { plain, gzipped: gzipSync(plain) };\n  });',
      },
    ],
    tests: ["test/db/metrics-pools.test.ts"],
  },
  {
    name: "paused-gauge",
    breaks: "§3: whether the loop is paused is a gauge",
    edits: [
      {
        file: "src/controllers/metrics/metrics-refresh.ts",
        find: "head.isPaused ? 1 : 0",
        replace: "head.isPaused ? 0 : 0",
      },
    ],
    tests: ["test/db/metrics-pools.test.ts"],
  },
  {
    name: "cycle-not-observed",
    breaks: "§9: how long cycles take is a histogram",
    edits: [
      {
        file: "src/controllers/observed-controller.ts",
        find: 'if (controller.name === "prebuilds")',
        replace: 'if (controller.name === "nobody")',
      },
    ],
    tests: ["test/unit/controllers/observed-controller.test.ts"],
  },
  {
    name: "failed-limit-default",
    breaks: "§10: the hard limit is 3 unless said",
    edits: [
      {
        file: "src/platform/config/server-options.ts",
        find: 'name: "prebuilds.failure_hard_limit",\n    default: 3,',
        replace: 'name: "prebuilds.failure_hard_limit",\n    default: 5,',
      },
    ],
    tests: ["test/unit/platform/config-options.test.ts", "test/unit/docs/reference-docs.test.ts"],
  },
  {
    name: "replaced-per-resource",
    breaks: "§5: a replacement is counted once per claim, not per resource",
    edits: [
      {
        file: "src/db/builds/store-build-report.ts",
        find: "if (row.preset_id !== null) await insertPoolEvent",
        replace: "for (const _ of replaced) if (row.preset_id !== null) await insertPoolEvent",
      },
    ],
    tests: ["test/db/metrics-pools.test.ts"],
  },
  {
    name: "replaced-at-every-stage",
    breaks: "§5: only a claim's replacements are told",
    edits: [
      {
        file: "src/db/builds/store-build-report.ts",
        find: 'row === undefined || input.stage !== "claim" ||',
        replace: "row === undefined ||",
      },
    ],
    tests: ["test/db/rehearsal.test.ts"],
  },
  {
    name: "replaced-told-per-resource",
    breaks: "§5: template admins are told once per claim",
    edits: [
      {
        file: "src/db/builds/store-build-report.ts",
        find: '  await notify(tx, {\n    kind: "claim_replaced_resources",',
        replace: '  for (const _ of replaced) await notify(tx, {\n    kind: "claim_replaced_resources",',
      },
    ],
    tests: ["test/db/rehearsal.test.ts"],
  },
  {
    name: "report-stored-twice",
    breaks: "a report that comes twice is told once",
    edits: [
      {
        file: "src/db/builds/store-build-report.ts",
        find: "  on conflict (build_id) do nothing\n",
        replace: "  on conflict (build_id) do update set created_at = excluded.created_at\n",
      },
    ],
    tests: ["test/db/rehearsal.test.ts"],
  },
  {
    name: "told-to-members",
    breaks: "what is for template admins is not told to everybody",
    edits: [
      {
        file: "src/db/notifications/notify.ts",
        find: "join organization_members m on m.organization_id = e.organization_id and m.role = 'template_admin'",
        replace: "join organization_members m on m.organization_id = e.organization_id",
      },
    ],
    tests: ["test/db/notification-events.test.ts"],
  },
  {
    name: "told-to-other-organizations",
    breaks: "nor to template admins of another organization",
    edits: [
      {
        file: "src/db/notifications/notify.ts",
        find: "join organization_members m on m.organization_id = e.organization_id and m.role = 'template_admin'",
        replace: "join organization_members m on m.role = 'template_admin'",
      },
    ],
    tests: ["test/db/notification-events.test.ts"],
  },
  {
    name: "told-again-by-retry",
    breaks: "a failure that the executor repeats is told the first time only",
    edits: [
      {
        file: "src/db/notifications/notice-failures.ts",
        find: "if (row === undefined || row.is_repeated) return;",
        replace: "if (row === undefined) return;",
      },
    ],
    tests: ["test/db/notification-events.test.ts"],
  },
  {
    name: "prebuild-failure-told",
    breaks: "nobody is mailed about a prebuild's build",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: 'const isPersons = (ledger === undefined || ledger.state === "claimed") && job.is_latest === true;',
        replace: "const isPersons = job.is_latest === true;",
      },
    ],
    tests: ["test/db/notification-events.test.ts"],
  },
  {
    name: "delivery-lease",
    breaks: "a result of a lost lease of the outbox says nothing",
    edits: [
      {
        file: "src/db/notifications/notification-deliveries.ts",
        find: "where id = $1\n  and lease = $2\n  and status = 'pending'\nreturning id",
        replace: "where id = $1\n  and ($2::text is null or status = 'pending')\nreturning id",
      },
    ],
    tests: ["test/http/notification-delivery.test.ts"],
  },
  {
    name: "limit-marks-carried",
    breaks: "a hard limit is told once, also across versions",
    edits: [
      {
        file: "src/db/jobs/finish-import.ts",
        find: "      await carryLimitMarks(tx, job.template_version_id, input.now);\n",
        replace: "",
      },
      {
        file: "src/db/jobs/finish-import.ts",
        find: 'import { carryLimitMarks } from "../pools/limit-marks.ts";\n',
        replace: "",
      },
    ],
    tests: ["test/db/notification-events.test.ts", "test/db/conformance-d-failures.test.ts"],
  },
  {
    name: "claim-warnings",
    breaks: "§5: a claim's replacements are warnings in the build log",
    edits: [
      {
        file: "src/provisioner/drivers/terraform/apply-build.ts",
        find: "if (isClaim) for (const line",
        replace: "if (isClaim && (false as boolean)) for (const line",
      },
    ],
    tests: ["test/unit/domain/replacement.test.ts", "test/terraform/terraform-claim.test.ts"],
  },
];
