import { describe, expect, it } from "vitest";
import { familyText, labelsText } from "../../../src/platform/metrics/exposition.ts";
import { fullMetricName } from "../../../src/platform/metrics/metric-definitions.ts";
import { createMetrics } from "../../../src/platform/metrics/metrics.ts";

const text = async (metrics: ReturnType<typeof createMetrics>): Promise<string> => (await metrics.scrape()).toString();

describe("the text format", () => {
  it("escapes what a label's value may hold", () => {
    expect(labelsText({ a: 'one "two" \\three\nfour', b: "" })).toBe('a="one \\"two\\" \\\\three\\nfour",b=""');
  });

  it("writes help and type before the samples, and nothing for a metric without any", () => {
    const samples = [{ labels: "", value: 3 }];
    expect(familyText("agents_connected", "prewarm", [])).toBe("");
    expect(familyText("agents_connected", "prewarm", samples)).toMatch(
      /^# HELP prewarm_agents_connected .+\n# TYPE prewarm_agents_connected gauge\nprewarm_agents_connected 3\n$/,
    );
  });

  it("has the namespace in the well-known names, and in no other", () => {
    expect(fullMetricName("prebuilt_workspaces_running", "coderd")).toBe("coderd_prebuilt_workspaces_running");
    expect(fullMetricName("http_request_duration_seconds", "coderd")).toBe("prewarm_http_request_duration_seconds");
  });
});

describe("the metrics of a server", () => {
  it("observe durations, never below zero: two clocks may differ", async () => {
    const metrics = createMetrics({ namespace: "prewarm" });
    metrics.observe("workspace_creation_duration_seconds", { type: "regular" }, 2);
    metrics.observe("workspace_creation_duration_seconds", { type: "regular" }, -1);
    expect(await text(metrics)).toContain('prewarm_workspace_creation_duration_seconds_sum{type="regular"} 2');
  });

  it("110: show what is registered again once, and what has gone no more", async () => {
    const metrics = createMetrics({ namespace: "prewarm" });
    const first = metrics.gauge("agents_connected", () => [{ labels: {}, value: 1 }]);
    const second = metrics.gauge("agents_connected", () => [{ labels: {}, value: 2 }]);
    first();
    expect((await text(metrics)).match(/^prewarm_agents_connected .*/gm)).toEqual(["prewarm_agents_connected 2"]);
    second();
    second();
    expect(await text(metrics)).not.toContain("prewarm_agents_connected");
  });

  it("leave out the library's gauges whose names are a counter's", async () => {
    const shown = await text(createMetrics({ namespace: "prewarm", hasProcessMetrics: true }));
    expect(shown).not.toMatch(/^# TYPE \w+_total gauge$/m);
    expect(shown).toContain("nodejs_eventloop_lag_seconds");
  });
});
