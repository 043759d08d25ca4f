import { randomUUID } from "node:crypto";
import type { BuildId, JobId } from "../../src/contracts/ids.ts";
import { defaultOrganizationId } from "../../src/contracts/system-ids.ts";
import type { ClaimQueue } from "../../src/app/workspaces/claim-queue.ts";
import { noLifecycleFields } from "../../src/domain/lifecycle/lifecycle-fields.ts";
import type { Person, SeededPool } from "./seed.ts";

/** One claim as the use case makes it. @returns the workspace, or undefined when the pool is empty. */
export async function claimOne(
  claims: ClaimQueue,
  from: SeededPool,
  claim: { readonly person: Person; readonly name: string; readonly hasJob: boolean },
): Promise<string | undefined> {
  const row = await claims.claim({
    organizationId: defaultOrganizationId,
    templateId: from.templateId,
    presetId: from.presetId,
    isOutdatedAllowed: false,
    ownerId: claim.person.id,
    initiatorId: claim.person.id,
    name: claim.name,
    parameters: {},
    automaticUpdates: false,
    lifecycle: noLifecycleFields,
    mode: "prefer_warm",
    waitedMs: 0,
    now: new Date(),
    buildId: randomUUID() as string as BuildId,
    jobId: claim.hasJob ? (randomUUID() as string as JobId) : null,
    idempotency: null,
  });
  return row?.workspace_id;
}

/** Remembers what was handed out; throws when something is handed out twice or nothing is. */
export function createDoubleClaimCheck(): (taken: string | undefined) => void {
  const seen = new Set<string>();
  return (taken) => {
    if (taken === undefined) throw new Error("A claim found nothing in a pool that was not empty.");
    if (seen.has(taken)) throw new Error(`The prebuild ${taken} was handed out twice.`);
    seen.add(taken);
  };
}
