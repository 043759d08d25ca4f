import { type AttributePath, type Diagnostic, problem, warning } from "../protocol/diagnostic.ts";
import type { Attribute, ValueRule } from "../schema/schema-shape.ts";
import { isList, type Value, unknownValue } from "../values/value.ts";
import { readsAsSeconds, scriptCronFault } from "../../../contracts/script-cron.ts";

const shownCharactersMax = 60;

/** What one attribute of the configuration may not be. Null and unknown values are not looked at. */
export function attributeProblems(attribute: Attribute, value: Value, path: AttributePath): readonly Diagnostic[] {
  if (value === null || value === unknownValue) return [];
  const name = path.at(-1);
  const found: Diagnostic[] = [];
  if (attribute.deprecated !== undefined) found.push(warning(path, `${name} is deprecated`, attribute.deprecated));
  if (attribute.type === "number" && !Number.isSafeInteger(value)) {
    found.push(
      problem(path, `${name} is no whole number`, `${name} has to be a whole number, and is ${shown(value)}.`),
    );
  }
  for (const rule of attribute.rules ?? []) found.push(...ruleProblems(rule, value, path));
  return found;
}

function ruleProblems(rule: ValueRule, value: Value, path: AttributePath): readonly Diagnostic[] {
  const name = path.at(-1);
  if (rule.kind === "cron with seconds") return typeof value === "string" ? cronProblems(value, path) : [];
  const expected = expectation(rule, value);
  return expected === null
    ? []
    : [
        problem(
          path,
          `${name} has a value that it cannot have`,
          `${name} has to be ${expected}, and is ${shown(value)}.`,
        ),
      ];
}

/** What the value would have to be; null where it is. */
function expectation(rule: Exclude<ValueRule, { kind: "cron with seconds" }>, value: Value): string | null {
  switch (rule.kind) {
    case "one of":
      return typeof value === "string" && rule.values.includes(value) ? null : `one of ${rule.values.join(", ")}`;
    case "pattern":
      return typeof value === "string" && rule.pattern.test(value) ? null : rule.is;
    case "range": {
      const isWithin = typeof value === "number" && value >= (rule.min ?? value) && value <= (rule.max ?? value);
      return isWithin ? null : boundsOf(rule);
    }
    case "items":
      return isList(value) && value.length >= rule.min ? null : `a list of at least ${rule.min}`;
    case "length":
      return typeof value === "string" && Array.from(value).length <= rule.max
        ? null
        : `at most ${rule.max} characters long`;
  }
}

function boundsOf({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (max === undefined) return `at least ${min}`;
  return min === undefined ? `at most ${max}` : `from ${min} to ${max}`;
}

function cronProblems(cron: string, path: AttributePath): readonly Diagnostic[] {
  const fault = scriptCronFault(cron);
  if (fault !== null) {
    const detail = `"${cron}" is no time at which a script could run: ${fault}. Write six fields: seconds, minutes, hours, day, month, day of the week.`;
    return [problem(path, "cron cannot be read", detail)];
  }
  if (!readsAsSeconds(cron)) return [];
  const detail = `"${cron}" has five fields, and the first are seconds: seconds, minutes, hours, day, month. Put a 0 before it if the first is to be minutes.`;
  return [warning(path, "cron begins with seconds", detail)];
}

function shown(value: Value): string {
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}…`;
}
