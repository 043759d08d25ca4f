import { type ReactNode, useId } from "react";

interface CheckboxProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly isChecked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (isChecked: boolean) => void;
  /** The label is there for screen readers only. */
  readonly isLabelHidden?: boolean;
}

export function Checkbox({ label, hint, isChecked, disabled = false, onChange, isLabelHidden = false }: CheckboxProps) {
  const id = useId();
  return (
    <div className={isLabelHidden ? "" : "mb-3"}>
      <label htmlFor={id} className="inline-flex min-h-[24px] min-w-[24px] items-center gap-2 text-sm">
        <input
          id={id}
          type="checkbox"
          className="m-[3px] size-[18px] accent-accent"
          checked={isChecked}
          disabled={disabled}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span className={isLabelHidden ? "sr-only" : ""}>{label}</span>
      </label>
      {hint === undefined ? null : (
        <div id={`${id}-hint`} className="ml-6 text-xs text-muted">
          {hint}
        </div>
      )}
    </div>
  );
}
