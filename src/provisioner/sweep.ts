import type { Client } from "../client/client.ts";
import { reportedResourcesMax, resourceDetailLengthMax } from "../contracts/limits.ts";
import type { Logger } from "../platform/logger.ts";
import { abortable } from "./abortable.ts";
import type { Driver, DriverResource } from "./driver.ts";

export interface SweepOptions {
  readonly client: Client;
  readonly daemonId: string;
  readonly incarnation: string;
  readonly deploymentId: string;
  readonly logger: Logger;
  /** Ends the sweep where it is: the next one starts anew. */
  readonly abort: AbortSignal;
}

/**
 * Tells the server what exists, driver by driver, and removes what it answers to be a stranger. What carries the mark of
 * another deployment is not even told; what carries none is told, so that it is not taken for missing, and never
 * removed. Never rejects.
 */
export async function sweep(drivers: readonly Driver[], options: SweepOptions): Promise<void> {
  for (const driver of drivers) {
    try {
      await sweepDriver(driver, options);
    } catch (error) {
      if (options.abort.aborted) return;
      options.logger.warn("a driver could not be swept; the next sweep tries again", { driver: driver.name, error });
    }
  }
}

async function sweepDriver(driver: Driver, options: SweepOptions): Promise<void> {
  const { client, daemonId, incarnation, deploymentId, abort, logger } = options;
  // What fails here is tried again, and keeps nothing else from being looked at.
  await abortable(driver.tidy?.(abort) ?? Promise.resolve(), abort).catch((error: unknown) => {
    if (!abort.aborted) logger.warn("what is left over could not be removed", { driver: driver.name, error });
  });
  const found = (await abortable(driver.list(), abort)).filter((resource) => concerns(resource, deploymentId));
  // An empty report, too, says something: what the server believes to exist does not.
  const reports = Math.max(1, Math.ceil(found.length / reportedResourcesMax));
  for (let nth = 0; nth < reports; nth += 1) {
    const some = found.slice(nth * reportedResourcesMax, (nth + 1) * reportedResourcesMax);
    const resources = some.map((resource) => ({
      workspaceId: resource.workspaceId,
      detail: resource.detail.slice(0, resourceDetailLengthMax),
      isMarked: resource.deploymentId === deploymentId,
      ...(resource.isPartial === true ? { isPartial: true } : {}),
    }));
    const body = { daemonId, incarnation, driver: driver.name, isComplete: reports === 1, resources };
    const { strangers } = await client.call("reportResources", { body, signal: abort });
    const marked = new Set(resources.filter((one) => one.isMarked).map((one) => one.workspaceId));
    for (const workspaceId of strangers) if (marked.has(workspaceId)) await remove(driver, workspaceId, options);
  }
}

function concerns({ workspaceId, deploymentId }: DriverResource, ours: string): boolean {
  const isOurs = deploymentId === ours || deploymentId === undefined;
  // The server knows workspaces by such ids only; anything else was never made for one.
  return isOurs && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(workspaceId);
}

async function remove(driver: Driver, workspaceId: string, options: SweepOptions): Promise<void> {
  const { logger, abort, deploymentId } = options;
  if (driver.remove === undefined) return;
  const subject = { driver: driver.name, workspaceId };
  logger.warn("removing what exists of a workspace that the server does not have", subject);
  try {
    await driver.remove(workspaceId, abort, deploymentId);
  } catch (error) {
    logger.warn("it could not be removed; the next sweep tries again", { ...subject, error });
  }
}
