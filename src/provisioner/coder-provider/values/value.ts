// Terraform's values as they travel in the plugin protocol (spec §9.3), as data of JavaScript.

/** What Terraform does not know yet. There is one of it, compared by identity. */
class UnknownValue {
  readonly isUnknown = true;
}

export const unknownValue = new UnknownValue();

export type Value = null | boolean | number | string | UnknownValue | readonly Value[] | Fields;

/** A value of an object, a map or a block. */
export interface Fields {
  readonly [name: string]: Value;
}

export function isFields(value: Value | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof UnknownValue);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** The field's value; null where there is none. Names of the object's own prototype are none. */
export function fieldOf(fields: Fields, name: string): Value {
  return Object.hasOwn(fields, name) ? (fields[name] ?? null) : null;
}

/** The field's text; empty where it is null, unknown or no text. */
export function textOf(fields: Fields, name: string): string {
  const value = fieldOf(fields, name);
  return typeof value === "string" ? value : "";
}

/** Whether nothing of it is unknown. Values are as deep as their schema: a handful of levels. */
export function isWhollyKnown(value: Value): boolean {
  if (value === unknownValue) return false;
  if (isList(value)) return value.every(isWhollyKnown);
  return isFields(value) ? Object.values(value).every(isWhollyKnown) : true;
}

export function isEqual(one: Value, other: Value): boolean {
  if (isList(one)) {
    return isList(other) && one.length === other.length && one.every((each, at) => isEqual(each, other[at] ?? null));
  }
  if (isFields(one)) {
    if (!isFields(other)) return false;
    const names = Object.keys(one);
    return (
      names.length === Object.keys(other).length &&
      names.every((name) => isEqual(fieldOf(one, name), fieldOf(other, name)))
    );
  }
  return one === other;
}
