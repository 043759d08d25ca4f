import type { ManifestPreset } from "../../../../../contracts/manifest.ts";
import { fieldsOf, type Fields, itemsOf, numberOf, textOf } from "../../json-fields.ts";

/** A `coder_workspace_preset` as a preset of a manifest; of its values those of parameters that there are. */
export function readPreset(values: Fields, isParameter: (name: string) => boolean): ManifestPreset {
  const parameters = Object.entries(fieldsOf(values["parameters"])).filter(([name]) => isParameter(name));
  const [prebuilds] = itemsOf(values["prebuilds"]).map(fieldsOf);
  const [description, icon] = [textOf(values["description"]), textOf(values["icon"])];
  return {
    name: textOf(values["name"]),
    ...(description === "" ? {} : { description }),
    ...(icon === "" ? {} : { icon }),
    ...(values["default"] === true ? { default: true } : {}),
    ...(parameters.length === 0
      ? {}
      : { parameters: Object.fromEntries(parameters.map(([name, value]) => [name, textOf(value)])) }),
    ...(prebuilds === undefined ? {} : { prebuilds: readPrebuilds(prebuilds) }),
  };
}

function readPrebuilds(prebuilds: Fields): NonNullable<ManifestPreset["prebuilds"]> {
  const [expiration] = itemsOf(prebuilds["expiration_policy"]).map(fieldsOf);
  const [scheduling] = itemsOf(prebuilds["scheduling"]).map(fieldsOf);
  const schedules = itemsOf(scheduling?.["schedule"]).map(fieldsOf);
  return {
    instances: numberOf(prebuilds["instances"]) ?? 0,
    ...(expiration === undefined ? {} : { expiration_policy: { ttl: numberOf(expiration["ttl"]) ?? 0 } }),
    ...(scheduling === undefined
      ? {}
      : {
          scheduling: {
            timezone: textOf(scheduling["timezone"]),
            schedule: schedules.map(({ cron, instances }) => ({
              cron: textOf(cron),
              instances: numberOf(instances) ?? 0,
            })),
          },
        }),
  };
}
