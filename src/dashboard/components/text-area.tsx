import type { TextareaHTMLAttributes } from "react";
import { controlLook, Field, type FieldTexts } from "./field.tsx";

type Area = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onChange" | "value">;

interface TextAreaProps extends FieldTexts, Area {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function TextArea({ label, hint, error, value, onChange, className = "", ...rest }: TextAreaProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <textarea
          rows={4}
          {...rest}
          {...ids}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={`${controlLook} ${className}`}
        />
      )}
    </Field>
  );
}
