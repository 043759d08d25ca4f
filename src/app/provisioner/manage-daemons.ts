import type { Static } from "typebox";
import type { DaemonView, provisionerRoutes } from "../../contracts/api/daemons.ts";
import type { AuditAction } from "../../contracts/audit-actions.ts";
import { CodedError } from "../../contracts/errors.ts";
import { daemonAliveMs } from "../../contracts/limits.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import {
  adoptWorkspaces,
  daemonsOverview,
  forgetDaemon,
  type KnownDaemonRow,
  lockDaemons,
  type OverviewRow,
  workspacesOnHost,
} from "../../db/daemons/manage-daemons.ts";
import type { Tx } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { instant } from "../page.ts";

const daemonsShownMax = 500;

function seenSince(context: AppContext): Date {
  return new Date(context.clock.now().getTime() - daemonAliveMs);
}

export async function listKnownDaemons(context: AppContext, actor: Actor): Promise<{ daemons: DaemonView[] }> {
  requireAdministrator(actor, "list provisioner daemons");
  const rows = await daemonsOverview(context.db, seenSince(context), daemonsShownMax);
  return { daemons: rows.map(daemonView) };
}

function daemonView(row: OverviewRow): DaemonView {
  const { id, name, kind, version, concurrency, running, workspaces, jobs } = row;
  return {
    id,
    name,
    kind,
    state: row.is_alive ? "connected" : row.is_signed_off ? "signed_off" : "away",
    drivers: [...row.drivers],
    tags: { ...row.tags },
    version,
    concurrency,
    running,
    jobs: jobs.map((job) => ({ ...job, startedAt: new Date(job.startedAt).toISOString() })),
    workspaces,
    seenAt: instant(row.seen_at),
  };
}

type Adopted = Static<typeof provisionerRoutes.adoptDaemon.response>;

/**
 * Has the workspaces on the host of a daemon that is gone belong to another one, to whose host their files were brought.
 * Its driver checks with each job that they are there.
 * Errors: `not_found`; `conflict` when the first still answers, the other does not, or there is nothing that it can take.
 */
export async function adoptDaemon(
  context: AppContext,
  actor: Actor,
  input: { readonly daemon: string; readonly by: string },
): Promise<Adopted> {
  requireAdministrator(actor, "have a daemon adopt workspaces");
  if (input.daemon === input.by) throw new CodedError("invalid_request", "A daemon has its own workspaces already.");
  return await context.db.transaction("adopt daemon", async (tx) => {
    const rows = await lockDaemons(tx, [input.daemon, input.by], seenSince(context));
    const from = named(rows, input.daemon);
    const by = named(rows, input.by);
    requireGone(from);
    if (!by.is_alive) {
      throw new CodedError("conflict", `The provisioner "${by.name}" is not connected.`, { next: "Start it first." });
    }
    const adopted = await adoptWorkspaces(tx, from.id, by.id);
    const left = await workspacesOnHost(tx, from.id);
    if (adopted.length === 0 && left > 0) {
      throw new CodedError(
        "conflict",
        `"${by.name}" has not the drivers and tags of the workspaces of "${from.name}".`,
        {
          next: "Start a provisioner that has them, on the host with the workspaces' files.",
        },
      );
    }
    await audit(context, tx, {
      actor,
      daemon: from,
      action: "daemon.adopt",
      detail: { by: by.name, adopted: adopted.length, left },
    });
    tx.emit("jobs");
    tx.emit("daemons");
    return { adopted: adopted.length, left };
  });
}

/**
 * Leaves a daemon that is gone out of all lists; when it registers again, it is back.
 * Errors: `not_found`, `conflict` while it answers or workspaces lie on its host.
 */
export async function forgetGoneDaemon(context: AppContext, actor: Actor, name: string): Promise<void> {
  requireAdministrator(actor, "forget a daemon");
  await context.db.transaction("forget daemon", async (tx) => {
    const daemon = named(await lockDaemons(tx, [name], seenSince(context)), name);
    requireGone(daemon);
    const workspaces = await workspacesOnHost(tx, daemon.id);
    if (workspaces > 0) {
      const lie = workspaces === 1 ? "1 workspace lies" : `${workspaces} workspaces lie`;
      throw new CodedError("conflict", `${lie} on the host of "${name}".`, {
        next: "`prewarm daemons adopt` gives them to another provisioner; `prewarm delete --orphan` deletes them without it.",
      });
    }
    await forgetDaemon(tx, daemon.id, context.clock.now());
    tx.emit("daemons");
    await audit(context, tx, { actor, daemon, action: "daemon.forget", detail: {} });
  });
}

function named(rows: readonly KnownDaemonRow[], name: string): KnownDaemonRow {
  const row = rows.find((one) => one.name === name);
  if (row !== undefined) return row;
  throw new CodedError("not_found", `There is no provisioner "${name}".`, {
    next: "`prewarm daemons list` shows what there is.",
  });
}

function requireGone({ name, is_alive: isAlive }: KnownDaemonRow): void {
  if (!isAlive) return;
  throw new CodedError("conflict", `The provisioner "${name}" is connected.`, {
    next: "Stop it first, if it is not to come back.",
  });
}

async function audit(
  context: AppContext,
  tx: Tx,
  act: {
    readonly actor: Actor;
    readonly daemon: KnownDaemonRow;
    readonly action: AuditAction;
    readonly detail: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  await recordAudit(tx, {
    at: context.clock.now(),
    actorId: act.actor.userId,
    organizationId: null,
    action: act.action,
    targetId: act.daemon.id,
    targetName: act.daemon.name,
    detail: act.detail,
  });
}
