import { type ReactNode, useId } from "react";
import { classNames } from "./class-names.ts";
import { FieldError } from "./field.tsx";

interface RadioChoice {
  readonly value: string;
  readonly label: ReactNode;
  readonly description?: ReactNode;
}

interface RadioGroupProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly value: string;
  readonly choices: readonly RadioChoice[];
  readonly disabled?: boolean;
  readonly onChange: (value: string) => void;
  /** Cards beside each other instead of lines. */
  readonly asCards?: boolean;
}

export function RadioGroup(props: RadioGroupProps) {
  const { label, hint, error, value, choices, disabled = false, onChange, asCards = false } = props;
  const name = useId();
  return (
    <fieldset
      disabled={disabled}
      className="mb-4 min-w-0"
      aria-describedby={error === undefined ? undefined : `${name}-error`}
    >
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      {hint === undefined ? null : <div className="mb-1 text-xs text-muted">{hint}</div>}
      <div className={asCards ? "grid grid-cols-[repeat(auto-fill,minmax(min(16rem,100%),1fr))] gap-3" : ""}>
        {choices.map((choice) => (
          <label
            key={choice.value}
            data-selected={choice.value === value}
            className={classNames(
              "flex min-h-[24px] items-start gap-2 text-sm",
              asCards &&
                "cursor-pointer rounded-lg border border-line-strong p-3 hover:bg-hover data-[selected=true]:border-accent-text data-[selected=true]:bg-accent-soft",
              !asCards && "py-0.5",
            )}
          >
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              onChange={() => onChange(choice.value)}
              className="mt-1 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              <span className="font-medium">{choice.label}</span>
              {choice.description === undefined ? null : (
                <span className="block text-xs text-muted">{choice.description}</span>
              )}
            </span>
          </label>
        ))}
      </div>
      <FieldError id={`${name}-error`} error={error} />
    </fieldset>
  );
}
