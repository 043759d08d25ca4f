/** A step into a value: an attribute or map key, or an index of a list. */
export type PathStep = string | number;

/** One resource of a plan, of Terraform's `resource_changes` (the JSON of `terraform show -json PLANFILE`). */
export interface PlannedChange {
  readonly address: string;
  /** `managed` or `data`. */
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  /** Empty in the root module. */
  readonly module: string;
  readonly index: PathStep | null;
  readonly provider: string;
  /** `no-op`, `create`, `read`, `update`, `delete`; a replacement has two of them, in the order of doing. */
  readonly actions: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  /** `true`, or the same shape as `after` with `true` where the value is known only after the apply. */
  readonly afterUnknown: unknown;
  /** `true`, or the same shape as the value with `true` where it is sensitive. */
  readonly beforeSensitive: unknown;
  readonly afterSensitive: unknown;
  /** Attributes that force the replacement. */
  readonly replacePaths: readonly (readonly PathStep[])[];
}

export interface PlanReading {
  readonly changes: readonly PlannedChange[];
  /** Whether any output gets another value; an apply stores it, though no resource changes. */
  readonly hasOutputChanges: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** An object's fields; none for anything else. */
function fieldsOf(value: unknown): Fields {
  // An object that is no array is what `Fields` says: names with unknown values.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function stepsOf(value: unknown): readonly PathStep[] {
  return itemsOf(value).filter((step) => typeof step === "string" || typeof step === "number");
}

/**
 * Reads a plan of Terraform's JSON, format 1.x. Total: what is missing or has another shape counts as absent, so
 * that a field which a later release adds or drops stops nobody.
 */
export function readPlan(plan: unknown): PlanReading {
  const { resource_changes: resources, output_changes: outputs } = fieldsOf(plan);
  return {
    changes: itemsOf(resources).map(changeOf),
    hasOutputChanges: Object.values(fieldsOf(outputs)).some(
      (output) => !itemsOf(fieldsOf(output)["actions"]).every((action) => action === "no-op"),
    ),
  };
}

function changeOf(value: unknown): PlannedChange {
  const resource = fieldsOf(value);
  const change = fieldsOf(resource["change"]);
  const index = resource["index"];
  return {
    address: textOf(resource["address"]),
    mode: textOf(resource["mode"]),
    type: textOf(resource["type"]),
    name: textOf(resource["name"]),
    module: textOf(resource["module_address"]),
    index: typeof index === "string" || typeof index === "number" ? index : null,
    provider: textOf(resource["provider_name"]),
    actions: itemsOf(change["actions"]).map(textOf),
    before: change["before"] ?? null,
    after: change["after"] ?? null,
    afterUnknown: change["after_unknown"] ?? false,
    beforeSensitive: change["before_sensitive"] ?? false,
    afterSensitive: change["after_sensitive"] ?? false,
    replacePaths: itemsOf(change["replace_paths"]).map(stepsOf),
  };
}
