import type { Block, ValueType } from "../schema/schema-shape.ts";
import { type Fields, isFields, isList, unknownValue, type Value } from "./value.ts";

/** A value that does not have the type that the schema gives it; `path` is where. */
export class ShapeError extends Error {
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], expected: string) {
    super(`${path.join(".") || "The value"} has to be ${expected}.`);
    this.path = path;
  }
}

/** Decimal and exponent, as Terraform writes numbers that fit no float. */
const numberText = /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

type Path = readonly (string | number)[];

/**
 * The block's value with exactly the attributes and blocks of the schema: what is missing is null, or an empty list for
 * nested blocks, and what the schema does not have is left out. For an input of Terraform that means no change; for the
 * state that another provider wrote it is the upgrade (spec §9.2).
 * Errors: `ShapeError`.
 */
export function conformBlock(block: Block, value: unknown, path: Path = []): Fields {
  if (!isObject(value)) throw new ShapeError(path, "an object");
  const fields: Record<string, Value> = {};
  for (const [name, attribute] of Object.entries(block.attributes)) {
    fields[name] = conformValue(attribute.type, own(value, name), [...path, name]);
  }
  for (const [name, nested] of Object.entries(block.blocks ?? {})) {
    const items = own(value, name) ?? [];
    if (items === unknownValue) fields[name] = unknownValue;
    else if (!Array.isArray(items)) throw new ShapeError([...path, name], "a list of blocks");
    else fields[name] = items.map((item, at) => conformItem(nested.block, item, [...path, name, at]));
  }
  return fields;
}

function conformItem(block: Block, item: unknown, path: Path): Value {
  return item === unknownValue ? unknownValue : conformBlock(block, item, path);
}

/** Errors: `ShapeError`. */
export function conformValue(type: ValueType, value: unknown, path: Path): Value {
  if (value === null || value === undefined) return null;
  if (value === unknownValue) return unknownValue;
  if (typeof type === "string") return conformPrimitive(type, value, path);
  const [kind, of] = type;
  if (kind === "object") {
    if (!isObject(value)) throw new ShapeError(path, "an object");
    return Object.fromEntries(
      Object.entries(of).map(([name, each]) => [name, conformValue(each, own(value, name), [...path, name])]),
    );
  }
  if (kind === "map") {
    if (!isObject(value)) throw new ShapeError(path, "a map");
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, conformValue(of, each, [...path, name])]),
    );
  }
  if (!Array.isArray(value)) throw new ShapeError(path, `a ${kind}`);
  return value.map((each, at) => conformValue(of, each, [...path, at]));
}

function conformPrimitive(type: "string" | "number" | "bool", value: unknown, path: Path): Value {
  if (type === "string") {
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
  }
  if (type === "number") {
    if (typeof value === "number") return value;
    if (typeof value === "bigint" || (typeof value === "string" && numberText.test(value))) return Number(value);
  }
  if (type === "bool") {
    if (typeof value === "boolean") return value;
    if (value === "true" || value === "false") return value === "true";
  }
  throw new ShapeError(path, `a ${type}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && value !== unknownValue;
}

function own(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The same of nested blocks and objects, with `change` applied to each item that is known. */
export function mapItems(value: Value, change: (item: Fields) => Fields): Value {
  return isList(value) ? value.map((item) => (isFields(item) ? change(item) : item)) : value;
}
