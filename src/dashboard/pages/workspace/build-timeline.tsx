import type { BuildDetail, Workspace } from "../../../contracts/api/workspaces.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { useServerNow } from "../../components/time.tsx";
import { durationWords } from "../../components/time-words.ts";
import { type Phase, phasesOf, spanOf } from "./build-phases.ts";

interface BuildTimelineProps {
  readonly detail: BuildDetail;
  readonly workspace: Workspace;
}

/** The phases of one build on one axis; a table for whoever does not see the bars. */
export function BuildTimeline({ detail, workspace }: BuildTimelineProps) {
  const now = useServerNow(1_000);
  const isLatest = detail.build.number === workspace.latestBuild.number;
  const phases = phasesOf({ detail, agents: isLatest ? workspace.agents : [] });
  if (phases.length === 0) return <EmptyState title="It took no time to speak of: no provisioner was needed for it." />;
  const span = spanOf(phases, now);
  return (
    <table role="table" aria-label={`Phases of build ${detail.build.number}`} className="w-full">
      <thead className="sr-only">
        <tr>
          <th scope="col">Phase</th>
          <th scope="col">When</th>
          <th scope="col">Took</th>
        </tr>
      </thead>
      <tbody>
        {phases.map((phase) => (
          <tr key={`${phase.name} ${phase.fromMs}`} className="max-sm:mb-2 max-sm:grid">
            <th scope="row" className="w-48 py-1 pr-3 text-left font-normal wrap-anywhere text-muted">
              {phase.name}
            </th>
            <td className="py-1">
              <Bar phase={phase} span={span} nowMs={now} />
            </td>
            <td className="w-24 py-1 pl-3 text-right whitespace-nowrap tabular-nums max-sm:pl-0 max-sm:text-left">
              {tookWords((phase.toMs ?? now) - phase.fromMs)}
              {phase.toMs === null ? " so far" : ""}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface BarProps {
  readonly phase: Phase;
  readonly span: { readonly fromMs: number; readonly toMs: number };
  readonly nowMs: number;
}

function Bar({ phase, span, nowMs }: BarProps) {
  const whole = span.toMs - span.fromMs;
  const left = (100 * (phase.fromMs - span.fromMs)) / whole;
  const width = (100 * ((phase.toMs ?? nowMs) - phase.fromMs)) / whole;
  return (
    <div aria-hidden className="h-3 rounded bg-hover">
      <div
        className={`h-3 min-w-1 rounded forced-colors:bg-[Highlight] ${phase.toMs === null ? "animate-pulse bg-busy" : "bg-accent"}`}
        style={{ marginLeft: `${Math.min(99, Math.max(0, left))}%`, width: `${Math.min(100, Math.max(0.5, width))}%` }}
      />
    </div>
  );
}

/** What is short is told to the millisecond. */
export function tookWords(ms: number): string {
  return ms < 1_000 ? `${Math.max(0, Math.round(ms))} ms` : durationWords(ms);
}
