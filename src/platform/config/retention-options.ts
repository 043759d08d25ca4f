import { durationOption, integerOption } from "./option.ts";

const dayMs = 86_400_000;

/** How much history is kept. What each table is bounded by: `docs/retention.md`. */
export const retentionOptions = {
  retentionWorkspacesMs: durationOption({
    name: "retention.workspaces",
    default: 30 * dayMs,
    min: dayMs,
    max: 3_650 * dayMs,
    description:
      "Time for which a deleted workspace is kept with its builds, jobs and logs. What pools still count by stays longer.",
  }),
  retentionBuildsMax: integerOption({
    name: "retention.builds",
    default: 50,
    min: 20,
    max: 100_000,
    description: "Newest builds of a living workspace that are kept with their jobs and logs, beside its first.",
  }),
  retentionVersionsMs: durationOption({
    name: "retention.versions",
    default: 30 * dayMs,
    min: dayMs,
    max: 3_650 * dayMs,
    description:
      "Time for which a replaced template version that no workspace uses is kept, and a deleted template that nothing is left of.",
  }),
  retentionVersionsMax: integerOption({
    name: "retention.versions_kept",
    default: 5,
    min: 1,
    max: 10_000,
    description: "Newest versions of a template that are kept whether or not anything uses them.",
  }),
  retentionDaemonsMs: durationOption({
    name: "retention.daemons",
    default: 90 * dayMs,
    min: dayMs,
    max: 3_650 * dayMs,
    description: "Time after which a provisioner daemon that was not heard of is forgotten, once no job names it.",
  }),
  retentionDemandMs: durationOption({
    name: "retention.demand",
    default: 400 * dayMs,
    min: dayMs,
    max: 3_650 * dayMs,
    description: "Time for which the sums of claims, misses and waits by the hour are kept.",
  }),
};
