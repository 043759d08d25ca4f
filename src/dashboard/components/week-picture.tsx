import { useServerNow } from "./time.tsx";

const percent = 100;

/** A day of a calendar, from its beginning to its end, which are not always 24 hours apart. */
interface Day {
  readonly date: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly isClockChange: boolean;
}

export interface WeekPart {
  readonly startsAt: string;
  readonly endsAt: string;
  readonly label: string;
  /** Said of it beside its times. */
  readonly because: string;
  readonly isStrong: boolean;
}

interface WeekPictureProps {
  readonly days: readonly Day[];
  readonly timezone: string;
  /** In the order of their beginnings; what is between them is empty. */
  readonly parts: readonly WeekPart[];
}

/** What holds through the days of a week, a row each, in a time zone, with a line at this moment. */
export function WeekPicture({ days, timezone, parts }: WeekPictureProps) {
  return (
    <ol className="grid gap-1.5">
      {days.map((day) => (
        <DayRow key={day.date} {...{ day, timezone, parts }} />
      ))}
    </ol>
  );
}

function DayRow({ day, timezone, parts }: Omit<WeekPictureProps, "days"> & { readonly day: Day }) {
  const now = useServerNow();
  const [startMs, endMs] = [Date.parse(day.startsAt), Date.parse(day.endsAt)];
  const share = (atMs: number): number => (percent * (atMs - startMs)) / (endMs - startMs);
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });
  const weekday = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, weekday: "short" });
  const drawn = parts.flatMap((part) => {
    const [from, to] = [Math.max(startMs, Date.parse(part.startsAt)), Math.min(endMs, Date.parse(part.endsAt))];
    return from < to ? [{ ...part, from, to }] : [];
  });
  return (
    <li className="grid grid-cols-[8.5rem_1fr] items-center gap-2 max-sm:grid-cols-1">
      <span className="whitespace-nowrap tabular-nums">
        {weekday.format(startMs)} {day.date}
        {day.isClockChange ? <span className="block text-xs text-muted">the clocks change</span> : null}
      </span>
      <div className="relative h-8 overflow-hidden rounded-md border border-line">
        {drawn.map(({ from, to, label, because, isStrong }) => (
          <div
            key={from}
            title={`${clock.format(from)} to ${clock.format(to)}: ${label} (${because})`}
            style={{ left: `${share(from)}%`, width: `${share(to) - share(from)}%` }}
            className={`absolute inset-y-0 flex min-w-0 items-center justify-center overflow-hidden whitespace-nowrap border-r border-line text-xs tabular-nums ${isStrong ? "bg-accent-soft text-accent-text" : "text-muted"}`}
          >
            {label}
            <span className="sr-only">
              {" "}
              from {clock.format(from)} to {clock.format(to)}, {because}.
            </span>
          </div>
        ))}
        {drawn.length === 0 ? <span className="sr-only">nothing</span> : null}
        {now >= startMs && now < endMs ? (
          <div aria-hidden style={{ left: `${share(now)}%` }} className="absolute inset-y-0 w-0.5 bg-danger" />
        ) : null}
      </div>
    </li>
  );
}
