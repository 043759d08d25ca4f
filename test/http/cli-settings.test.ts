import { expect, it } from "vitest";
import type { Setting } from "../../src/contracts/api/settings.ts";
import { cliAgainst } from "../support/cli-against-api.ts";

const usual: Setting = {
  name: "prebuilds.failed_kept",
  section: "Prebuilds",
  description: "Failed prebuilds kept.",
  expected: "a whole number",
  value: "3",
  default: "3",
  source: "default",
  effect: "at_once",
  isSecret: false,
  stored: null,
  flag: "--prebuilds-failed-kept",
  environment: "PREWARM_PREBUILDS_FAILED_KEPT",
};
const stored = { value: "5", at: "2030-01-01T11:00:00.000Z", by: "ann", isInForce: false };
const settings: Setting[] = [
  usual,
  { ...usual, name: "quota.enabled", value: "true", source: "flag", stored, flag: "--quota-enabled" },
  { ...usual, name: "state.key", value: null, source: "file", isSecret: true, effect: "restart" },
];

it("options are listed by words, or by what somebody changed; a secret is not shown", async () => {
  const { bench } = await cliAgainst({ listSettings: () => ({ json: { settings } }) });
  const named = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await bench.run("settings", "list", ...words)).stdout.trim().split("\n").slice(1);
  expect(await named("failed", "kept")).toHaveLength(3);
  expect(await named("QUOTA")).toEqual([expect.stringMatching(/^quota\.enabled +true +flag +at once/)]);
  const changed = await named("--changed");
  expect(changed.map((row) => row.split(/\s/)[0])).toEqual(["quota.enabled", "state.key"]);
  expect(changed[1]).toMatch(/a secret, not shown +file +restart/);
});

it("one is shown with what is stored of it, where that does not count, and how it is changed", async () => {
  const { bench } = await cliAgainst({ listSettings: () => ({ json: { settings } }) });
  const { stdout } = await bench.run("settings", "show", "quota.enabled");
  expect(stdout).toMatch(/Stored +5, .*, by ann\n +It does not count on this server/);
  const { stdout: locked } = await bench.run("settings", "show", "state.key");
  expect(locked).toContain("restart each server");
  const { exitCode, stderr } = await bench.run("settings", "show", "no.such");
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("prewarm settings list");
});

it("a change and a reset say what counts now", async () => {
  const changed: Setting = { ...usual, value: "5", source: "stored", stored: { ...stored, isInForce: true } };
  const { bench } = await cliAgainst({
    storeSetting: () => ({ json: changed }),
    resetSetting: () => ({ json: usual }),
  });
  const set = await bench.run("settings", "set", usual.name, "5");
  expect(set.stdout).toContain("prebuilds.failed_kept is 5 now, on every server within seconds.");
  const reset = await bench.run("settings", "reset", usual.name);
  expect(reset.stdout).toContain("prebuilds.failed_kept is 3 (default).");
});
