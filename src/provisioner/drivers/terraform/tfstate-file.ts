import { fieldsOf, type Fields, itemsOf, numberOf, parseJson, textOf } from "./json-fields.ts";

/** Reading of Terraform's state file, version 4. */

export interface TfstateMark {
  readonly lineage: string;
  readonly serial: number;
}

/** Null for what is no state, such as a file that is being written. */
export function tfstateMark(text: string): TfstateMark | null {
  const fields = fieldsOf(parseJson(text));
  const serial = numberOf(fields["serial"]);
  return serial === undefined ? null : { serial, lineage: textOf(fields["lineage"]) };
}

/** Addresses of the managed resources that exist, as `-json` writes them. */
export function tfstateAddresses(text: string): ReadonlySet<string> {
  const resources = itemsOf(fieldsOf(parseJson(text))["resources"]).map(fieldsOf);
  const managed = resources.filter((resource) => resource["mode"] === "managed");
  return new Set(
    managed.flatMap((resource) => itemsOf(resource["instances"]).map(fieldsOf).flatMap(addressIn(resource))),
  );
}

/** Whether anything is left to destroy, objects that wait for their destruction (`deposed`) included. */
export function hasManagedResources(text: string): boolean {
  return itemsOf(fieldsOf(parseJson(text))["resources"])
    .map(fieldsOf)
    .some((resource) => resource["mode"] === "managed" && itemsOf(resource["instances"]).length > 0);
}

function addressIn(resource: Fields): (instance: Fields) => readonly string[] {
  const module = textOf(resource["module"]);
  const base = `${module === "" ? "" : `${module}.`}${textOf(resource["type"])}.${textOf(resource["name"])}`;
  return (instance) => {
    if (textOf(instance["deposed"]) !== "") return [];
    const key = instance["index_key"];
    return [key === undefined || key === null ? base : `${base}[${JSON.stringify(key)}]`];
  };
}
