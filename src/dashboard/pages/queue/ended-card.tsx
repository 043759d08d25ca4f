import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { Chip } from "../../components/chip.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { endedColumns } from "./job-columns.tsx";
import { JobTable } from "./job-table.tsx";

const pageSize = 20;
const statuses = ["failed", "canceled", "succeeded"] as const;

/** What has ended, the newest first: the way to the log of what failed. */
export function EndedCard() {
  const [{ status: asked = "failed", ended = "1" }, change] = useUrlState();
  const status = statuses.find((one) => one === asked) ?? "failed";
  const page = Math.max(0, (Number.parseInt(ended, 10) || 1) - 1);
  const query = { status, limit: pageSize, offset: page * pageSize };
  const jobs = useApi("listJobs", { key: keys.jobs(query), input: { query }, keepsPrevious: true });
  return (
    <Card
      title="Ended"
      actions={
        <div className="flex flex-wrap gap-2">
          {statuses.map((one) => (
            <Chip key={one} isOn={one === status} onClick={() => change({ status: one, ended: "" })}>
              {one}
            </Chip>
          ))}
        </div>
      }
    >
      <JobTable
        label={`Ended jobs, ${status}`}
        query={jobs}
        rows={jobs.data?.jobs}
        columns={endedColumns}
        paging={{
          page,
          pageSize,
          total: jobs.data?.total ?? 0,
          onPage: (next) => change({ ended: String(next + 1) }),
        }}
        empty={`No job that you may see has ${status === "canceled" ? "been cancelled" : status}.`}
      />
    </Card>
  );
}
