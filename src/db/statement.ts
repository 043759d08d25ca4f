import type { StatementClass } from "./deadlines.ts";

/**
 * One SQL statement with the shape of its rows. The name is what PostgreSQL prepares it under, once per connection:
 * measured, a named statement takes half the time of an unnamed one.
 */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** What it may take (`deadlines.ts`); `write` unless said. */
  readonly class?: StatementClass;
  /** Never set; carries the type of the rows. */
  readonly row?: Row;
}

const declared = new Map<string, Statement<object>>();

/** Declares a statement. `name` must be unique in the program and at most 63 bytes (PostgreSQL cuts it there). */
export function statement<Row extends object>(
  name: string,
  text: string,
  statementClass: StatementClass = "write",
): Statement<Row> {
  if (name.length > 63 || declared.has(name)) {
    throw new Error(`The statement name "${name}" is too long or used twice.`);
  }
  const made = { name, text, class: statementClass };
  declared.set(name, made);
  return made;
}

/** Every statement of the modules that are loaded: what looks at the plans of all of them walks this. */
export function declaredStatements(): readonly Statement<object>[] {
  return [...declared.values()];
}
