import type { ParameterConfig } from "./parameter-config.ts";

/**
 * What stands for a required parameter while a template is only tried, and nobody is there to fill it in: something that
 * a plan can be made with. Of a pattern no text is known that matches, so a string is empty.
 */
export function exampleValue({ type, formType, options, validation }: ParameterConfig): string {
  const [first] = options;
  if (first !== undefined) return formType === "multi-select" ? JSON.stringify([first.value]) : first.value;
  switch (type) {
    case "number":
      return String(validation?.min ?? Math.min(1, validation?.max ?? 1));
    case "bool":
      return "false";
    case "list(string)":
      return "[]";
    case "string":
      return "";
  }
}
