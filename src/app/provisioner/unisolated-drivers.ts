import { CodedError } from "../../contracts/errors.ts";
import type { DaemonRegistration, UnisolatedDriver } from "../../contracts/provisioner-protocol.ts";
import { countPeople, unisolatedPlace } from "../../db/daemons/unisolated.ts";
import type { AppContext } from "../app-context.ts";

/** The driver that keeps its workspaces apart only where its daemon is root; see decision 0043. */
const processDriver = "process";

/** The drivers of a daemon that keep nothing apart. A daemon of the release before does not know whether they do. */
export function unisolatedOf({ unisolated, drivers }: DaemonRegistration): readonly UnisolatedDriver[] {
  if (unisolated !== undefined) return unisolated;
  return drivers.includes(processDriver) ? [{ driver: processDriver, reason: "it is of an earlier release" }] : [];
}

/** Whether several people may come to share what keeps nothing apart. */
export async function isSharedByMany({ db, options }: Pick<AppContext, "db" | "options">): Promise<boolean> {
  const { people, administrators } = await countPeople(db);
  return (options.isUnisolatedAllowed ? people : administrators) > 1;
}

/** Said at each start of a daemon, and so of a server with its own. */
export async function warnOfUnisolated(
  context: AppContext,
  daemon: { readonly name: string; readonly unisolated: readonly UnisolatedDriver[] },
): Promise<void> {
  if (daemon.unisolated.length === 0 || !(await isSharedByMany(context))) return;
  for (const { driver, reason } of daemon.unisolated) {
    context.logger.warn(
      "several people share a driver that keeps workspaces apart from nothing: each can read the others and the provisioner's secrets",
      { daemon: daemon.name, driver, because: reason },
    );
  }
}

/**
 * Refuses a workspace for somebody who does not administer where it would be kept apart from nothing: administrators can
 * read everything anyway, he could from then on. Errors: `driver_not_isolated`.
 */
export async function requireIsolated(
  context: Pick<AppContext, "db" | "options">,
  manifest: { readonly driver: string; readonly tags?: Readonly<Record<string, string>> },
  owner: { readonly username: string; readonly isAdministrator: boolean },
): Promise<void> {
  if (manifest.driver !== processDriver || context.options.isUnisolatedAllowed || owner.isAdministrator) return;
  const place = await unisolatedPlace(context.db, { driver: manifest.driver, tags: manifest.tags ?? {} });
  if (place === undefined) return;
  throw new CodedError(
    "driver_not_isolated",
    `${owner.username} is not an administrator, and on the provisioner "${place.daemon}" workspaces of the driver ` +
      `${manifest.driver} can read each other and the provisioner's secrets: ${place.reason}.`,
  );
}
