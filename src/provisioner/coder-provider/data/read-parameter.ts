import { entryOf, type JobFacts } from "../job-facts.ts";
import { type Diagnostic, problem } from "../protocol/diagnostic.ts";
import type { RuleProblem } from "../rules/parameter-config.ts";
import { resolveParameter } from "../rules/parameter-rules.ts";
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
  if ("problems" in result) return { computed: {}, problems: result.problems.map(ruleDiagnostic) };
  return {
    computed: {
      id,
      value: result.value,
      optional: result.optional,
      form_type: result.formType,
      validation: withBounds(fieldOf(config, "validation")),
    },
    problems: [],
  };
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
