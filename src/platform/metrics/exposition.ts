import { fullMetricName, metricDefinitions, type SampledName } from "./metric-definitions.ts";

/** One value of a metric. `labels` as `labelsText` writes them; empty for none. */
export interface Sample {
  readonly labels: string;
  readonly value: number;
}

/** Labels in the text format, without the braces. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

/** A label's value as it may stand between quotes. */
export function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : value;
}

/** One metric with its samples in Prometheus' text format; nothing when it has no samples. */
export function familyText(name: SampledName, namespace: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const full = fullMetricName(name, namespace);
  const { help, type } = metricDefinitions[name];
  let text = `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n`;
  for (const { labels, value } of samples)
    text += labels === "" ? `${full} ${value}\n` : `${full}{${labels}} ${value}\n`;
  return text;
}
