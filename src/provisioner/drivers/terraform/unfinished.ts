import type { PlannedChange } from "../../../domain/replacement/planned-change.ts";
import { fieldsOf, type Fields, itemsOf, numberOf, parseJson } from "./json-fields.ts";
import type { UnfinishedCreation } from "./terraform-state.ts";

/**
 * Types that are nothing but their provisioners: their attributes are known from the plan, and destroying one means
 * to run its destroy-time provisioners. So one whose creation was cut off can be destroyed as if it was complete.
 */
const provisionerTypes: ReadonlySet<string> = new Set(["terraform_data", "null_resource"]);

export function canBeDestroyedUnseen(type: string): boolean {
  return provisionerTypes.has(type);
}

/** What a plan is going to create. */
export function plannedCreations(changes: readonly PlannedChange[]): readonly UnfinishedCreation[] {
  return changes
    .filter(({ actions, mode }) => mode === "managed" && actions.includes("create"))
    .map(({ address, module, type, name, index, provider, after }) => ({
      address,
      module,
      type,
      name,
      index,
      provider,
      values: canBeDestroyedUnseen(type) ? fieldsOf(after) : null,
    }));
}

export interface TfstateDraft {
  /** The state file; null for none. */
  readonly tfstate: string | null;
  readonly unfinished: readonly UnfinishedCreation[];
  readonly newId: () => string;
  /** Of the binary that reads the result. */
  readonly terraformVersion: string;
}

/**
 * The state to destroy by: with what may exist and is not in it, as far as that can be written down, and without the
 * mark of a failed creation (`tainted`) on what is made of provisioners alone. Terraform runs no destroy-time
 * provisioner of a tainted resource; what its create-time provisioner had done before it failed would be left over.
 */
export function tfstateToDestroy({ tfstate, unfinished, newId, terraformVersion }: TfstateDraft): string {
  const state: Fields =
    tfstate === null
      ? { version: 4, terraform_version: terraformVersion, serial: 0, lineage: newId(), outputs: {} }
      : fieldsOf(parseJson(tfstate));
  let resources = itemsOf(state["resources"]).map(fieldsOf).map(untainted);
  for (const creation of unfinished) {
    if (creation.values !== null) resources = withCreation(resources, creation, newId());
  }
  return JSON.stringify({ ...state, serial: (numberOf(state["serial"]) ?? 0) + 1, resources }, null, 2);
}

function untainted(resource: Fields): Fields {
  if (!canBeDestroyedUnseen(String(resource["type"]))) return resource;
  const instances = itemsOf(resource["instances"]).map(fieldsOf);
  return { ...resource, instances: instances.map(({ status: _status, ...instance }) => instance) };
}

function withCreation(resources: readonly Fields[], creation: UnfinishedCreation, id: string): Fields[] {
  const { module, type, name, index, provider, values } = creation;
  const instance = {
    ...(index === null ? {} : { index_key: index }),
    schema_version: 0,
    attributes: type === "terraform_data" ? dataAttributes(values ?? {}, id) : { ...values, id },
    sensitive_attributes: [],
  };
  const isSame = (resource: Fields): boolean =>
    resource["mode"] === "managed" &&
    resource["type"] === type &&
    resource["name"] === name &&
    (resource["module"] ?? "") === module;
  if (resources.some(isSame)) {
    return resources.map((resource) =>
      isSame(resource) ? { ...resource, instances: [...itemsOf(resource["instances"]), instance] } : resource,
    );
  }
  const fresh = { mode: "managed", type, name, provider: `provider["${provider}"]`, instances: [instance] };
  return [...resources, module === "" ? fresh : { module, ...fresh }];
}

/** The state keeps what may be of any type together with its type; the plan has the values alone. */
function dataAttributes(values: Readonly<Record<string, unknown>>, id: string): Fields {
  const input = dynamicValue(values["input"]);
  return { id, input, output: input, triggers_replace: dynamicValue(values["triggers_replace"]) };
}

function dynamicValue(value: unknown): Fields | null {
  return value === undefined || value === null ? null : { value, type: typeOf(value) };
}

function typeOf(value: unknown): unknown {
  if (value === null || value === undefined) return "dynamic";
  if (typeof value === "boolean") return "bool";
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return ["tuple", value.map(typeOf)];
  return ["object", Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typeOf(item)]))];
}
