/** How a parameter is asked for: which control a form draws, and in which place. */
import type { FormType, ParameterType } from "./parameter-definition.ts";

const withOptions: Readonly<Record<ParameterType, readonly FormType[]>> = {
  string: ["radio", "dropdown"],
  number: ["radio", "dropdown"],
  bool: ["radio", "dropdown"],
  // Several of the options; with `radio` each option is a list of its own, and one of them is chosen.
  list: ["multi-select", "radio"],
};
const withoutOptions: Readonly<Record<ParameterType, readonly FormType[]>> = {
  string: ["input", "textarea"],
  number: ["input", "slider"],
  bool: ["checkbox", "switch"],
  list: ["tag-select"],
};

/** The form types that fit a type with or without options; the first one unless said. */
export function formTypesFor(type: ParameterType, hasOptions: boolean): readonly FormType[] {
  return (hasOptions ? withOptions : withoutOptions)[type];
}

/** More options than this are a list to open, unless the template says otherwise. */
export const radiosMax = 5;

interface Asked {
  readonly type?: ParameterType | undefined;
  readonly form_type?: FormType | undefined;
  readonly options?: readonly unknown[] | undefined;
}

/** The control of a parameter of a manifest: the one that it says, else the one that fits. */
export function formTypeOf({ type = "string", form_type: said, options = [] }: Asked): FormType {
  const fitting = formTypesFor(type, options.length > 0);
  // One that does not fit can only come from another release: a form is drawn all the same.
  if (said !== undefined && fitting.includes(said)) return said;
  const [first = "input"] = fitting;
  return first === "radio" && options.length > radiosMax ? "dropdown" : first;
}

/** Parameters as they are shown: by their `order`, 0 unless said, then as they stand in the file. */
export function inOrder<One extends { readonly order?: number | undefined }>(
  parameters: readonly One[],
): readonly One[] {
  return parameters.toSorted((one, other) => (one.order ?? 0) - (other.order ?? 0));
}
