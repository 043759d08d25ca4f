import type { Chance } from "./chance.ts";
import { hostileNumbers, hostileOthers, hostileTexts, unstorableTexts } from "./hostile-values.ts";

/** JSON Schema as the OpenAPI document has it, of which these keywords are used. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Values that exist, by the name of the field or parameter that takes them: what is valid shall also hit something. */
export type Known = (field: string) => readonly unknown[];

/** How long a request may ask to be kept waiting: longer waits are for other tests. */
const waitMsMax = 20;

/** A value that the schema allows, as far as its keywords say. */
export function validValue(schema: Schema, draw: Draw, field = ""): unknown {
  const { chance, known } = draw;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return chance.oneOf(schema.enum);
  if (schema.anyOf !== undefined) return validValue(chance.oneOf(schema.anyOf), draw, field);
  if (field === "waitMs") return chance.below(waitMsMax);
  const existing = known(field);
  if (existing.length > 0 && chance.is(0.8)) return chance.oneOf(existing);
  switch (schema.type) {
    case "string":
      return validText(schema, chance);
    case "integer":
    case "number":
      return validNumber(schema, chance);
    case "boolean":
      return chance.is(0.5);
    case "null":
      return null;
    case "array": {
      const length = (schema.minItems ?? 0) + chance.below(3);
      return Array.from({ length }, () => validValue(schema.items ?? {}, draw, field));
    }
    case "object":
      return validObject(schema, draw);
    default:
      return chance.oneOf<unknown>([null, "a", 1, { a: [1, "b"] }]);
  }
}

export interface Draw {
  readonly chance: Chance;
  readonly known: Known;
}

function validObject(schema: Schema, draw: Draw): Record<string, unknown> {
  const { chance } = draw;
  const entries = Object.entries(schema.properties ?? {})
    .filter(([name]) => schema.required?.includes(name) === true || chance.is(0.4))
    .map(([name, inner]): [string, unknown] => [name, validValue(inner, draw, name)]);
  const [free] = Object.values(schema.patternProperties ?? {});
  const more = free ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
  if (more !== undefined && chance.is(0.5)) entries.push([chance.word(), validValue(more, draw)]);
  return Object.fromEntries(entries);
}

function validText(schema: Schema, chance: Chance): string {
  if (schema.format === "uuid" || schema.pattern?.startsWith("^[0-9a-f]{8}-") === true) return chance.uuid();
  if (schema.pattern?.includes("T\\d{2}") === true) return "2030-01-01T00:00:00.000Z";
  const word = chance.word();
  return word.padEnd(schema.minLength ?? 0, "x").slice(0, schema.maxLength ?? 64);
}

function validNumber(schema: Schema, chance: Chance): number {
  const least = schema.minimum ?? 0;
  const most = Math.min(schema.maximum ?? 1_000, least + 1_000);
  return chance.is(0.1) ? (schema.maximum ?? most) : Math.floor(least + (most - least) * (chance.below(100) / 100));
}

/** A value that nobody meant, of any type. */
export function hostileValue(chance: Chance): unknown {
  return chance.oneOf(
    [hostileTexts, hostileTexts, hostileNumbers, hostileOthers].map((all) => chance.oneOf<unknown>(all)),
  );
}

/** The same with one thing at some depth changed: another value, a key less, a key more. */
export function mutated(value: unknown, chance: Chance): unknown {
  if (Array.isArray(value) && value.length > 0 && chance.is(0.7)) {
    const at = chance.below(value.length);
    return value.map((inner: unknown, nth) => (nth === at ? mutated(inner, chance) : inner));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value) && chance.is(0.8)) {
    const entries = Object.entries(value);
    const at = chance.below(entries.length + 1);
    const [key] = entries[at] ?? [];
    if (key === undefined) return { ...value, [chance.oneOf(hostileTexts.slice(0, 20))]: hostileValue(chance) };
    if (chance.is(0.15)) return Object.fromEntries(entries.filter(([name]) => name !== key));
    return Object.fromEntries(entries.map(([name, inner]) => [name, name === key ? mutated(inner, chance) : inner]));
  }
  return sameTypeOr(value, chance);
}

/** Mostly of the type that it was, so that it comes further than the schema. */
function sameTypeOr(value: unknown, chance: Chance): unknown {
  if (chance.is(0.3)) return hostileValue(chance);
  if (typeof value === "number") return chance.oneOf(hostileNumbers);
  if (typeof value !== "string") return hostileValue(chance);
  const text = chance.is(0.4) ? chance.oneOf(unstorableTexts) : chance.oneOf(hostileTexts);
  return chance.is(0.5) ? text : `${value}${text}`;
}
