import type { TemplateInsights, UsableTimes } from "../../contracts/api/template-insights.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { instantOf, type Moment, readMoment } from "../moment.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";

interface InsightsOptions {
  readonly template: string;
  readonly from: Moment | undefined;
  readonly to: Moment | undefined;
}

const dayLength = "2030-01-31".length;
const instantLength = "2030-01-31T09:00".length;

const secondsText = (ms: number): string => `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;

function timesText(times: UsableTimes): string {
  if (times === null) return "–";
  const { p50Ms, p90Ms, p99Ms, samples } = times;
  return `${secondsText(p50Ms)}, ${secondsText(p90Ms)}, ${secondsText(p99Ms)} (of ${samples})`;
}

function renderInsights(insights: TemplateInsights, output: Output): string {
  const { from, to, since, creations, hitRate, usable, failures, people, workspaces } = insights;
  const sinceText = (at: string): string => `${at.slice(0, instantLength).replace("T", " ")} UTC`;
  const blocks = [
    output.fields([
      ["days", `${from} to ${to} (UTC), known since ${sinceText(since.creations)}`],
      ["creations", `${creations.warm} warm, ${creations.cold} cold, ${creations.refused} refused`],
      ["hit rate", hitRate === null ? "–" : `${Math.round(hitRate * 100)} %`],
      ["usable warm", timesText(usable.warm)],
      ["usable cold", timesText(usable.cold)],
      ["failures", String(failures)],
      ["people", `${people.creating} asked for a workspace, ${people.owning} have one now`],
      [
        "workspaces",
        Object.entries(workspaces)
          .map(([group, count]) => `${count} ${group}`)
          .join(", "),
      ],
    ]),
    `Times to usable are p50, p90 and p99; they, failures and who asked are known since ${sinceText(since.details)}.`,
  ];
  if (insights.misses.length > 0) {
    blocks.push(
      output.table(insights.misses, [
        { title: "PRESET", cell: ({ preset }) => (preset === null ? "–" : printable(preset)) },
        { title: "MISSED BECAUSE", cell: ({ reason }) => reason },
        { title: "COUNT", cell: ({ count }) => String(count), align: "right" },
      ]),
    );
  }
  const values = insights.parameters.flatMap(({ name, values: most, others }) => [
    ...most.map(({ value, count }) => ({ name, value: printable(value), count })),
    ...(others === 0 ? [] : [{ name, value: "(any other)", count: others }]),
  ]);
  if (values.length > 0) {
    blocks.push(
      output.table(values, [
        { title: "PARAMETER", cell: ({ name }) => name },
        { title: "VALUE", cell: ({ value }) => value },
        { title: "WORKSPACES", cell: ({ count }) => String(count), align: "right" },
      ]),
    );
  }
  const busy = insights.days.filter(({ warm, cold, refused }) => warm + cold + refused > 0);
  if (busy.length > 0) {
    blocks.push(
      output.table(busy, [
        { title: "DAY", cell: ({ day }) => day },
        { title: "WARM", cell: ({ warm }) => String(warm), align: "right" },
        { title: "COLD", cell: ({ cold }) => String(cold), align: "right" },
        { title: "REFUSED", cell: ({ refused }) => String(refused), align: "right" },
      ]),
    );
  }
  return blocks.join("\n\n");
}

export const templateInsightsCommand: CliCommand = defineCommand<InsightsOptions>({
  usage: "insights <template>",
  summary: "show how a template is used: creations, hits and misses, times, people, parameters",
  notes: "For template admins. Whole days in UTC, 90 at most; days without a creation are left out of the last table.",
  example: "prewarm templates insights node --from 7d",
  options: [
    {
      flags: "--from <when>",
      about: "the first day: so long ago (7d), or a date; 29 days before the last unless said",
    },
    { flags: "--to <when>", about: "the last day; today unless said" },
  ],
  isOrganizational: true,
  read: (input) => ({ template: input.operand(0), from: readMoment(input, "from"), to: readMoment(input, "to") }),
  async run({ template, from, to }, { output, world, connect, organization }) {
    const now = world.clock.now();
    const dayOf = (moment: Moment | undefined): string | undefined =>
      moment === undefined ? undefined : instantOf(moment, now).slice(0, dayLength);
    const query = { ...definedOnly({ from: dayOf(from), to: dayOf(to) }), ...organization };
    const insights = await (await connect()).call("templateInsights", { params: { template }, query });
    output.result(insights, () => renderInsights(insights, output));
    return exitCodes.done;
  },
});
