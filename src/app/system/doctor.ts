import type { ControllerStatus, DoctorFinding, DoctorReport } from "../../contracts/api/system.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { divergentLedger } from "../../db/pools/consistency.ts";
import { poolStrays } from "../../db/pools/consistency-pages.ts";
import { listDaemons } from "../../db/daemons/daemons.ts";
import { databaseFacts } from "../../db/servers/doctor.ts";
import { countDeadDeliveries } from "../../db/notifications/notification-deliveries.ts";
import { listStrangers } from "../../db/resources/strangers.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { daemonsSeenSince } from "../jobs/jobs.ts";
import { instant } from "../page.ts";
import { isSharedByMany } from "../provisioner/unisolated-drivers.ts";
import { daemonFindings } from "./daemon-findings.ts";
import { nodeFinding } from "./node-finding.ts";
import { finding } from "./finding.ts";
import { poolFindings } from "./pool-findings.ts";
import { secretFindings } from "./secret-findings.ts";
import { serverFindings } from "./server-findings.ts";

const rowsShownMax = 20;
/** A queue is old when its next job has waited for so long. */
const queueOldMs = 300_000;
/** A removal that has not come to an end within several sweeps. */
const strangerStuckMs = 600_000;
const mebibyte = 1_048_576;

type Controllers = () => readonly ControllerStatus[];

/** Looks at database, daemons, queue, pools, controllers and consistency, and says what to do about each. */
export async function examine(context: AppContext, actor: Actor, controllers: Controllers): Promise<DoctorReport> {
  requireAdministrator(actor, "examine the deployment");
  const since = daemonsSeenSince(context);
  const rows = await listDaemons(context.db);
  const daemons = rows.map((row) => ({
    name: row.name,
    kind: row.kind,
    isAlive: !row.is_signed_off && (row.seen_at > since || row.running > 0),
    isSignedOff: row.is_signed_off,
    seenAt: instant(row.seen_at),
    running: row.running,
  }));
  const statuses = controllers();
  const [now, isShared] = [context.clock.now(), await isSharedByMany(context)];
  const { findings: ofServers, servers } = await serverFindings(context);
  return {
    version: context.options.version,
    findings: [
      ...(await databaseFindings(
        context,
        daemons.some((daemon) => daemon.isAlive),
      )),
      ...ofServers,
      nodeFinding(process.versions.node),
      ...rows.flatMap((row, nth) => daemonFindings(row, daemons[nth]?.isAlive === true, { now, isShared })),
      ...(await poolFindings(context)),
      ...(await secretFindings(context)),
      ...controllerFindings(statuses),
      ...retentionFindings(statuses),
      await notificationFinding(context),
      ...(await consistencyFindings(context, statuses)),
      ...(await strangerFindings(context)),
    ],
    controllers: [...statuses],
    daemons,
    servers: [...servers],
  };
}

async function databaseFindings(context: AppContext, hasDaemon: boolean): Promise<DoctorFinding[]> {
  const facts = await databaseFacts(context.db);
  const findings = [
    ...((await context.db.hasRoom())
      ? []
      : [
          finding(
            "database",
            "error",
            "The database has no room to write: requests that write are answered with database_unavailable.",
            "Free space on the disk of the database; the server goes on by itself.",
          ),
        ]),
    ...(facts.is_read_only
      ? [
          finding(
            "database",
            "error",
            "The database is read-only: nothing can be created, built or claimed.",
            "See its log, its disk, and whether it is a standby; the server goes on by itself when it takes writes again.",
          ),
        ]
      : []),
    finding(
      "database",
      "ok",
      `PostgreSQL ${facts.version} answers; ${Math.ceil(facts.size_bytes / mebibyte)} MiB, ${facts.connections} of ${facts.connections_max} connections.`,
    ),
    hasDaemon
      ? finding("daemons", "ok", "At least one provisioner daemon is connected.")
      : finding(
          "daemons",
          "error",
          "No provisioner daemon is connected: nothing can be built or deleted.",
          "Start one with `prewarm provisioner start`, or the server with `provisioner.builtin` on.",
        ),
  ];
  const waitedMs = facts.oldest_pending === null ? 0 : context.clock.now().getTime() - facts.oldest_pending.getTime();
  findings.push(
    waitedMs > queueOldMs
      ? finding(
          "queue",
          "warning",
          `${facts.pending_jobs} jobs are pending, the oldest for ${Math.round(waitedMs / 60_000)} min.`,
          "`prewarm jobs list --status pending` shows what they wait for; add daemons or concurrency.",
        )
      : finding("queue", "ok", `${facts.pending_jobs} jobs are pending.`),
  );
  if (facts.draining_failed > 0) {
    findings.push(
      finding(
        "deletes",
        "warning",
        `${facts.draining_failed} prebuilds could not be deleted yet; they are tried again by themselves.`,
        "`prewarm prebuilds list --workspaces` names them, `prewarm jobs list --status failed` says why.",
      ),
    );
  }
  return findings;
}

