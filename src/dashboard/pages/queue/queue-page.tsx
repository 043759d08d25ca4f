import { useState } from "react";
import type { Job } from "../../../contracts/api/jobs.ts";
import { jobLanes } from "../../../contracts/job-queue.ts";
import { pageSizeMax } from "../../../contracts/limits.ts";
import { publishRefusal } from "../../../contracts/template-roles.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { useMe } from "../../shell/use-me.ts";
import { CancelJob } from "./cancel-job.tsx";
import { CancelPrebuilds } from "./cancel-prebuilds.tsx";
import { DaemonsCard } from "./daemons-card.tsx";
import { EndedCard } from "./ended-card.tsx";
import { LaneCard } from "./lane-card.tsx";

const runningQuery = { status: "running", limit: pageSizeMax } as const;
const cancelingQuery = { status: "canceling", limit: pageSizeMax } as const;

/** The queue by its lanes, what runs of each, and who takes it. */
export default function QueuePage() {
  usePageTitle("Queue");
  const { data: me } = useMe();
  const running = useApi("listJobs", { key: keys.jobs(runningQuery), input: { query: runningQuery } });
  const canceling = useApi("listJobs", { key: keys.jobs(cancelingQuery), input: { query: cancelingQuery } });
  const [canceled, setCanceled] = useState<Job | null>(null);
  const [isCancelingAll, setCancelingAll] = useState(false);
  const underWay = {
    jobs: running.data === undefined ? undefined : [...running.data.jobs, ...(canceling.data?.jobs ?? [])],
    error: running.error ?? canceling.error,
    refetch: async () => await Promise.all([running.refetch(), canceling.refetch()]),
  };
  const refusal = me === undefined ? undefined : publishRefusal(me);
  return (
    <>
      <PageHeader
        title="Queue"
        actions={
          <Button disabledBecause={refusal} onClick={() => setCancelingAll(true)}>
            Cancel pending builds of pools…
          </Button>
        }
      >
        People's jobs go first, then the pools' deletes, then the pools' builds; in each lane the oldest.
        {refusal === undefined ? "" : " You are shown your own jobs."}
      </PageHeader>
      <div className="grid gap-4">
        {jobLanes
          .filter((lane) => lane === "people" || refusal === undefined)
          .map((lane) => (
            <LaneCard key={lane} lane={lane} running={underWay} onCancel={setCanceled} />
          ))}
        {me?.role === "administrator" ? <DaemonsCard /> : null}
        <EndedCard />
      </div>
      <CancelJob job={canceled} onClose={() => setCanceled(null)} />
      {isCancelingAll ? <CancelPrebuilds onClose={() => setCancelingAll(false)} /> : null}
    </>
  );
}
