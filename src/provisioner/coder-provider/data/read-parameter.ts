import { entryOf, type JobFacts } from "../job-facts.ts";
import { type Diagnostic, problem } from "../protocol/diagnostic.ts";
import { exampleValue } from "../rules/example-value.ts";
import { resolveFormType } from "../rules/form-type.ts";
import type { ParameterConfig, RuleProblem } from "../rules/parameter-config.ts";
import { configProblems, type ResolvedParameter, resolveParameter } from "../rules/parameter-rules.ts";
import { mapItems } from "../values/conform.ts";
import { fieldOf, type Fields, type Value } from "../values/value.ts";
import { parameterConfig } from "./parameter-config.ts";

interface ParameterRead {
  readonly computed: Fields;
  readonly problems: readonly Diagnostic[];
}

/** `coder_parameter` with the value that the build gives it, or its default (spec §4.3). */
export function readParameter(config: Fields, facts: JobFacts, id: string): ParameterRead {
  const rules = parameterConfig(config);
  const value = entryOf(facts.parameters, rules.name);
  const previous = entryOf(facts.previousParameters, rules.name);
  const result = resolveParameter(rules, {
    ...(value === undefined ? {} : { value }),
    ...(previous === undefined ? {} : { previous }),
  });
  const read = (resolved: Omit<ResolvedParameter, "optional">, optional: boolean): ParameterRead => ({
    computed: {
      id,
      value: resolved.value,
      optional,
      form_type: resolved.formType,
      validation: withBounds(fieldOf(config, "validation")),
    },
    problems: [],
  });
  if (!("problems" in result) && (value !== undefined || !isTried(facts) || result.optional)) {
    return read(result, result.optional);
  }
  if (facts.isForm === true && value !== undefined) return readParameter(config, without(facts, rules.name), id);
  const example = isTried(facts) && value === undefined && rules.default === null ? exampleFor(rules) : null;
  if (example !== null) return read(example, false);
  return { computed: {}, problems: "problems" in result ? result.problems.map(ruleDiagnostic) : [] };
}

/** As if nobody had given the parameter a value. */
function without(facts: JobFacts, name: string): JobFacts {
  return { ...facts, parameters: Object.fromEntries(Object.entries(facts.parameters).filter(([key]) => key !== name)) };
}

/** A plan by which a version is tried, at its import or for a form, and no build: a required parameter is nobody's to fill in yet. */
function isTried({ buildId }: JobFacts): boolean {
  return buildId === undefined;
}

/** Null where the block itself is not sound: that is an import's to refuse. */
function exampleFor(rules: ParameterConfig): Omit<ResolvedParameter, "optional"> | null {
  const formType = resolveFormType(rules);
  if (configProblems(rules).length > 0 || formType.kind === "problem") return null;
  return { value: exampleValue({ ...rules, formType: formType.formType }), formType: formType.formType };
}

export function ruleDiagnostic({ path, summary, detail }: RuleProblem): Diagnostic {
  return problem(path, summary, detail);
}

function withBounds(validation: Value): Value {
  return mapItems(validation, (item) => ({
    ...item,
    min_disabled: fieldOf(item, "min") === null,
    max_disabled: fieldOf(item, "max") === null,
  }));
}
