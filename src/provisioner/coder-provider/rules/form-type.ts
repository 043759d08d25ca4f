import type { ParameterConfig, ParameterConfigType, RuleProblem } from "./parameter-config.ts";

/** The form types of a type, with options and without; the first is the one that an absent `form_type` stands for. */
const formTypes: Readonly<
  Record<ParameterConfigType, { readonly withOptions: FormTypes; readonly without: FormTypes }>
> = {
  string: { withOptions: ["radio", "dropdown"], without: ["input", "textarea"] },
  number: { withOptions: ["radio", "dropdown"], without: ["input", "slider"] },
  bool: { withOptions: ["radio", "dropdown"], without: ["checkbox", "switch"] },
  "list(string)": { withOptions: ["radio", "multi-select"], without: ["tag-select"] },
};

type FormTypes = readonly [first: string, ...others: string[]];

export type FormTypeResult =
  | { readonly kind: "ok"; readonly formType: string }
  | { readonly kind: "problem"; readonly problem: RuleProblem };

/** The form type that a parameter is shown with. An empty text counts as absent, as everywhere in Terraform's old types. */
export function resolveFormType(config: Pick<ParameterConfig, "type" | "formType" | "options">): FormTypeResult {
  const hasOptions = config.options.length > 0;
  const allowed = formTypes[config.type][hasOptions ? "withOptions" : "without"];
  const given = config.formType ?? "";
  if (given === "") return { kind: "ok", formType: allowed[0] };
  if (allowed.includes(given)) return { kind: "ok", formType: given };
  const detail =
    `A parameter of type ${config.type} ${hasOptions ? "with" : "without"} options cannot be shown as "${given}". ` +
    `Write ${allowed.map((one) => `"${one}"`).join(" or ")}, or leave form_type out.`;
  return { kind: "problem", problem: { path: ["form_type"], summary: "The form type does not fit", detail } };
}
