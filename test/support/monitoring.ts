import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { fullMetricName, type MetricName, metricDefinitions } from "../../src/platform/metrics/metric-definitions.ts";
import { createMetrics } from "../../src/platform/metrics/metrics.ts";

const deploy = path.resolve(import.meta.dirname, "../../deploy");
export const rulesFile = path.join(deploy, "prometheus/prewarm.rules.yaml");
export const rulesTestFile = path.join(deploy, "prometheus/prewarm.rules.test.yaml");

/** An expression, and where it stands. */
export interface Expression {
  readonly where: string;
  readonly text: string;
}

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function rules(): readonly Rule[] {
  const file = parse(readFileSync(rulesFile, "utf8")) as { readonly groups: readonly { readonly rules: Rule[] }[] };
  return file.groups.flatMap((group) => group.rules);
}

export function ruleExpressions(): readonly Expression[] {
  return rules().map((rule) => ({ where: rule.alert ?? rule.record ?? "", text: rule.expr }));
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The dashboard's expressions, with its variables as Grafana would fill them in. */
export function dashboardExpressions(): readonly Expression[] {
  const file = JSON.parse(readFileSync(path.join(deploy, "grafana/prewarm.json"), "utf8")) as {
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
  };
  const variables = file.templating.list.flatMap(({ name, query }) => {
    const [, inside] = /^label_values\((\w+), \w+\)$/.exec(query) ?? [];
    return inside === undefined ? [] : [{ where: `variable ${name}`, text: inside }];
  });
  const panels = file.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      where: title,
      text: expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, ".*"),
    })),
  );
  return [...variables, ...panels];
}

/** Every series name that a server can show: of its own metrics, of the process, and what the rules record. */
export async function knownSeriesNames(): Promise<ReadonlySet<string>> {
  const scraped = (await createMetrics({ namespace: "prewarm", hasProcessMetrics: true }).scrape()).toString();
  const ofProcess = [...scraped.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name ?? "");
  const own = (Object.keys(metricDefinitions) as MetricName[]).flatMap((name) => {
    const full = fullMetricName(name, "prewarm");
    return metricDefinitions[name].type === "histogram" ? [`${full}_bucket`, `${full}_sum`, `${full}_count`] : [full];
  });
  const recorded = rules().flatMap(({ record }) => (record === undefined ? [] : [record]));
  return new Set([...ofProcess.filter((name) => !name.startsWith("prewarm_")), ...own, ...recorded]);
}

const promqlWords = new Set(
  "and or unless on ignoring by without bool sum max min avg count topk rate increase time vector histogram_quantile".split(
    " ",
  ),
);

/** The names of series that an expression asks for. */
export function seriesNamesIn(expression: string): readonly string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, "")
    .replaceAll(/\{[^}]*\}/g, "")
    .replaceAll(/\[[^\]]*\]/g, "")
    .replaceAll(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, "");
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*/g)].map(([name]) => name).filter((name) => !promqlWords.has(name));
}
