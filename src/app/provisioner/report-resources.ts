import { CodedError } from "../../contracts/errors.ts";
import type { DaemonId, WorkspaceId } from "../../contracts/ids.ts";
import type { ResourceReport, ResourceVerdict } from "../../contracts/provisioner-protocol.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { recordAudit } from "../../db/queries/audit.ts";
import { type MissingRow, missingResources, noteMissing } from "../../db/queries/missing-resources.ts";
import {
  condemnStrangers,
  forgetStrangers,
  noteStrangers,
  type ReportedResources,
  type StrangerRow,
} from "../../db/queries/strangers.ts";
import type { Tx } from "../../db/store.ts";
import { deletePrebuilds } from "../../db/writes/pool-deletes.ts";
import type { AppContext } from "../app-context.ts";
import { knownDaemon } from "./known-daemon.ts";

/** Workspaces whose things are gone that one report acts on; the next report takes the rest. */
const missingPerReportMax = 200;

/**
 * Compares what a daemon finds to exist with what the database knows, both ways and with the same age gate.
 * What exists without the database is to be removed by the daemon. Of what exists only in the database, an unclaimed
 * prebuild is deleted, and its pool makes another; a person's workspace stays his, and its log says what happened.
 * Errors: `not_found` for a daemon that has not registered, `lease_lost` for an incarnation that was replaced.
 */
export async function reportResources(context: AppContext, input: ResourceReport): Promise<ResourceVerdict> {
  const daemon = await knownDaemon(context, input);
  const now = context.clock.now();
  const report: ReportedResources = {
    daemonId: input.daemonId as DaemonId,
    driver: input.driver,
    workspaceIds: input.resources.map((resource) => resource.workspaceId as WorkspaceId),
    details: input.resources.map((resource) => resource.detail.replaceAll("\0", "\uFFFD")),
    areMarked: input.resources.map((resource) => resource.isMarked),
    now,
  };
  if (new Set(report.workspaceIds).size !== report.workspaceIds.length) {
    throw new CodedError("invalid_request", "A workspace is named twice.");
  }
  const before = new Date(now.getTime() - context.options.orphanAgeMs);
  const { strangers, missing } = await context.db.transaction("report resources", async (tx) => {
    await noteStrangers(tx, report);
    if (input.isComplete) await forgetStrangers(tx, report);
    const condemned = await condemnStrangers(tx, report, before);
    for (const row of condemned) if (row.is_first) await auditStranger(tx, row, { report, daemon: daemon.name });
    if (!input.isComplete) return { strangers: condemned, missing: [] };
    const gone = await missingResources(tx, report, { before, max: missingPerReportMax });
    await replaceOrNote(tx, gone, { report, daemon: daemon.name });
    return { strangers: condemned, missing: gone };
  });
  tellLog(context, { strangers, missing, daemon: daemon.name });
  return { strangers: strangers.map((row) => row.workspace_id) };
}

interface Source {
  readonly report: ReportedResources;
  readonly daemon: string;
}

async function auditStranger(tx: Tx, row: StrangerRow, { report, daemon }: Source): Promise<void> {
  await recordAudit(tx, {
    at: report.now,
    actorId: null,
    organizationId: null,
    action: "orphan.remove",
    targetKind: "workspace",
    targetId: row.workspace_id,
    detail: { daemon, driver: report.driver, found: row.detail, deletedAt: row.deleted_at?.toISOString() ?? null },
  });
}

/** By the ledger's state, so that of a claim and this one wins: a prebuild that was just claimed is its owner's. */
async function replaceOrNote(tx: Tx, rows: readonly MissingRow[], { report, daemon }: Source): Promise<void> {
  if (rows.length === 0) return;
  const targets = rows.flatMap(({ workspace_id: workspaceId, generation }) =>
    generation === null ? [] : [{ workspaceId, generation }],
  );
  const deleted = await deletePrebuilds(tx, {
    targets,
    from: ["starting", "ready"],
    because: "resource_missing",
    initiatorId: prebuildsUserId,
    now: report.now,
  });
  if (deleted.length > 0) {
    tx.emit("jobs");
    tx.emit("pools");
  }
  for (const row of rows) {
    const isPrebuild = row.generation !== null;
    if (isPrebuild && !deleted.includes(row.workspace_id)) continue;
    const line = `What this workspace consists of is gone from the host of the provisioner "${daemon}", and not by our doing. Start the workspace to make it anew; what lay in it is lost.`;
    if (!isPrebuild) await noteMissing(tx, row.workspace_id, line, report.now);
    await recordAudit(tx, {
      at: report.now,
      actorId: null,
      organizationId: row.organization_id,
      action: isPrebuild ? "prebuild.resource_missing" : "workspace.resource_missing",
      targetKind: "workspace",
      targetId: row.workspace_id,
      detail: { daemon, driver: report.driver, workspace: row.name },
    });
  }
}

function tellLog(
  { logger }: AppContext,
  found: {
    readonly strangers: readonly StrangerRow[];
    readonly missing: readonly MissingRow[];
    readonly daemon: string;
  },
): void {
  for (const row of found.strangers) {
    logger.warn("something exists for a workspace that does not; its provisioner removes it", {
      daemon: found.daemon,
      workspaceId: row.workspace_id,
      found: row.detail,
    });
  }
  for (const row of found.missing) {
    const what = row.generation === null ? "its owner finds a note in its log" : "the prebuild is replaced";
    logger.warn(`what a workspace consists of is gone from its host; ${what}`, {
      daemon: found.daemon,
      workspaceId: row.workspace_id,
    });
  }
}
