import type { WorkspaceId } from "../contracts/ids.ts";
import { prebuildsUserId } from "../contracts/system-ids.ts";
import { type DeleteInput, deletePrebuilds } from "../db/pools/pool-deletes.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { type Apart, apart } from "./apart.ts";

export interface RemovePrebuildsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts deletes of unclaimed prebuilds in the name of the prebuilds user; one that cannot be begun stops no other. */
export async function removePrebuilds(
  { db, clock, logger }: RemovePrebuildsDeps,
  { targets, from, because }: Pick<DeleteInput, "targets" | "from" | "because">,
): Promise<Apart<WorkspaceId>> {
  const now = clock.now();
  return await apart(
    targets,
    async (batch) => await deletePrebuilds(db, { targets: batch, from, because, initiatorId: prebuildsUserId, now }),
    ({ workspaceId }, error) =>
      logger.error("the delete of a prebuild could not be begun", { workspaceId, because, reason: String(error) }),
  );
}
