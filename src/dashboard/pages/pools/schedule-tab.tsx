import type { PoolSchedule } from "../../../contracts/api/pool-time.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { type WeekPart, WeekPicture } from "../../components/week-picture.tsx";
import { useUrlState } from "../../state/url-state.ts";

const weekMs = 7 * 86_400_000;
const dateLength = 10;

/** How many are wanted through a week, in the pool's own zone. */
export function ScheduleTab({ template, preset }: { readonly template: string; readonly preset: string }) {
  const [{ week }, change] = useUrlState();
  const found = useApi("poolSchedule", {
    key: [...keys.pool(`${template}/${preset}`), "schedule", week ?? ""],
    input: { params: { template, preset }, query: week === undefined ? {} : { week } },
    keepsPrevious: true,
  });
  if (found.data === undefined)
    return (
      <Unanswered query={found}>
        <Skeleton lines={7} />
      </Unanswered>
    );
  const schedule = found.data;
  const first = schedule.days[0]?.date;
  const go = (byMs: number): void => {
    if (first !== undefined) change({ week: new Date(Date.parse(first) + byMs).toISOString().slice(0, dateLength) });
  };
  return (
    <div className="grid gap-3">
      <QueryFault query={found} />
      {schedule.fault === null ? null : <Banner tone="bad">{schedule.fault}</Banner>}
      <p>
        Now {schedule.now.instances} are wanted: {schedule.now.because}.{" "}
        {schedule.next === null ? "That does not change within 32 days." : schedule.next.text}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <Button onClick={() => go(-weekMs)}>Week before</Button>
        <Button onClick={() => change({ week: "" })}>This week</Button>
        <Button onClick={() => go(weekMs)}>Week after</Button>
        <span className="text-muted">Times of {schedule.timezone}</span>
      </div>
      <WeekPicture days={schedule.days} timezone={schedule.timezone} parts={partsOf(schedule)} />
    </div>
  );
}

/** Each lasts until the next one begins. */
function partsOf({ stretches, days }: PoolSchedule): readonly WeekPart[] {
  return stretches.map(({ at, instances, because }, place) => ({
    startsAt: at,
    endsAt: stretches[place + 1]?.at ?? days.at(-1)?.endsAt ?? at,
    label: String(instances),
    because,
    isStrong: instances > 0,
  }));
}
