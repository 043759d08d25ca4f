import { type ReactNode, useId } from "react";
import { classNames } from "./class-names.ts";
import type { Choice } from "./select.tsx";

interface RadioGroupProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly value: string;
  readonly choices: readonly (Omit<Choice, "description"> & { readonly description?: ReactNode })[];
  readonly onChange: (value: string) => void;
  /** Cards beside each other instead of lines. */
  readonly asCards?: boolean;
}

export function RadioGroup({ label, hint, value, choices, onChange, asCards = false }: RadioGroupProps) {
  const name = useId();
  return (
    <fieldset className="mb-4 min-w-0">
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
    </fieldset>
  );
}
