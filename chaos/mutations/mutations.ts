import type { Mutation } from "../../mutations/mutation.ts";
import { failureMutations } from "../../mutations/table/failures.ts";
import type { FaultName } from "../plan/fault-kinds.ts";

/** A protection that is taken out, to see that something notices. */
export interface ChaosMutation extends Mutation {
  /** Faults under which chaos would see it; all kinds unless said. */
  readonly faults?: readonly FaultName[];
}

const faultsThatShow: Readonly<Record<string, readonly FaultName[]>> = {
  "heartbeat-comparison": ["database killed", "database frozen", "database link silent", "server frozen"],
  "unbroken-watch": ["database killed", "database frozen"],
  "attempt-fence": ["daemon past its lease"],
  "job-reaper": ["daemon past its lease", "daemon killed"],
  "hand-over-memory": ["agent killed", "host crashed"],
  "ready-unconnected": ["agent frozen", "agent killed", "host crashed"],
  "delete-retry": ["daemon past its lease", "disk full", "daemon killed"],
};

/** At least one of these protects each promise of the specification's failures. */
export const mutations: readonly ChaosMutation[] = failureMutations.map((mutation) => {
  const faults = faultsThatShow[mutation.name];
  return faults === undefined ? mutation : { ...mutation, faults };
});
