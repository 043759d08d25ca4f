import type { ScheduleWeek } from "../../../contracts/api/schedules.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useRested } from "../../components/use-rested.ts";
import { QueryFault } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { type WeekPart, WeekPicture } from "../../components/week-picture.tsx";

const restMs = 250;

interface WeekProps {
  readonly workspace: Workspace;
  /** What is in the form, saved or not; null: none. */
  readonly autostartSchedule: string | null;
  readonly ttlMs: number | null;
}

/** When it will run by itself in the coming week, as the form says. */
export function WeekOfForm({ workspace, autostartSchedule, ttlMs }: WeekProps) {
  // A number that cannot be sent is refused at its field.
  const isNumber = ttlMs === null || (Number.isSafeInteger(ttlMs) && ttlMs > 0);
  const asked = useRested(JSON.stringify([autostartSchedule ?? "", isNumber ? (ttlMs ?? 0) : null]), restMs);
  const [cron, ttl] = JSON.parse(asked) as [string, number | null];
  const found = useApi("getWorkspaceWeek", {
    key: [...keys.workspacePart(`${workspace.owner}/${workspace.name}`, "week"), asked],
    input: { params: { workspace: workspace.id }, query: { autostartSchedule: cron, ttlMs: ttl ?? 0 } },
    isEnabled: ttl !== null,
    keepsPrevious: true,
  });
  return (
    <section aria-labelledby="week-heading" className="mt-4 grid gap-2">
      <h3 id="week-heading" className="font-medium">
        The coming week
      </h3>
      <QueryFault query={found} />
      {found.data === undefined ? found.error === null ? <Skeleton lines={7} /> : null : <Week week={found.data} />}
    </section>
  );
}

function Week({ week }: { readonly week: ScheduleWeek }) {
  const { days, timezone, runs, fault } = week;
  if (fault !== null) return <p className="text-muted">Nothing can be drawn: {fault}.</p>;
  return (
    <>
      <p className="text-muted">{runs.length === 0 ? "It does not run by itself." : `Times of ${timezone}.`}</p>
      <WeekPicture days={days} timezone={timezone} parts={partsOf(week)} />
    </>
  );
}

function partsOf({ runs, days }: ScheduleWeek): readonly WeekPart[] {
  const end = days.at(-1)?.endsAt ?? "";
  return runs.map(({ startsAt, endsAt }) => ({
    startsAt,
    endsAt: endsAt ?? end,
    label: "runs",
    because: endsAt === null ? "until somebody stops it" : "unless it is used longer",
    isStrong: true,
  }));
}
