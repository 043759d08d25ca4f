import { type AttributePath, type Diagnostic, problem, warning } from "../protocol/diagnostic.ts";
import type { BlockRule } from "../schema/schema-shape.ts";
import { fieldOf, type Fields, isFields, isList, unknownValue, type Value } from "../values/value.ts";

/** Whether the configuration says it: false counts, null and no blocks at all do not. Unknown: perhaps. */
function isSet(value: Value): boolean {
  return value !== null && value !== unknownValue && !(isList(value) && value.length === 0);
}

/** What the attributes of one block may not be together. What is unknown may still turn out well. */
export function blockRuleProblems(rule: BlockRule, fields: Fields, path: AttributePath): readonly Diagnostic[] {
  const value = (name: string): Value => fieldOf(fields, name);
  switch (rule.kind) {
    case "conflict":
      if (!isSet(value(rule.attribute))) return [];
      return rule.with
        .filter((other) => isSet(value(other)))
        .map((other) =>
          problem(
            [...path, rule.attribute],
            ...told(`${rule.attribute} and ${other} exclude each other`, "Leave one of them out."),
          ),
        );
    case "exactly one": {
      const given = rule.of.filter((name) => isSet(value(name)));
      if (given.length === 1 || (given.length === 0 && rule.of.some((name) => value(name) === unknownValue))) return [];
      return [
        problem(
          path,
          ...told(`Exactly one of ${rule.of.join(" and ")} is needed`, `${given.length} of them are given.`),
        ),
      ];
    }
    case "at least one":
      if (rule.of.some((name) => counts(value(name)))) return [];
      return [problem(path, ...told(`One of ${rule.of.join(", ")} is needed`, "Without, nothing would ever happen."))];
    case "only with":
      if (value(rule.attribute) !== true || counts(value(rule.with))) return [];
      return [
        problem(
          [...path, rule.attribute],
          ...told(`${rule.attribute} needs ${rule.with}`, `Set ${rule.with} as well, or leave ${rule.attribute} out.`),
        ),
      ];
    case "unique":
      return repeated(value(rule.block), rule.key).map((key) =>
        problem(
          [...path, rule.block],
          ...told(`Two blocks ${rule.block} have the ${rule.key} "${key}"`, "Each of them needs one of its own."),
        ),
      );
    case "no use with":
      if (value(rule.attribute) !== true) return [];
      return rule.of
        .filter((name) => isSet(value(name)))
        .map((name) =>
          warning([...path, name], ...told(`${name} does nothing`, `It is not seen while ${rule.attribute} is true.`)),
        );
  }
}

const told = (summary: string, detail: string): [string, string] => [summary, detail];

function counts(value: Value): boolean {
  return value === true || value === unknownValue || (typeof value === "string" && value !== "");
}

function repeated(blocks: Value, key: string): readonly string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const block of isList(blocks) ? blocks : []) {
    const text = isFields(block) ? fieldOf(block, key) : null;
    if (typeof text !== "string") continue;
    if (seen.has(text)) twice.add(text);
    seen.add(text);
  }
  return [...twice];
}
