import { sensitiveText } from "../../../../domain/replacement/plan-report.ts";
import { fieldsOf, type Fields, itemsOf, numberOf, textOf } from "../json-fields.ts";

/** What `coder_metadata` says of another resource. */
export interface ResourceDescription {
  readonly icon: string;
  /** Cost units; undefined where it says nothing. */
  readonly dailyCost: number | undefined;
  readonly isHidden: boolean;
  /** In the order of the template; those without a value are left out. */
  readonly items: readonly (readonly [key: string, value: string])[];
}

/** By the ids of the resources, of all resources of a state. Where several speak of one, what comes first goes first. */
export function describedResources(resources: readonly Fields[]): ReadonlyMap<string, ResourceDescription> {
  const described = new Map<string, ResourceDescription>();
  for (const { type, values } of resources) {
    const said = fieldsOf(values);
    const id = textOf(said["resource_id"]);
    if (type !== "coder_metadata" || id === "") continue;
    const before = described.get(id);
    described.set(id, {
      icon: before?.icon || textOf(said["icon"]),
      dailyCost: before?.dailyCost ?? costOf(said),
      isHidden: before?.isHidden === true || said["hide"] === true,
      items: [...(before?.items ?? []), ...itemsOf(said["item"]).map(fieldsOf).flatMap(itemOf)],
    });
  }
  return described;
}

/** Null in a state where the template does not say it, and 0 where it says so. */
function costOf(said: Fields): number | undefined {
  const cost = numberOf(said["daily_cost"]);
  return cost === undefined || cost < 0 ? undefined : cost;
}

function itemOf({ key, value, sensitive }: Fields): readonly (readonly [string, string])[] {
  if (typeof value !== "string") return [];
  return [[textOf(key), sensitive === true ? sensitiveText : value]];
}
