import type { DeploymentSnapshot } from "../../src/domain/pool/deployment-snapshot.ts";
import type { PoolSnapshot } from "../../src/domain/pool/pool-snapshot.ts";
import { type PlannedPool, planDeployment } from "../../src/domain/pool/plan-deployment.ts";

/** The plan of a deployment, made without a pause. */
export function planned(
  snapshot: DeploymentSnapshot,
  isSkipped?: (pool: PoolSnapshot) => boolean,
): readonly PlannedPool[] {
  const computation = planDeployment(snapshot, isSkipped);
  for (;;) {
    const step = computation.next();
    if (step.done === true) return step.value;
  }
}
