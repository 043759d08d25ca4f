import type { InputHTMLAttributes } from "react";
import { controlLook, Field, type FieldTexts } from "./field.tsx";

type Input = Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value">;

interface TextFieldProps extends FieldTexts, Input {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function TextField({ label, hint, error, value, onChange, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <input
          type="text"
          {...rest}
          {...ids}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={controlLook}
        />
      )}
    </Field>
  );
}
