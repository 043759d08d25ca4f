import type { Controller } from "../../src/controllers/controller.ts";
import { createLifecycle } from "../../src/controllers/lifecycle/lifecycle-controller.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { type Created } from "../../src/app/workspaces/create-workspace.ts";
import { agentsReady, runJobs } from "./daemon.ts";
import { create } from "./claims.ts";
import type { Fixture } from "./fixture.ts";
import type { TestServer } from "./server.ts";

export const hour = 3_600_000;
export const day = 24 * hour;
const goOn = new AbortController().signal;

export function lifecycleOf(server: TestServer): Controller {
  return createLifecycle({
    ...server.context,
    isQuotaEnabled: server.context.options.isQuotaEnabled,
    serverId: server.id,
  });
}

/** One run of the lifecycle executor of this server. @returns what it did. */
export async function runLifecycle(server: TestServer): Promise<Record<string, unknown>> {
  const report = await lifecycleOf(server).run(goOn);
  if (report.outcome === "skipped") throw new Error("another server holds the lease");
  return { ...report.fields };
}

/** A workspace that alice has running, built cold. */
export async function runningWorkspace(fx: Fixture, input: Parameters<typeof create>[1] = {}): Promise<Created> {
  const created = await create(fx, input);
  await runJobs(fx);
  await agentsReady(fx, [created.workspace.id as WorkspaceId]);
  return created;
}

export interface LifecycleColumns {
  readonly ttl_ms: number | null;
  readonly autostart_schedule: string | null;
  readonly deadline_at: Date | null;
  readonly dormant_at: Date | null;
  readonly deleting_at: Date | null;
  readonly last_used_at: Date | null;
}

export async function lifecycleColumns(fx: Fixture, id: string): Promise<LifecycleColumns> {
  const [row] = await fx.rows<LifecycleColumns>(
    `select ttl_ms, autostart_schedule, deadline_at, dormant_at, deleting_at, last_used_at
    from workspaces where id = $1`,
    [id],
  );
  if (row === undefined) throw new Error(`there is no workspace ${id}`);
  return row;
}

export interface LatestBuild {
  readonly transition: string;
  readonly reason: string;
  readonly initiator: string;
  readonly number: number;
}

export async function latestBuild(fx: Fixture, id: string): Promise<LatestBuild | undefined> {
  const [row] = await fx.rows<LatestBuild>(
    `select b.transition, b.reason, u.username as initiator, b.number
    from workspaces w
    join builds b on b.id = w.latest_build_id
    join users u on u.id = b.initiator_id
    where w.id = $1`,
    [id],
  );
  return row;
}
