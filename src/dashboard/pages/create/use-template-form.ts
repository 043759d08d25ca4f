import { useState } from "react";
import type { TemplateForm } from "../../../contracts/api/template-form.ts";
import type { Preset, TemplateDetail } from "../../../contracts/api/templates.ts";
import { inOrder } from "../../../contracts/parameter-form.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import type { AskedQuery } from "../../components/query-fault.tsx";
import { useRested } from "../../components/use-rested.ts";
import type { UrlParams } from "../../state/url-state.ts";
import { type ParameterInput, typedParameters } from "./parameter-values.ts";

/** The form is worked out anew when nobody has typed for so long. */
const restMs = 300;

export interface DrawnForm {
  readonly definitions: readonly ParameterInput[];
  /** Whether what is shown is of what was chosen before. */
  readonly isDrawing: boolean;
  /** What is wrong with a value, beside its field. */
  readonly problemOf: (parameter: string) => string | undefined;
  /** Null where the form is the same for everybody, so that nothing is asked. */
  readonly query: AskedQuery | null;
}

/**
 * The parameters that a template asks for, with what was typed so far: those of its manifest, or, where they depend on each
 * other or on the person, those that a provisioner has worked out. What was shown stays until the next is there.
 */
export function useTemplateForm(
  { template, manifest }: TemplateDetail,
  { typed, preset }: { readonly typed: UrlParams; readonly preset: Preset | null },
): DrawnForm {
  const isDynamic = template.activeVersion?.hasDynamicForm === true;
  const values = typedParameters(typed, preset);
  const wish = JSON.stringify({ values, ...(preset === null ? {} : { preset: preset.name }) });
  const rested = useRested(wish, restMs);
  const body = JSON.parse(rested) as Asked; // as it was written above
  const query = useApi("evaluateTemplateForm", {
    key: keys.form(template.name, body),
    input: { params: { template: template.name }, query: { organization: template.organization }, body },
    isEnabled: isDynamic,
    keepsPrevious: true,
  });
  // What cannot be drawn with these values leaves what was drawn before: there they are changed.
  const [last, setLast] = useState(query.data);
  if (query.data !== undefined && query.data !== last) setLast(query.data);
  const drawn = query.data ?? last;
  const known = inOrder(manifest?.parameters ?? []);
  if (!isDynamic) return { definitions: known, isDrawing: false, problemOf: () => undefined, query: null };
  return {
    definitions: drawn?.parameters ?? known,
    isDrawing: rested !== wish || query.isFetching,
    problemOf: (parameter) => problemIn(query.data, parameter),
    query,
  };
}

interface Asked {
  readonly values: Record<string, string>;
  readonly preset?: string;
}

/** What is only missing is no mistake yet: its field says that it is required. */
function problemIn(form: TemplateForm | undefined, name: string): string | undefined {
  const found = form?.problems.find(({ parameter, kind }) => parameter === name && kind !== "missing");
  return found === undefined ? undefined : `${found.reason.charAt(0).toUpperCase()}${found.reason.slice(1)}.`;
}
