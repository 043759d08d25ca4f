import type { DeploymentSnapshot } from "../../src/domain/pool/deployment-snapshot.ts";
import { type PlannedPool, planDeployment } from "../../src/domain/pool/plan-deployment.ts";

/** The plan of a deployment, made without a pause. */
export function planned(snapshot: DeploymentSnapshot): readonly PlannedPool[] {
  const computation = planDeployment(snapshot);
  for (;;) {
    const step = computation.next();
    if (step.done === true) return step.value;
  }
}
