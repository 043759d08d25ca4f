import {
  type LifecyclePolicy,
  type LifecyclePolicyChanges,
  lifecyclePolicyDefault,
  type LifecycleSection,
} from "../contracts/lifecycle.ts";
import { lifecycleMsMax, lifecycleMsMin } from "../contracts/limits.ts";
import { formatDurationMs, parseDurationMs } from "./config/duration.ts";

const lengths = {
  default_ttl: "defaultTtlMs",
  max_ttl: "maxTtlMs",
  activity_bump: "activityBumpMs",
  failure_ttl: "failureTtlMs",
  dormant_after: "dormantAfterMs",
  delete_dormant_after: "deleteDormantAfterMs",
} as const;

type Length = (typeof lengths)[keyof typeof lengths];

/** `8h` as milliseconds, `0` as null; undefined when it is no duration, or out of bounds. */
export function lifecycleMs(text: string): number | null | undefined {
  const ms = parseDurationMs(text);
  if (ms === 0) return null;
  return ms === undefined || ms < lifecycleMsMin || ms > lifecycleMsMax ? undefined : ms;
}

/** What is wrong with a section, by field. */
export function lifecycleProblems(section: LifecycleSection): { readonly field: string; readonly reason: string }[] {
  const unreadable = (Object.keys(lengths) as (keyof typeof lengths)[]).flatMap((name) => {
    const text = section[name];
    if (text === undefined || lifecycleMs(text) !== undefined) return [];
    const bounds = `${formatDurationMs(lifecycleMsMin)} to ${formatDurationMs(lifecycleMsMax)}`;
    return [
      { field: `lifecycle.${name}`, reason: `"${text}" is not a duration such as 8h or 14d, from ${bounds}, or 0` },
    ];
  });
  return unreadable.length > 0 ? unreadable : policyProblems(lifecyclePolicy(section, {})).map(inFile);
}

/** What is wrong with a policy as a whole, by field of the policy. */
export function policyProblems(
  policy: LifecyclePolicy,
): { readonly field: keyof LifecyclePolicy; readonly reason: string }[] {
  const { defaultTtlMs, maxTtlMs, dormantAfterMs, deleteDormantAfterMs } = policy;
  return [
    ...(defaultTtlMs !== null && maxTtlMs !== null && defaultTtlMs > maxTtlMs
      ? [
          {
            field: "defaultTtlMs" as const,
            reason: `the default TTL, ${formatDurationMs(defaultTtlMs)}, is longer than the longest, ${formatDurationMs(maxTtlMs)}`,
          },
        ]
      : []),
    ...(deleteDormantAfterMs !== null && dormantAfterMs === null
      ? [{ field: "deleteDormantAfterMs" as const, reason: "nothing becomes dormant without dormant_after" }]
      : []),
  ];
}

function inFile(problem: { readonly field: keyof LifecyclePolicy; readonly reason: string }) {
  const name = Object.entries(lengths).find(([, field]) => field === problem.field)?.[0] ?? problem.field;
  return { field: `lifecycle.${name}`, reason: problem.reason };
}

/**
 * The policy that holds: the manifest of the active version, and over it what a template admin changed, field by
 * field. The one place where the two meet.
 */
export function lifecyclePolicy(
  section: LifecycleSection | null | undefined,
  changes: LifecyclePolicyChanges,
): LifecyclePolicy {
  const read: Partial<Record<Length, number | null>> = {};
  for (const [name, field] of Object.entries(lengths) as [keyof typeof lengths, Length][]) {
    const text = section?.[name];
    if (text !== undefined) read[field] = lifecycleMs(text) ?? null;
  }
  const { allowed, days } = section?.autostart ?? {};
  const activity = section?.activity;
  return {
    ...lifecyclePolicyDefault,
    ...(activity === undefined ? {} : { activity }),
    ...(allowed === undefined ? {} : { isAutostartAllowed: allowed }),
    ...(days === undefined ? {} : { autostartDays: days }),
    ...read,
    ...changes,
  };
}
