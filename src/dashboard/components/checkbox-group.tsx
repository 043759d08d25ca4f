import { type ReactNode, useId } from "react";
import { Checkbox } from "./checkbox.tsx";
import { FieldError, type FieldTexts } from "./field.tsx";

interface CheckboxGroupProps extends FieldTexts {
  readonly chosen: readonly string[];
  readonly choices: readonly { readonly value: string; readonly label: ReactNode; readonly description?: ReactNode }[];
  readonly disabled?: boolean;
  readonly onChange: (chosen: readonly string[]) => void;
}

/** Some of what there is, in the order in which it is there. */
export function CheckboxGroup(props: CheckboxGroupProps) {
  const { label, hint, error, chosen, choices, disabled = false, onChange } = props;
  const id = useId();
  const check = (value: string, isChecked: boolean): void =>
    onChange(choices.map((choice) => choice.value).filter((one) => (one === value ? isChecked : chosen.includes(one))));
  return (
    <fieldset disabled={disabled} className="mb-4 min-w-0" aria-describedby={error === undefined ? undefined : id}>
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      {hint === undefined ? null : <div className="mb-1 text-xs text-muted">{hint}</div>}
      {choices.map(({ value, label: said, description }) => (
        <Checkbox
          key={value}
          label={said}
          hint={description}
          isChecked={chosen.includes(value)}
          onChange={(isChecked) => check(value, isChecked)}
        />
      ))}
      <FieldError id={id} error={error} />
    </fieldset>
  );
}
