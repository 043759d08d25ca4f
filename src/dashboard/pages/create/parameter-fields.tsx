import type { ApiError } from "../../api/api-error.ts";
import { ParameterField } from "./parameter-field.tsx";
import { asText, type ParameterInput, type ParameterTexts } from "./parameter-values.ts";

interface ParameterFieldsProps {
  readonly definitions: readonly ParameterInput[];
  /** What was typed; what was not is the default. */
  readonly said: ParameterTexts;
  readonly error: ApiError | null;
  readonly onChange: (said: ParameterTexts) => void;
}

/** Fields of parameters that a dialog asks for. */
export default function ParameterFields({ definitions, said, error, onChange }: ParameterFieldsProps) {
  return definitions.map((definition) => {
    const { name } = definition;
    return (
      <ParameterField
        key={name}
        definition={definition}
        value={Object.hasOwn(said, name) ? (said[name] ?? "") : asText(definition.default)}
        isFixed={false}
        error={error?.problems.find(({ field }) => field === `parameters.${name}`)?.reason}
        onChange={(text) => onChange({ ...said, [name]: text })}
      />
    );
  });
}
