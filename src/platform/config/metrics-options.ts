import { booleanOption, durationOption, type Option, stringOption } from "./option.ts";

const secondMs = 1_000;
const dayMs = 86_400_000;

/** A prefix that Prometheus takes. */
function namespaceOption(): Option<string> {
  const option = stringOption({
    name: "metrics.namespace",
    default: "prewarm",
    description:
      "First word of the names of the prebuild metrics; coderd gives the names that dashboards for the known system expect.",
  });
  return {
    ...option,
    expected: "letters, digits and underscores, the first one a letter",
    parse: (text) => (/^[a-zA-Z][a-zA-Z0-9_]*$/.test(text.trim()) ? text.trim() : undefined),
  };
}

/** Options of `GET /metrics`. */
export const metricsOptions = {
  metricsToken: stringOption({
    name: "metrics.token",
    default: "",
    isSecret: true,
    description: "Bearer token with which /metrics may be read; without it, and unless metrics.public, nobody may.",
  }),
  metricsPublic: booleanOption({
    name: "metrics.public",
    default: false,
    description: "Whether everybody who reaches the server may read /metrics, without a token.",
  }),
  metricsNamespace: namespaceOption(),
  metricsRefreshIntervalMs: durationOption({
    name: "metrics.refresh_interval",
    default: 15 * secondMs,
    min: secondMs / 10,
    max: dayMs,
    description: "Time between two readings of what the metrics show of the database. A scrape reads nothing itself.",
  }),
  metricsRefreshTimeoutMs: durationOption({
    name: "metrics.refresh_timeout",
    default: 10 * secondMs,
    min: secondMs / 10,
    max: dayMs,
    description: "Longest time that one such reading may take.",
  }),
};
