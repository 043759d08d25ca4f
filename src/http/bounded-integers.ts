import type { TSchema } from "typebox";

/** What an `integer` of PostgreSQL holds. */
const integerMax = 2_147_483_647;

/**
 * A schema whose integers all have a bound: that of the database where the contract names none, which would answer with
 * an error of its own. What is larger on purpose (an id, the number of a state) says so in the contract.
 */
export function boundedIntegers<Schema extends TSchema>(schema: Schema): Schema {
  // The same schema with narrower integers: what it describes is of the same type.
  return bounded(schema) as Schema;
}

function bounded(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bounded);
  if (typeof schema !== "object" || schema === null) return schema;
  const narrowed =
    "type" in schema && schema.type === "integer"
      ? { minimum: -integerMax, maximum: integerMax, ...schema }
      : Object.fromEntries(Object.entries(schema).map(([key, inner]) => [key, bounded(inner)]));
  // The kinds of TypeBox and what it marks as optional are properties that are not listed.
  return Object.defineProperties(narrowed, hiddenOf(schema));
}

function hiddenOf(schema: object): PropertyDescriptorMap {
  const all = Object.getOwnPropertyDescriptors(schema);
  return Object.fromEntries(Object.entries(all).filter(([, descriptor]) => descriptor.enumerable !== true));
}
