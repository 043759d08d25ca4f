import { fieldsOf, type Fields, itemsOf, textOf } from "../../json-fields.ts";

interface ModuleCall {
  /** The module that calls it, by the names of the calls on the way. */
  readonly caller: string;
  readonly fields: Fields;
}

export type ModuleCalls = ReadonlyMap<string, ModuleCall>;

/** The calls of all modules of a plan's configuration, by the names of the calls on the way. */
export function moduleCallsOf(plan: unknown): ModuleCalls {
  return callsOf(fieldsOf(fieldsOf(fieldsOf(plan)["configuration"])["root_module"]), "");
}

function callsOf(module: Fields, path: string): ModuleCalls {
  const calls = new Map<string, ModuleCall>();
  for (const [name, value] of Object.entries(fieldsOf(module["module_calls"]))) {
    const fields = fieldsOf(value);
    const called = path === "" ? name : `${path}.${name}`;
    calls.set(called, { caller: path, fields });
    for (const [below, call] of callsOf(fieldsOf(fields["module"]), called)) calls.set(below, call);
  }
  return calls;
}

/** What a reference in a module stands for: itself, or what the module's callers have given to its variable. */
export function sourcesOf(calls: ModuleCalls, module: string, reference: string): readonly string[] {
  const [, variable] = /^var\.([^.[]+)/.exec(reference) ?? [];
  const call = calls.get(module);
  if (variable === undefined || call === undefined) return [reference];
  const given = fieldsOf(call.fields["expressions"])[variable];
  return referencesIn(given).flatMap((outer) => sourcesOf(calls, call.caller, outer));
}

/** All that an expression, or what is nested in it, refers to. */
export function referencesIn(expression: unknown): readonly string[] {
  if (Array.isArray(expression)) return expression.flatMap(referencesIn);
  const fields = fieldsOf(expression);
  const own = itemsOf(fields["references"]).map(textOf);
  const below = Object.values(fields).filter((part) => typeof part === "object");
  return [...own, ...below.flatMap(referencesIn)];
}
