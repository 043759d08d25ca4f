import { expect, test } from "vitest";
import type { OrganizationId } from "../../../src/contracts/ids.ts";
import { desiredInstances } from "../../../src/domain/schedule/desired-instances.ts";
import { planned } from "../../support/planned.ts";
import { now, policy, prebuilds, preset, presetId } from "./pool-factory.ts";

/** Processor time of the cheapest of some runs in milliseconds: what the code costs, whatever else the machine does. */
function fastestMs(runs: number, work: () => void): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    fastest = Math.min(fastest, (user + system) / 1_000);
  }
  return fastest;
}

const zones = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Nowhere/Land"];
const presets = Array.from({ length: 10_000 }, (_, index) =>
  preset({
    presetId: presetId(`preset-${index}`),
    instances: 2,
    timezone: zones[index % zones.length] ?? "UTC",
    schedules: [
      { cron: `* ${index % 9}-12 * * 1-5`, instances: 3 },
      { cron: "* 13-18 * * 1-5", instances: 4 },
      { cron: "* 9-18 * * 0,6", instances: 1 },
    ],
  }),
);

test("the desired counts of 10,000 presets with schedules take well below 100 ms", () => {
  const elapsedMs = fastestMs(5, () => {
    for (const one of presets) desiredInstances(one, now);
  });
  expect(elapsedMs).toBeLessThan(100);
});

test("so they do on a day on which the clocks change", () => {
  const change = Date.UTC(2025, 2, 30, 12);
  const elapsedMs = fastestMs(5, () => {
    for (const one of presets) desiredInstances(one, change);
  });
  expect(elapsedMs).toBeLessThan(100);
});

test("planning 10,000 pools takes less than half a second", () => {
  const running = prebuilds(4, "ready");
  const pools = presets.map((one) => ({ preset: one, prebuilds: running, history: { completed: [] }, cost: 1 }));
  const createRate = { createsPerMinuteMax: 60, createdCount: 0, oldestCreatedAt: null };
  const quotas = new Map([["organization-1" as OrganizationId, { used: 0, allowed: 5_000 }]]);
  const elapsedMs = fastestMs(3, () => {
    planned({ now, policy, pools, inFlightMax: 200, createRate, quotas });
  });
  expect(elapsedMs).toBeLessThan(500);
});
