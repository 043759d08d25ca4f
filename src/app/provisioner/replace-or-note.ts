import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { type MissingRow, noteMissing } from "../../db/resources/missing-resources.ts";
import type { Tx } from "../../db/store.ts";
import { deletePrebuilds } from "../../db/pools/pool-deletes.ts";

export interface MissingSource {
  readonly driver: string;
  /** Name of the daemon that told. */
  readonly daemon: string;
  readonly now: Date;
}

/**
 * What it means that a workspace's things are gone: an unclaimed prebuild is deleted, and its pool makes another; a
 * person's workspace stays his, and its log says what happened. By the ledger's state, so that of a claim and this one
 * wins: a prebuild that was just claimed is its owner's.
 * @returns those that something was done about.
 */
export async function replaceOrNote(
  tx: Tx,
  rows: readonly MissingRow[],
  { driver, daemon, now }: MissingSource,
): Promise<readonly MissingRow[]> {
  if (rows.length === 0) return [];
  const targets = rows.flatMap(({ workspace_id: workspaceId, generation }) =>
    generation === null ? [] : [{ workspaceId, generation }],
  );
  const deleted = await deletePrebuilds(tx, {
    targets,
    from: ["starting", "ready"],
    because: "resource_missing",
    initiatorId: prebuildsUserId,
    now,
  });
  if (deleted.length > 0) {
    tx.emit("jobs");
    tx.emit("pools");
  }
  const done = rows.filter((row) => row.generation === null || deleted.includes(row.workspace_id));
  for (const row of done) {
    const isPrebuild = row.generation !== null;
    const line = `What this workspace consists of is gone from the host of the provisioner "${daemon}", and not by our doing. Start the workspace to make it anew; what was removed with it is lost.`;
    if (!isPrebuild) await noteMissing(tx, row.workspace_id, line, now);
    await recordAudit(tx, {
      at: now,
      actorId: null,
      organizationId: row.organization_id,
      action: isPrebuild ? "prebuild.resource_missing" : "workspace.resource_missing",
      targetId: row.workspace_id,
      targetName: row.name,
      detail: { daemon, driver },
    });
  }
  return done;
}
