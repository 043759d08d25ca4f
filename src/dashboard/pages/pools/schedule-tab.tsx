import type { PoolSchedule } from "../../../contracts/api/pool-time.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { useServerNow } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";

const weekMs = 7 * 86_400_000;
const dateLength = 10;
const percent = 100;

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
      <ol className="grid gap-1.5">
        {schedule.days.map((day) => (
          <Day key={day.date} day={day} schedule={schedule} />
        ))}
      </ol>
    </div>
  );
}

/** The stretches of one day, from its beginning to its end, which are not always 24 hours apart. */
function Day({ day, schedule }: { readonly day: PoolSchedule["days"][number]; readonly schedule: PoolSchedule }) {
  const now = useServerNow();
  const [startMs, endMs] = [Date.parse(day.startsAt), Date.parse(day.endsAt)];
  const share = (atMs: number): number => (percent * (atMs - startMs)) / (endMs - startMs);
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: schedule.timezone, hour: "2-digit", minute: "2-digit" });
  const weekday = new Intl.DateTimeFormat("en-GB", { timeZone: schedule.timezone, weekday: "short" });
  const parts = schedule.stretches.flatMap((stretch, place) => {
    const from = Math.max(startMs, Date.parse(stretch.at));
    const following = schedule.stretches[place + 1];
    const to = Math.min(endMs, following === undefined ? endMs : Date.parse(following.at));
    return from < to ? [{ ...stretch, from, to }] : [];
  });
  return (
    <li className="grid grid-cols-[7.5rem_1fr] items-center gap-2 max-sm:grid-cols-1">
      <span className="tabular-nums">
        {weekday.format(startMs)} {day.date}
        {day.isClockChange ? <span className="block text-xs text-muted">the clocks change</span> : null}
      </span>
      <div className="relative flex h-8 overflow-hidden rounded-md border border-line">
        {parts.map(({ from, to, instances, because }) => (
          <div
            key={from}
            title={`${clock.format(from)} to ${clock.format(to)}: ${instances} (${because})`}
            style={{ width: `${share(to) - share(from)}%` }}
            className={`flex min-w-0 items-center justify-center overflow-hidden border-r border-line text-xs tabular-nums ${instances === 0 ? "text-muted" : "bg-accent-soft text-accent-text"}`}
          >
            {instances}
            <span className="sr-only">
              {" "}
              from {clock.format(from)} to {clock.format(to)}, {because}.
            </span>
          </div>
        ))}
        {now >= startMs && now < endMs ? (
          <div aria-hidden style={{ left: `${share(now)}%` }} className="absolute inset-y-0 w-0.5 bg-danger" />
        ) : null}
      </div>
    </li>
  );
}
