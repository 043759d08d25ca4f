import type { Client } from "../../src/client/client.ts";
import type { JobResult, LeasedJob } from "../../src/contracts/provisioner-protocol.ts";
import { systemRandom } from "../../src/platform/random.ts";

type Outcome = JobResult["outcome"];

/** A daemon of the `fake` driver that speaks HTTP, and ends each job as its script says. */
export interface HttpDaemon {
  /** Takes and ends jobs until there is none. @returns them with their ends, in order. */
  workOff(): Promise<readonly DoneJob[]>;
}

export interface DoneJob {
  readonly job: LeasedJob;
  readonly outcome: Outcome;
}

/** Registers it with a key of its own. */
export async function startHttpDaemon(
  admin: Client,
  connect: (key: string) => Client,
  outcomeOf: (work: LeasedJob["work"]) => Outcome,
  name = "rack-1",
): Promise<HttpDaemon> {
  const { secret } = await admin.call("createDaemonKey", { body: { name } });
  const client = connect(secret);
  const incarnation = systemRandom.uuid();
  const about = { drivers: ["fake"], tags: {}, concurrency: 4, version: "test" };
  const { daemonId } = await client.call("registerDaemon", { body: { name, incarnation, ...about } });

  async function end(job: LeasedJob): Promise<DoneJob> {
    const { jobId, attempt, work } = job;
    const params = { jobId };
    const outcome = outcomeOf(work);
    if (work.kind === "build") {
      await client.call("putJobState", { params, body: { attempt, serial: 1, state: { build: work.buildId } } });
    }
    await client.call("completeJob", { params, body: { attempt, outcome } });
    return { job, outcome };
  }

  return {
    workOff: async () => {
      const done: DoneJob[] = [];
      for (;;) {
        const { job } = await client.call("leaseJob", { body: { daemonId, incarnation, waitMs: 0 } });
        if (job === null) return done;
        done.push(await end(job));
      }
    },
  };
}
