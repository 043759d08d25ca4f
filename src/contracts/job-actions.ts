import type { JobStatus } from "./states.ts";
import { isJobFinished } from "./states.ts";

/** Why a job that somebody may see cannot be cancelled now; undefined: it can. */
export function cancelRefusal({ status }: { readonly status: JobStatus }): string | undefined {
  if (isJobFinished(status)) return "It has ended already.";
  return status === "canceling" ? "It was asked to stop already." : undefined;
}