function controllerFindings(statuses: readonly ControllerStatus[]): DoctorFinding[] {
  const failing = statuses.filter((status) => status.lastOutcome === "error");
  if (failing.length === 0) return [finding("controllers", "ok", `${statuses.length} controllers run.`)];
  return failing.map((status) =>
    finding(
      "controllers",
      "error",
      `The controller ${status.name} failed at its last run: ${status.lastError ?? "unknown"}.`,
      "It is tried again by itself; the server's log has the details.",
    ),
  );
}

/** The server that holds the pruner's lease knows how far it is; on the others there is nothing to say. */
function retentionFindings(statuses: readonly ControllerStatus[]): DoctorFinding[] {
  const report = statuses.find(({ name }) => name === "retention")?.report ?? null;
  const behind = Array.isArray(report?.["behind"]) ? report["behind"].map(String) : [];
  if (report === null) return [];
  if (behind.length === 0) return [finding("retention", "ok", "History that is due is removed in time.")];
  return [
    finding(
      "retention",
      "warning",
      `History is removed more slowly than it is due: ${behind.join(", ")}.`,
      "After an upgrade this ends by itself; else see how busy the database is, and `prewarm_retention_lag_seconds`.",
    ),
  ];
}

async function notificationFinding(context: AppContext): Promise<DoctorFinding> {
  const dead = await countDeadDeliveries(context.db);
  if (dead === 0) return finding("notifications", "ok", "No notification was given up.");
  return finding(
    "notifications",
    "warning",
    `${dead} deliveries of notifications were given up.`,
    "`prewarm notifications dead` says why; `prewarm notifications retry --all` tries them again.",
  );
}

/** What exists without a row of the database. Daemons remove it by themselves, so it is a warning when they do not. */
async function strangerFindings(context: AppContext): Promise<DoctorFinding[]> {
  const strangers = await listStrangers(context.db, rowsShownMax);
  if (strangers.length === 0) return [finding("strangers", "ok", "Daemons find nothing that the database is without.")];
  const now = context.clock.now().getTime();
  return strangers.map((row) => {
    const what = `${row.detail} of the workspace ${row.workspace_id}, which there is not (${row.driver}, at the daemon ${row.daemon})`;
    const since = `found at ${row.first_seen_at.toISOString()}`;
    if (row.condemned_at === null) {
      const next =
        "It is removed by that daemon once it is older than `provisioner.orphan_age`; nothing is to be done.";
      return finding("strangers", "ok", `${what}, ${since}.`, next);
    }
    const isStuck = now - row.condemned_at.getTime() > strangerStuckMs;
    return finding(
      "strangers",
      isStuck ? "warning" : "ok",
      `${what}, ${since}, to be removed since ${row.condemned_at.toISOString()}.`,
      isStuck
        ? "Its removal fails, or that daemon is gone: see its log (`it could not be removed`), start it again, or remove the thing by hand."
        : "That daemon is at it; each sweep tries again.",
    );
  });
}

async function consistencyFindings(
  context: AppContext,
  statuses: readonly ControllerStatus[],
): Promise<DoctorFinding[]> {
  const divergent = await divergentLedger(context.db, rowsShownMax);
  const strays = await poolStrays(context.db, prebuildsUserId, rowsShownMax);
  // All of history is walked through by the controller, which takes its time; here is what it has found.
  const walked = Number(statuses.find(({ name }) => name === "consistency")?.report?.["strays"] ?? 0);
  if (divergent.length + strays.length === 0 && walked > 0) {
    const message = `The consistency controller found ${walked} rows without their other half.`;
    return [finding("consistency", "error", message, "The server's log names them; please report it.")];
  }
  if (divergent.length + strays.length === 0) {
    return [
      finding("consistency", "ok", "The ledger agrees with builds and agents; no row is without its other half."),
    ];
  }
  return [
    ...divergent.map((row) =>
      finding(
        "consistency",
        "warning",
        `The ledger says ${row.state} of ${row.workspace_id}, builds and agents say ${row.expected}.`,
        "The consistency controller repairs it within a minute; please report how it came about.",
      ),
    ),
    ...strays.map((row) =>
      finding(
        "consistency",
        "error",
        `${row.kind}: ${row.detail} (${row.id}).`,
        "Please report it, with the server's log.",
      ),
    ),
  ];
}
