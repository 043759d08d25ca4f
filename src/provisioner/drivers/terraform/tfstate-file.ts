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

/** Each managed object that a state holds, by address and id: the same text names the same object in two states. */
export function instanceKeys(text: string): readonly string[] {
  const keys: string[] = [];
  withoutInstances(text, (key) => {
    keys.push(key);
    return false;
  });
  return keys;
}

/** The state without the managed objects that `keys` names; null when there is none besides. */
export function tfstateWithout(text: string, keys: ReadonlySet<string>): string | null {
  const left = JSON.stringify(
    withoutInstances(text, (key) => keys.has(key)),
    null,
    2,
  );
  return hasManagedResources(left) ? left : null;
}

function withoutInstances(text: string, isDropped: (key: string) => boolean): Fields {
  const state = fieldsOf(parseJson(text));
  const resources = itemsOf(state["resources"]).map(fieldsOf);
  return {
    ...state,
    resources: resources.map((resource) => {
      if (resource["mode"] !== "managed") return resource;
      const instances = itemsOf(resource["instances"]).map(fieldsOf);
      return { ...resource, instances: instances.filter((instance) => !isDropped(keyOf(resource, instance))) };
    }),
  };
}

function keyOf(resource: Fields, instance: Fields): string {
  const { deposed: _deposed, ...present } = instance;
  const attributes = fieldsOf(instance["attributes"]);
  return `${addressIn(resource)(present).join()} ${textOf(attributes["id"]) || JSON.stringify(attributes)}`;
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
