import type { DaemonId } from "../../contracts/ids.ts";
import type { DaemonSignOff } from "../../contracts/provisioner-protocol.ts";
import { signedOffIncarnation } from "../../db/daemons/daemon-match.ts";
import { signOffDaemon } from "../../db/daemons/daemons.ts";
import type { AppContext } from "../app-context.ts";
import { abandonEarlierJobs } from "./abandon-earlier-jobs.ts";
import { knownDaemon } from "./known-daemon.ts";

/**
 * A daemon stops on purpose: it takes no jobs from now on, is not missed, and what it could not hand back by itself ends
 * as abandoned.
 * Errors: `not_found` for a daemon that has not registered, `lease_lost` for an incarnation that was replaced or has
 * signed off.
 */
export async function signOff(context: AppContext, input: DaemonSignOff): Promise<void> {
  const { incarnation } = input;
  const now = context.clock.now();
  const daemonId = input.daemonId as DaemonId;
  const name = await signOffDaemon(context.db, { id: daemonId, incarnation, now });
  if (name === undefined) {
    await knownDaemon(context, input);
    return;
  }
  context.db.publish(["daemons"]);
  const message = `The provisioner "${name}" was stopped.`;
  const abandoned = await abandonEarlierJobs(context, { daemonId, incarnation: signedOffIncarnation, message, now });
  context.logger.info("a provisioner has signed off", { daemon: name, abandoned });
}
