import { parseListValue } from "../../../domain/parameters/parameter-value.ts";
import { type ParameterConfig, type RuleProblem, shown } from "./parameter-config.ts";
import { typeFault } from "./value-types.ts";

const multiSelect = "multi-select";

/** Names and values of options are unique, and each value is of the parameter's type. */
export function optionProblems(config: ParameterConfig, formType: string): readonly RuleProblem[] {
  // The value of a multi-select is made of its options, so that one of them is one string.
  const type = formType === multiSelect ? "string" : config.type;
  const names = new Set<string>();
  const values = new Set<string>();
  return config.options.flatMap(({ name, value }, index): readonly RuleProblem[] => {
    const problems: RuleProblem[] = [];
    if (names.has(name)) problems.push(taken(index, "name", name));
    if (values.has(value)) problems.push(taken(index, "value", value));
    names.add(name);
    values.add(value);
    const fault = typeFault(type, value);
    if (fault !== null) {
      const detail = `Option ${shown(name)} of parameter ${shown(config.name)} has a value that ${fault}: ${shown(value)}.`;
      problems.push({ path: ["option", index, "value"], summary: "An option is not of the parameter's type", detail });
    }
    return problems;
  });
}

/** With options, a value is one of them; of a multi-select, each element is. */
export function chosenProblems(config: ParameterConfig, formType: string, value: string): readonly RuleProblem[] {
  if (config.options.length === 0) return [];
  const chosen = formType === multiSelect ? parseListValue(value) : [value];
  if (chosen === null) {
    return [notChosen(config, `The value ${shown(value)} ${typeFault("list(string)", value)}`)];
  }
  const allowed = new Set(config.options.map((option) => option.value));
  const stranger = chosen.find((element) => !allowed.has(element));
  return stranger === undefined ? [] : [notChosen(config, `The value ${shown(stranger)} is not one of its options`)];
}

function notChosen(config: ParameterConfig, what: string): RuleProblem {
  const optionsShownMax = 20;
  const named = config.options.slice(0, optionsShownMax).map((option) => shown(option.value));
  const more = config.options.length - named.length;
  const choices = `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return {
    path: ["value"],
    summary: `Parameter ${shown(config.name)} has a value that cannot be chosen`,
    detail: `${what}. Choose from ${choices}.`,
  };
}

function taken(index: number, attribute: "name" | "value", text: string): RuleProblem {
  return {
    path: ["option", index, attribute],
    summary: `Two options have the same ${attribute}`,
    detail: `Another option has the ${attribute} ${shown(text)} already; each needs one of its own.`,
  };
}
