import { CodedError } from "../../contracts/errors.ts";
import type { DaemonId, WorkspaceId } from "../../contracts/ids.ts";
import type { ResourceReport, ResourceVerdict } from "../../contracts/provisioner-protocol.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { type MissingRow, missingResources } from "../../db/resources/missing-resources.ts";
import {
  condemnStrangers,
  forgetStrangers,
  noteStrangers,
  type ReportedResources,
  type StrangerRow,
} from "../../db/resources/strangers.ts";
import type { Tx } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import { knownDaemon } from "./known-daemon.ts";
import { replaceOrNote } from "./replace-or-note.ts";

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
    arePartial: input.resources.map((resource) => resource.isPartial ?? false),
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
    await replaceOrNote(tx, gone, { driver: report.driver, daemon: daemon.name, now });
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
    targetId: row.workspace_id,
    targetName: row.name ?? "",
    detail: { daemon, driver: report.driver, found: row.detail, deletedAt: row.deleted_at?.toISOString() ?? null },
  });
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
