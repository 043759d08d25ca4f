import type { DaemonView } from "../../../contracts/api/daemons.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import type { Column } from "../../components/data-table.tsx";
import { Listing } from "../../components/listing.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { State } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";
import { Since } from "./job-columns.tsx";
import { jobAddress, jobTitle, tagsText } from "./job-words.tsx";

const states = {
  connected: ["ok", "connected"],
  signed_off: ["off", "signed off"],
  away: ["bad", "lost"],
} as const;

const columns: readonly Column<DaemonView>[] = [
  {
    id: "name",
    header: "Daemon",
    cell: ({ version, kind }) => (
      <span className="block text-xs text-muted">
        {version}
        {kind === "builtin" ? ", a server's own" : ""}
      </span>
    ),
  },
  {
    id: "state",
    header: "State",
    cell: ({ state }) => <State tone={states[state][0]}>{states[state][1]}</State>,
  },
  { id: "slots", header: "Slots", cell: ({ running, concurrency }) => `${running} of ${concurrency} used` },
  {
    id: "takes",
    header: "Drivers and tags",
    cell: ({ drivers, tags }) => (
      <>
        {drivers.join(", ") || "none"}
        <span className="block text-xs text-muted">{tagsText(tags)}</span>
      </>
    ),
  },
  { id: "runs", header: "Runs", cell: ({ jobs }) => <Runs jobs={jobs} /> },
  { id: "seen", header: "Last heard", cell: ({ seenAt }) => <Time at={seenAt} /> },
];

function Runs({ jobs }: Pick<DaemonView, "jobs">) {
  if (jobs.length === 0) return <span className="text-muted">nothing</span>;
  return (
    <ul>
      {jobs.map((job) => (
        <li key={job.jobId}>
          <PageLink to={jobAddress(job.jobId)}>{jobTitle(job)}</PageLink>{" "}
          <span className="text-xs text-muted">
            for <Since at={job.startedAt} />
            {job.isCanceling ? ", asked to stop" : ""}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Who takes the jobs: for administrators. */
export function DaemonsCard() {
  const daemons = useApi("listDaemons", { key: keys.queueDaemons, input: {} });
  return (
    <Card title="Daemons" actions={<PageLink to="/admin/daemons">Manage daemons</PageLink>}>
      <Listing
        query={daemons}
        label="Daemons"
        columns={columns}
        rows={daemons.data?.daemons}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        empty={<p className="text-muted">No daemon has ever registered: no job can be taken.</p>}
      />
    </Card>
  );
}
