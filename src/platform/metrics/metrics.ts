import { gzipSync } from "node:zlib";
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";
import { familyText, labelsText } from "./exposition.ts";
import {
  fullMetricName,
  type HistogramName,
  type LabelsOf,
  type MetricDefinition,
  metricDefinitions,
  type SampledName,
} from "./metric-definitions.ts";

/** What a gauge shows at a scrape, read from memory alone. */
export interface GaugeReading {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Text that was made before, as it is and compressed: a large one is not compressed anew for each scrape. */
export interface CachedText {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

export interface Metrics {
  readonly namespace: string;
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, seconds: number): void;
  /** Shows a gauge; `read` is asked at each scrape and must not wait for anything. @returns what takes it away. */
  gauge(name: SampledName, read: () => readonly GaugeReading[]): () => void;
  /** Shows text that was made before. A second one under the same key takes the place of the first. */
  cached(key: string, read: () => CachedText): () => void;
  /**
   * Everything, in Prometheus' text format. Asks nothing of anybody outside of this process.
   * @param encoding `gzip` in several members, one after the other, as the format allows.
   */
  scrape(encoding?: "plain" | "gzip"): Promise<Buffer>;
}

/** Content type of what `scrape` gives. */
export const scrapeContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Gauges of the library whose names end as only a counter's may, which `promtool check metrics` refuses. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/**
 * The metrics of one server. A part that is stopped and started again registers what it had registered before: the
 * histograms go on, and the rest is replaced.
 */
export function createMetrics(options: { readonly namespace: string; readonly hasProcessMetrics?: boolean }): Metrics {
  const { namespace } = options;
  const registry = new Registry();
  const gauges = new Map<SampledName, () => readonly GaugeReading[]>();
  const texts = new Map<string, () => CachedText>();
  const histograms = allHistograms(registry, namespace);
  if (options.hasProcessMetrics === true) {
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
  }

  function gaugesText(): string {
    let text = "";
    for (const [name, read] of gauges) {
      const samples = read().map(({ labels, value }) => ({ labels: labelsText(labels), value }));
      text += familyText(name, namespace, samples);
    }
    return text;
  }

  return {
    namespace,
    observe: (name, labels, seconds) => histograms.get(name)?.observe(labels, Math.max(0, seconds)),
    gauge: (name, read) => put(gauges, name, read),
    cached: (key, read) => put(texts, key, read),
    scrape: async (encoding = "plain") => {
      const own = Buffer.from(`${await registry.metrics()}\n${gaugesText()}`);
      const kept = [...texts.values()].map((read) => read());
      return encoding === "gzip"
        ? Buffer.concat([gzipSync(own), ...kept.map((text) => text.gzipped)])
        : Buffer.concat([own, ...kept.map((text) => text.plain)]);
    },
  };
}

function allHistograms(registry: Registry, namespace: string): ReadonlyMap<string, Histogram> {
  const made = new Map<string, Histogram>();
  for (const name of Object.keys(metricDefinitions) as (keyof typeof metricDefinitions)[]) {
    const definition: MetricDefinition = metricDefinitions[name];
    if (definition.type !== "histogram") continue;
    const { help, labels, buckets = [] } = definition;
    const full = fullMetricName(name, namespace);
    const histogram = { name: full, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] };
    made.set(name, new Histogram(histogram));
  }
  return made;
}

/** @returns what takes it away, unless somebody else has come in its place. */
function put<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): () => void {
  map.set(key, value);
  return () => {
    if (map.get(key) === value) map.delete(key);
  };
}
