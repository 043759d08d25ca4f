import type { DaemonId } from "../../contracts/ids.ts";
import { leasesOfEarlierIncarnation } from "../../db/jobs/job-leases.ts";
import { finishJob } from "../../db/jobs/finish-job.ts";
import type { AppContext } from "../app-context.ts";

/**
 * Ends what earlier incarnations of the daemon hold, as abandoned: nobody works on it any more.
 * @returns how many jobs it ended.
 */
export async function abandonEarlierJobs(
  context: AppContext,
  input: { readonly daemonId: DaemonId; readonly incarnation: string; readonly message: string; readonly now: Date },
): Promise<number> {
  const { daemonId, incarnation, message, now } = input;
  let abandoned = 0;
  for (const jobId of await leasesOfEarlierIncarnation(context.db, daemonId, incarnation)) {
    const hasEnded = await context.db.transaction("abandon job", async (tx) =>
      finishJob(tx, {
        jobId,
        attempt: null,
        from: ["running", "canceling"],
        outcome: { kind: "failed", code: "abandoned", message },
        now,
      }),
    );
    if (hasEnded) abandoned += 1;
  }
  return abandoned;
}
