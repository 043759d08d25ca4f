import { CodedError } from "../../contracts/errors.ts";
import type { BuildId } from "../../contracts/ids.ts";
import type { ClaimedRow } from "../../db/claims/claim.ts";
import { committedClaims } from "../../db/claims/committed-claims.ts";
import { isNothingDone } from "../../db/pg-errors.ts";
import type { Db } from "../../db/store.ts";
import { within } from "../../platform/within.ts";

/** For asking what became of claims whose answer was lost: the person has waited for the answer already. */
const askMsMax = 6_000;

/** Whether our own statement may have been committed although it failed: its connection broke, or fell silent. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof CodedError && error.code === "database_unavailable" && !isNothingDone(error.cause);
}

/**
 * Which of the claims were committed; none when the database cannot be asked. It is asked once, and on a new connection:
 * the old one ended without its answer. What is not found may still come: packets may be on their way. So a claim that
 * is missing has an unknown outcome, and never counts as one that found nothing; it would be made twice then.
 */
export async function lostClaims(db: Db, buildIds: readonly BuildId[]): Promise<ReadonlyMap<BuildId, ClaimedRow>> {
  const late = (): Error => new Error("The database did not say in time what became of the claims.");
  return await within(committedClaims(db, buildIds), askMsMax, late).catch(() => new Map<BuildId, ClaimedRow>());
}

/** The error of a claim of which it is not known whether it was made. */
export function outcomeUnknown(error: unknown): CodedError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CodedError("database_unavailable", `It is not known whether the workspace was created. ${reason}`, {
    cause: error,
    retryAfterSeconds: 1,
    next: "Send the same request again with the same idempotency key: it gets the workspace if there is one. Without a key, look for it by its name first.",
  });
}
