import type { ReactNode } from "react";
import type { Job } from "../../../contracts/api/jobs.ts";
import type { JobLane } from "../../../contracts/job-queue.ts";
import type { ApiError } from "../../api/api-error.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { runningColumns, waitingColumns } from "./job-columns.tsx";
import { JobTable } from "./job-table.tsx";
import { laneTitles } from "./job-words.tsx";

const pageSize = 20;

interface LaneCardProps {
  readonly lane: JobLane;
  readonly actions?: ReactNode;
  /** What runs, of all lanes. */
  readonly running: {
    readonly jobs: readonly Job[] | undefined;
    readonly error: ApiError | null;
    readonly refetch: () => unknown;
  };
  readonly onCancel: (job: Job) => void;
}

/** One lane of the queue: what waits in it, in the order in which it is taken, and what runs of it. */
export function LaneCard({ lane, actions, running, onCancel }: LaneCardProps) {
  const [params, change] = useUrlState();
  const page = Math.max(0, (Number.parseInt(params[lane] ?? "1", 10) || 1) - 1);
  const query = { lane, status: "pending", limit: pageSize, offset: page * pageSize } as const;
  const waiting = useApi("listJobs", { key: keys.jobs(query), input: { query }, keepsPrevious: true });
  const ofLane = running.jobs?.filter((job) => job.lane === lane);
  const total = waiting.data?.total ?? 0;
  const title = laneTitles[lane];
  return (
    <Card title={`${title}: ${total} waiting, ${ofLane?.length ?? 0} running`} actions={actions}>
      <JobTable
        label={`${title}, waiting`}
        query={waiting}
        rows={waiting.data?.jobs}
        columns={waitingColumns}
        paging={{ page, pageSize, total, onPage: (next) => change({ [lane]: String(next + 1) }) }}
        empty="Nothing waits."
        onCancel={onCancel}
      />
      {ofLane === undefined || ofLane.length === 0 ? null : (
        <div className="mt-4">
          <JobTable
            label={`${title}, running`}
            query={running}
            rows={ofLane}
            columns={runningColumns}
            empty=""
            onCancel={onCancel}
          />
        </div>
      )}
    </Card>
  );
}
