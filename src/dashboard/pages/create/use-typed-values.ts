import { useState } from "react";
import type { UrlParams } from "../../state/url-state.ts";
import { type ParameterInput, typedPrefix } from "./parameter-values.ts";

/**
 * What was typed into a form: at first what its address says, into which it also goes, so that going back brings it again.
 * What a template masks stays out of it, as an address is seen and remembered.
 */
export function useTypedValues(params: UrlParams, change: (changes: UrlParams) => void) {
  const [typed, setTyped] = useState(params);
  const type = (definition: ParameterInput, text: string): void => {
    const changes = { [`${typedPrefix}${definition.name}`]: text };
    setTyped((before) => ({ ...before, ...changes }));
    if (definition.styling?.mask_input !== true) change(changes);
  };
  return [typed, type] as const;
}
