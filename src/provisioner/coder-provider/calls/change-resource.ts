import type { TypeSchema } from "../schema/schema-shape.ts";
import type { AttributePath } from "../protocol/diagnostic.ts";
import { fieldOf, type Fields, isEqual, isWhollyKnown, type Value } from "../values/value.ts";
import { madeFields, plannedFields } from "./computed-fields.ts";
import { fillDefaults } from "./fill-defaults.ts";
import type { ProviderState } from "./provider-state.ts";

export interface AskedChange {
  readonly type: string;
  readonly schema: TypeSchema;
  /** Null: it is to be made. */
  readonly prior: Fields | null;
  /** Null: it is to go. */
  readonly proposed: Fields | null;
  readonly config: Fields | null;
}

export interface PlannedChange {
  readonly planned: Fields | null;
  readonly requiresReplace: readonly AttributePath[];
}

/**
 * What becomes of a resource (spec §9.4): a pure function of the change and the facts of the job, since Terraform plans
 * twice and refuses two answers. Everything is an update in place but what the schema marks with `replaces`.
 */
export function planChange(
  state: ProviderState,
  { type, schema, prior, proposed, config }: AskedChange,
): PlannedChange {
  if (proposed === null) return { planned: null, requiresReplace: [] };
  const filled = fillDefaults(schema.block, proposed);
  const planned = { ...filled, ...plannedFields(type, state, { planned: filled, config: config ?? proposed, prior }) };
  return { planned, requiresReplace: prior === null ? [] : replacing(schema, prior, planned) };
}

function replacing({ block }: TypeSchema, prior: Fields, planned: Fields): readonly AttributePath[] {
  return Object.entries(block.attributes)
    .filter(([name, attribute]) => {
      // A state of an older schema may lack what has a default by now.
      const before: Value = fieldOf(prior, name) ?? attribute.default ?? null;
      return attribute.replaces === true && !isEqual(before, fieldOf(planned, name));
    })
    .map(([name]) => [name]);
}

/** The resource as it is from now on; null for one that has gone. Errors: a planned value that is still unknown. */
export function applyChange(state: ProviderState, type: string, planned: Fields | null): Fields | null {
  if (planned === null) return null;
  const made = { ...planned, ...madeFields(type, state, planned) };
  if (!isWhollyKnown(made)) throw new Error(`A value of ${type} is still unknown although everything is made.`);
  return made;
}
