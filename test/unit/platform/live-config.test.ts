import { expect, test } from "vitest";
import { LiveConfig } from "../../../src/platform/config/live-config.ts";
import { loadConfig } from "../../../src/platform/config/load-config.ts";
import { durationOption, integerOption, stringOption } from "../../../src/platform/config/option.ts";

const options = {
  lifetimeMs: durationOption({ name: "session.lifetime", default: 60_000, description: "" }),
  max: integerOption({ name: "pool.max", default: 3, min: 1, max: 9, description: "" }),
  key: stringOption({ name: "state.key", default: "", isSecret: true, description: "" }),
};

function live(flags: Readonly<Record<string, string>> = {}): LiveConfig<typeof options> {
  const loaded = loadConfig(options, { flags: new Map(Object.entries(flags)), env: {} });
  return new LiveConfig({ options, loaded, live: ["max", "key"] });
}

test("what is stored counts from the moment that it is held, in values that were taken before", () => {
  const config = live();
  const { values } = config;
  expect(values.max).toBe(3);
  config.hold(new Map([["pool.max", "7"]]));
  expect(values.max).toBe(7);
  expect(config.list().find(({ name }) => name === "pool.max")).toMatchObject({ value: "7", source: "stored" });
  config.hold(new Map());
  expect(values.max).toBe(3);
});

test("a flag wins over what is stored", () => {
  const config = live({ "pool-max": "5" });
  config.hold(new Map([["pool.max", "7"]]));
  expect(config.values.max).toBe(5);
  expect(config.list().find(({ name }) => name === "pool.max")).toMatchObject({ value: "5", source: "flag" });
});

test("what this release cannot read is passed over, and so is what may not change", () => {
  const config = live();
  const stored = { "pool.max": "10", "session.lifetime": "2m" };
  config.hold(new Map(Object.entries(stored)));
  expect(config.values).toMatchObject({ max: 3, lifetimeMs: 60_000 });
  expect(config.accepts("pool.max", "10")).toBe(false);
  expect(config.accepts("pool.max", "9")).toBe(true);
  expect(config.accepts("session.lifetime", "2m")).toBe(false);
});

test("a secret has no value in the list", () => {
  const config = live({ "state-key": "of the flag" });
  config.hold(new Map([["state.key", "that is stored"]]));
  expect(JSON.stringify(config.list())).not.toMatch(/of the flag|that is stored/);
  expect(config.list().find(({ name }) => name === "state.key")).toMatchObject({ value: null, isSecret: true });
});
