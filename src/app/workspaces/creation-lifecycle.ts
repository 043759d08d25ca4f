import type { CreateWorkspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { LifecyclePolicy } from "../../contracts/lifecycle.ts";
import { autostartRefusal, ttlRefusal } from "../../domain/lifecycle/deadline.ts";
import type { LifecycleFields } from "../../domain/lifecycle/lifecycle-fields.ts";

/**
 * What the request and the template give a new workspace (spec §6), checked before anything is written.
 * Errors: `lifecycle_refused`.
 */
export function creationLifecycle(input: CreateWorkspace, policy: LifecyclePolicy): LifecycleFields {
  const ttlMs = input.ttlMs === undefined ? (policy.defaultTtlMs ?? policy.maxTtlMs) : input.ttlMs;
  const autostartSchedule = input.autostartSchedule ?? null;
  requireAllowed({ ttlMs, autostartSchedule }, policy);
  return { ttlMs, autostartSchedule };
}

/** Errors: `lifecycle_refused`, naming each field. */
export function requireAllowed(wanted: Partial<LifecycleFields>, policy: LifecyclePolicy): void {
  const problems = [
    { field: "ttlMs", reason: wanted.ttlMs === undefined ? null : ttlRefusal(wanted.ttlMs, policy) },
    {
      field: "autostartSchedule",
      reason: wanted.autostartSchedule === undefined ? null : autostartRefusal(wanted.autostartSchedule, policy),
    },
  ].flatMap(({ field, reason }) => (reason === null ? [] : [{ field, reason }]));
  const [first] = problems;
  if (first === undefined) return;
  throw new CodedError("lifecycle_refused", `This is not allowed here: ${first.reason}.`, { problems });
}
