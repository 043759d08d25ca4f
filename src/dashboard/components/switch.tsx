import { type ReactNode, useId } from "react";

interface SwitchProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly isOn: boolean;
  readonly disabled?: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** On or off, as a checkbox that says so: it works wherever that does. */
export function Switch({ label, hint, isOn, disabled = false, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="mb-3">
      <label htmlFor={id} className="inline-flex min-h-[24px] items-center gap-2 text-sm">
        <input
          id={id}
          type="checkbox"
          role="switch"
          checked={isOn}
          disabled={disabled}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          onChange={(event) => onChange(event.target.checked)}
          className="relative m-[3px] h-[18px] w-8 shrink-0 cursor-pointer appearance-none rounded-full border border-control bg-hover before:absolute before:top-[2px] before:left-[2px] before:size-3 before:rounded-full before:bg-muted checked:border-accent checked:bg-accent checked:before:left-[16px] checked:before:bg-page disabled:cursor-default disabled:opacity-60 forced-colors:appearance-auto"
        />
        <span>{label}</span>
      </label>
      {hint === undefined ? null : (
        <div id={`${id}-hint`} className="ml-10 text-xs text-muted">
          {hint}
        </div>
      )}
    </div>
  );
}
