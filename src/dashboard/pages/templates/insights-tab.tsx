import type { TemplateInsights, UsableTimes } from "../../../contracts/api/template-insights.ts";
import { templateRefusal } from "../../../contracts/template-roles.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { Card } from "../../components/card.tsx";
import { Chip } from "../../components/chip.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { absoluteTime, durationWords } from "../../components/time-words.ts";
import { useServerNow } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { poolAddress } from "../pools/pool-condition.tsx";
import { missWords } from "../workspace/miss-words.ts";
import { InsightsDays } from "./insights-days.tsx";
import type { TemplateTabProps } from "./template-tab-props.ts";

const dayMs = 86_400_000;
const dayLength = "2030-01-31".length;
const everyMs = 60_000;
const ranges = [7, 30, 90] as const;

/** How the template is used: figures, days, and what keeps creations from being warm. */
export default function InsightsTab({ detail: { template }, me }: TemplateTabProps) {
  const [{ days = "30" }, change] = useUrlState();
  const chosen = ranges.find((count) => String(count) === days) ?? 30;
  const today = Math.floor(useServerNow() / dayMs);
  const refusal = templateRefusal(me, template.organization);
  const query = { from: new Date((today - chosen + 1) * dayMs).toISOString().slice(0, dayLength) };
  const found = useApi("templateInsights", {
    key: keys.insights(template.name, query),
    input: { params: { template: template.name }, query },
    isEnabled: refusal === undefined,
    keepsPrevious: true,
    everyMs,
  });
  if (refusal !== undefined) return <Banner tone="warn">{refusal}</Banner>;
  return (
    <>
      <div role="group" aria-label="Range" className="mb-4 flex flex-wrap gap-1">
        {ranges.map((count) => (
          <Chip key={count} isOn={count === chosen} onClick={() => change({ days: String(count) })}>
            {count} days
          </Chip>
        ))}
      </div>
      {found.error === null ? null : <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.data !== undefined ? (
        <Insights template={template.name} insights={found.data} />
      ) : found.error === null ? (
        <Skeleton lines={8} />
      ) : null}
    </>
  );
}

interface InsightsProps {
  readonly template: string;
  readonly insights: TemplateInsights;
}

function Insights({ template, insights }: InsightsProps) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Figures insights={insights} />
      <Misses template={template} misses={insights.misses} />
      <div className="min-w-0 lg:col-span-2">
        <InsightsDays days={insights.days} />
      </div>
      <Now workspaces={insights.workspaces} owning={insights.people.owning} />
      <Parameters parameters={insights.parameters} />
    </div>
  );
}

function Figures({ insights }: { readonly insights: TemplateInsights }) {
  const { creations, hitRate, usable, failures, people, since } = insights;
  return (
    <Card title="In numbers">
      <KeyValue
        rows={[
          ["Hit rate", hitRate === null ? "nothing was created" : `${Math.round(hitRate * 100)} %`],
          ["Creations", `${creations.warm} warm, ${creations.cold} cold, ${creations.refused} refused`],
          ["Usable warm", timesText(usable.warm)],
          ["Usable cold", timesText(usable.cold)],
          ["Failures", failures],
          ["People", `${people.creating} asked for a workspace`],
        ]}
      />
      <p className="mt-3 text-xs text-muted">
        Creations are known since {absoluteTime(Date.parse(since.creations))}; times, failures and people since{" "}
        {absoluteTime(Date.parse(since.details))}.
      </p>
    </Card>
  );
}

function timesText(times: UsableTimes): string {
  if (times === null) return "–";
  const { p50Ms, p90Ms, p99Ms, samples } = times;
  const words = (ms: number): string => (ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : durationWords(ms));
  return `half within ${words(p50Ms)}, 90 % within ${words(p90Ms)}, 99 % within ${words(p99Ms)} (of ${samples})`;
}

function Misses({ template, misses }: Pick<InsightsProps, "template"> & Pick<TemplateInsights, "misses">) {
  return (
    <Card title="Why they were not warm">
      {misses.length === 0 ? (
        <p className="text-muted">Every creation was served by a prebuild, or there was none.</p>
      ) : (
        <ul aria-label="Misses" className="grid gap-1.5">
          {misses.map(({ preset, reason, count }) => (
            <li key={`${preset ?? ""} ${reason}`} className="min-w-0 break-words">
              <span className="font-medium tabular-nums">{count}</span>{" "}
              {preset === null ? (
                "without a preset"
              ) : (
                <PageLink to={poolAddress({ template, preset })}>{preset}</PageLink>
              )}
              : {missWords(reason)}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Now({ workspaces, owning }: Pick<TemplateInsights, "workspaces"> & { readonly owning: number }) {
  const rows = Object.entries(workspaces).map(([group, count]): readonly [string, number] => [
    `${group.slice(0, 1).toUpperCase()}${group.slice(1)}`,
    count,
  ]);
  return (
    <Card title="Workspaces now">
      <KeyValue rows={[...rows, ["People who have one", owning]]} />
    </Card>
  );
}

function Parameters({ parameters }: Pick<TemplateInsights, "parameters">) {
  return (
    <Card title="Parameters in use">
      {parameters.length === 0 ? (
        <p className="text-muted">No workspace has a parameter to show.</p>
      ) : (
        <div className="grid gap-3">
          {parameters.map(({ name, values, others }) => (
            <div key={name} className="min-w-0">
              <code>{name}</code>
              <ul aria-label={`Values of ${name}`} className="mt-1 grid gap-0.5 text-sm">
                {values.map(({ value, count }) => (
                  <li key={value} className="flex justify-between gap-3">
                    <span className="min-w-0 break-all">{value === "" ? "(empty)" : value}</span>
                    <span className="tabular-nums">{count}</span>
                  </li>
                ))}
                {others === 0 ? null : (
                  <li className="flex justify-between gap-3 text-muted">
                    <span>any other</span>
                    <span className="tabular-nums">{others}</span>
                  </li>
                )}
              </ul>
            </div>
          ))}
        </div>
      )}
    </Card>
  );
}
