import { CodedError } from "../../contracts/errors.ts";
import type { DaemonId } from "../../contracts/ids.ts";
import { signedOffIncarnation } from "../../db/daemons/daemon-match.ts";
import { type DaemonRow, daemonSeen, findDaemon } from "../../db/daemons/daemons.ts";
import type { AppContext } from "../app-context.ts";

/** "Seen" of a daemon is written at most this often. */
const seenEveryMs = 15_000;

/**
 * The daemon that calls, which is thereby seen.
 * Errors: `not_found` for one that has not registered, `lease_lost` for an incarnation that was replaced or has signed off.
 */
export async function knownDaemon(
  context: AppContext,
  caller: { readonly daemonId: string; readonly incarnation: string },
): Promise<DaemonRow> {
  const daemonId = caller.daemonId as DaemonId;
  const daemon = await findDaemon(context.db, daemonId);
  if (daemon === undefined) throw new CodedError("not_found", "This daemon has not registered.");
  if (daemon.incarnation === signedOffIncarnation) {
    throw new CodedError("lease_lost", "This daemon has signed off; it registers when it starts again.");
  }
  if (daemon.incarnation !== caller.incarnation) {
    throw new CodedError("lease_lost", "Another daemon of this name has registered since.");
  }
  const now = context.clock.now();
  if (now.getTime() - daemon.seen_at.getTime() > seenEveryMs) await daemonSeen(context.db, daemonId, now);
  return daemon;
}
