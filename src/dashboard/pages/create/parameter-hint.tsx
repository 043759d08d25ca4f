import { Markdown } from "../../components/markdown.tsx";
import type { ParameterInput } from "./parameter-values.ts";

interface ParameterHintProps {
  readonly definition: ParameterInput;
  readonly isFixed: boolean;
}

/** What the template says of a parameter, and what is to be known of it besides. */
export function ParameterHint({ definition, isFixed }: ParameterHintProps) {
  const { description = "" } = definition;
  const rules = rulesOf(definition, isFixed).join(" ");
  return (
    <>
      {description.trim() === "" ? null : <Markdown text={description} />}
      {rules === "" ? null : <span className="block">{rules}</span>}
    </>
  );
}

function rulesOf({ mutable, ephemeral, validation }: ParameterInput, isFixed: boolean): readonly string[] {
  const { min, max, monotonic } = validation ?? {};
  const range =
    min !== undefined && max !== undefined
      ? `From ${min} to ${max}.`
      : min !== undefined
        ? `At least ${min}.`
        : max !== undefined
          ? `At most ${max}.`
          : "";
  const later =
    ephemeral === true
      ? "Asked at each start, and not kept."
      : mutable === false
        ? "It cannot be changed later."
        : monotonic === undefined
          ? ""
          : `Later it may only ${monotonic === "increasing" ? "grow" : "shrink"}.`;
  return [range, isFixed ? "The preset says this." : "", later].filter((part) => part !== "");
}
