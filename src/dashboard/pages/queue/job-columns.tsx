import type { Job } from "../../../contracts/api/jobs.ts";
import type { Column } from "../../components/data-table.tsx";
import { absoluteTime, durationWords } from "../../components/time-words.ts";
import { Time, useServerNow } from "../../components/time.tsx";
import { JobState, tagsText } from "./job-words.tsx";

const secondMs = 1_000;

/** For how long, counted on while one looks. */
export function Since({ at }: { readonly at: string }) {
  const now = useServerNow(secondMs);
  return (
    <span title={absoluteTime(Date.parse(at))} className="whitespace-nowrap">
      {durationWords(now - Date.parse(at))}
    </span>
  );
}

const nameColumn: Column<Job> = {
  id: "name",
  header: "Job",
  cell: ({ template, initiator, kind }) => (
    <span className="block text-xs text-muted">
      {kind === "template_import" ? "" : `${template ?? "–"}, `}by {initiator}
    </span>
  ),
};

export const waitingColumns: readonly Column<Job>[] = [
  nameColumn,
  { id: "place", header: "Place", cell: ({ place }) => place ?? "–" },
  {
    id: "waits",
    header: "Waits for",
    cell: ({ waitingFor }) => <span className="wrap-anywhere">{waitingFor?.text ?? "–"}</span>,
  },
  { id: "age", header: "Age", cell: ({ createdAt }) => <Since at={createdAt} /> },
  { id: "tags", header: "Tags", cell: ({ tags }) => tagsText(tags) },
];

export const runningColumns: readonly Column<Job>[] = [
  nameColumn,
  { id: "state", header: "State", cell: ({ status }) => <JobState status={status} /> },
  { id: "daemon", header: "Daemon", cell: ({ daemon }) => daemon ?? "–" },
  { id: "since", header: "Runs for", cell: ({ startedAt }) => (startedAt === null ? "–" : <Since at={startedAt} />) },
];

export const endedColumns: readonly Column<Job>[] = [
  nameColumn,
  { id: "state", header: "State", cell: ({ status }) => <JobState status={status} /> },
  {
    id: "error",
    header: "Error",
    cell: ({ error }) => <span className="line-clamp-2 wrap-anywhere">{error ?? ""}</span>,
  },
  { id: "ended", header: "Ended", cell: ({ completedAt }) => (completedAt === null ? "–" : <Time at={completedAt} />) },
];
