import type { PresetConfig } from "../rules/preset-rules.ts";
import { fieldOf, type Fields, isFields, textOf } from "../values/value.ts";
import { blocksOf, numberOrNull } from "./parameter-config.ts";

/** A block `coder_workspace_preset` as its rules look at it; it comes wholly known, and with its defaults. */
export function presetConfig(config: Fields): PresetConfig {
  const [prebuilds] = blocksOf(fieldOf(config, "prebuilds"));
  const parameters = fieldOf(config, "parameters");
  return {
    name: textOf(config, "name"),
    description: textOf(config, "description"),
    icon: textOf(config, "icon"),
    default: fieldOf(config, "default") === true,
    parameters: isFields(parameters)
      ? Object.fromEntries(Object.keys(parameters).map((name) => [name, textOf(parameters, name)]))
      : {},
    prebuilds: prebuilds === undefined ? null : prebuildsConfig(prebuilds),
  };
}

function prebuildsConfig(prebuilds: Fields): NonNullable<PresetConfig["prebuilds"]> {
  const [expiration] = blocksOf(fieldOf(prebuilds, "expiration_policy"));
  const [scheduling] = blocksOf(fieldOf(prebuilds, "scheduling"));
  return {
    instances: numberOrNull(fieldOf(prebuilds, "instances")) ?? 0,
    expirationTtl: expiration === undefined ? null : numberOrNull(fieldOf(expiration, "ttl")),
    scheduling: scheduling === undefined ? null : schedulingConfig(scheduling),
  };
}

function schedulingConfig(scheduling: Fields): NonNullable<NonNullable<PresetConfig["prebuilds"]>["scheduling"]> {
  return {
    timezone: textOf(scheduling, "timezone"),
    schedules: blocksOf(fieldOf(scheduling, "schedule")).map((schedule) => ({
      cron: textOf(schedule, "cron"),
      instances: numberOrNull(fieldOf(schedule, "instances")) ?? 0,
    })),
  };
}
