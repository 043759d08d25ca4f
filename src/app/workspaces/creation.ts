import type { CreateWorkspace } from "../../contracts/api/workspaces.ts";
import type { BuildId, JobId } from "../../contracts/ids.ts";
import type { MissReason } from "../../contracts/states.ts";
import type { ClaimedRow } from "../../db/claims/claim.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import type { FormEvaluations } from "../forms/form-evaluations.ts";
import type { ClaimQueue } from "./claim-queue.ts";
import type { ClaimWaiters } from "./claim-waiters.ts";
import type { CreationRequest } from "./creation-request.ts";
import type { VersionDefinitions } from "./version-definitions.ts";

export interface CreateContext extends AppContext {
  readonly versions: VersionDefinitions;
  readonly claims: ClaimQueue;
  readonly waiters: ClaimWaiters;
  readonly forms: FormEvaluations;
}

/** A creation under way: what was asked, and what the checks made of it. */
export interface Creation {
  readonly context: CreateContext;
  readonly actor: Actor;
  readonly input: CreateWorkspace;
  readonly request: CreationRequest;
  /** By the monotonic clock, when the request came. */
  readonly begunMs: number;
  /** How long it has waited for a prebuild. */
  readonly waitedMs: number;
  /** Ends a wait, with its reason as the error. */
  readonly gone: AbortSignal | undefined;
}

/** A prebuild that was handed over, with the build of the claim. */
export interface Claimed {
  readonly kind: "claimed";
  readonly row: ClaimedRow;
  readonly buildId: BuildId;
  /** Null: the claim changes nothing, so there is nothing to run. */
  readonly jobId: JobId | null;
}

export interface Missed {
  readonly kind: "missed";
  readonly reason: MissReason;
}

/** When the try began that made the workspace, and how long was waited before. */
export interface Timing {
  readonly triedMs: number;
  readonly waitedMs: number;
}
