import type { TemplateInsights } from "../../../contracts/api/template-insights.ts";
import { Card } from "../../components/card.tsx";

type Days = TemplateInsights["days"];
type Day = Days[number];

const heightUnits = 100;
const kinds = [
  { id: "warm", label: "warm", fill: "fill-ok", swatch: "bg-ok" },
  { id: "cold", label: "cold", fill: "fill-warn", swatch: "bg-warn" },
  { id: "refused", label: "refused", fill: "fill-bad", swatch: "bg-bad" },
] as const;

const allOf = ({ warm, cold, refused }: Day): number => warm + cold + refused;

/** Creations by the day: as bars, and as a table for whoever does not see them. */
export function InsightsDays({ days }: { readonly days: Days }) {
  const most = Math.max(1, ...days.map(allOf));
  const busy = days.filter((day) => allOf(day) > 0);
  const summary = `${busy.length} of ${days.length} days had creations, at most ${busy.length === 0 ? 0 : most} a day.`;
  return (
    <Card title="By the day">
      <figure>
        <svg
          role="img"
          aria-label={summary}
          viewBox={`0 0 ${days.length} ${heightUnits}`}
          preserveAspectRatio="none"
          className="h-32 w-full border-b border-line"
        >
          {days.map((day, at) => (
            <Bar key={day.day} day={day} at={at} most={most} />
          ))}
        </svg>
        <figcaption className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
          <span className="tabular-nums">
            {days[0]?.day} to {days.at(-1)?.day} (UTC).
          </span>
          <span>{summary}</span>
          {kinds.map(({ id, label, swatch }) => (
            <span key={id} className="inline-flex items-center gap-1">
              <span aria-hidden className={`inline-block size-2 rounded-full ${swatch}`} /> {label}
            </span>
          ))}
        </figcaption>
      </figure>
      {busy.length === 0 ? null : (
        <details className="mt-3">
          <summary className="min-h-[24px] cursor-pointer text-muted">As a table</summary>
          <DayTable days={busy} />
        </details>
      )}
    </Card>
  );
}

/** The parts of a day, one upon the other. */
function Bar({ day, at, most }: { readonly day: Day; readonly at: number; readonly most: number }) {
  let top = heightUnits;
  return (
    <g>
      <title>{`${day.day}: ${day.warm} warm, ${day.cold} cold, ${day.refused} refused`}</title>
      {kinds.map(({ id, fill }) => {
        const height = (day[id] / most) * heightUnits;
        top -= height;
        return height === 0 ? null : (
          <rect key={id} x={at + 0.1} y={top} width={0.8} height={height} className={fill} />
        );
      })}
    </g>
  );
}

function DayTable({ days }: { readonly days: Days }) {
  return (
    <div tabIndex={0} role="region" aria-label="Creations by the day" className="mt-2 max-h-72 overflow-auto">
      <table className="w-full text-left text-xs tabular-nums">
        <thead>
          <tr>
            {["Day", "Warm", "Cold", "Refused"].map((header) => (
              <th key={header} scope="col" className="py-1 pr-4 text-muted">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <tr key={day.day} className="border-t border-line">
              <th scope="row" className="py-1 pr-4 font-normal">
                {day.day}
              </th>
              <td>{day.warm}</td>
              <td>{day.cold}</td>
              <td>{day.refused}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
