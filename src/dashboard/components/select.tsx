import { controlLook, Field, type FieldTexts } from "./field.tsx";

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly description?: string | undefined;
}

interface SelectProps extends FieldTexts {
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly disabled?: boolean;
  readonly onChange: (value: string) => void;
}

/** The browser's own: it works by keyboard, on a phone and with a screen reader without our help. */
export function Select({ label, hint, error, value, choices, disabled = false, onChange }: SelectProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <select
          {...ids}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value)}
          className={controlLook}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
