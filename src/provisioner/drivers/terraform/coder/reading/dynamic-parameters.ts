import type { Fields } from "../../json-fields.ts";
import { type BlockRef, configuredBlocks } from "./read-blocks.ts";
import type { Finding } from "./finding.ts";
import { type ModuleCalls, moduleCallsOf, referencesIn, sourcesOf } from "./references.ts";

/**
 * Parameters whose form changes with other answers, another person or another workspace. What reaches a module through its inputs is followed; of local values and of what a module gives back, a
 * plan does not say what they are made of.
 */
export function dynamicParameters(plan: unknown): readonly Finding[] {
  const calls = moduleCallsOf(plan);
  return configuredBlocks(plan)
    .filter(({ mode, type }) => mode === "data" && type === "coder_parameter")
    .flatMap(({ fields, ...block }): readonly Finding[] => {
      if (isRepeated(fields)) return [finding(block, dependent)];
      const sources = [
        ...referencesIn(fields["expressions"]).flatMap((reference) => sourcesOf(calls, block.module, reference)),
        ...repeatedBy(calls, block.module),
      ];
      if (sources.some((source) => varying.test(source))) return [finding(block, dependent)];
      const hidden = sources.find((source) => untold.test(source));
      return hidden === undefined ? [] : [finding(block, perhapsDependent(hidden))];
    });
}

const anew = "its form is evaluated anew for each person and input";
const dependent = `it depends on other parameters, on the owner or on the workspace; ${anew}`;

function perhapsDependent(source: string): string {
  return `it uses ${source}, and a plan does not say what that is made of, so ${anew}`;
}

/** What differs between two people who fill in a form, or between two workspaces of one. */
const varying = /^data\.coder_(?:parameter|workspace|workspace_owner)\./;
const untold = /^(?:local|module)\./;

/** What the number of a module's instances, and of those that it is in, is made of. */
function repeatedBy(calls: ModuleCalls, module: string): readonly string[] {
  const call = calls.get(module);
  if (call === undefined) return [];
  const { count_expression: count, for_each_expression: each } = call.fields;
  const own = [count, each].flatMap(referencesIn).flatMap((reference) => sourcesOf(calls, call.caller, reference));
  return [...own, ...repeatedBy(calls, call.caller)];
}

function isRepeated(fields: Fields): boolean {
  return fields["count_expression"] !== undefined || fields["for_each_expression"] !== undefined;
}

function finding(block: BlockRef, reason: string): Finding {
  return { block, reason };
}
