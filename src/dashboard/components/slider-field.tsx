import { Field, type FieldTexts } from "./field.tsx";

interface SliderFieldProps extends FieldTexts {
  /** Empty: nothing is chosen yet. */
  readonly value: string;
  readonly min: number;
  readonly max: number;
  readonly disabled?: boolean;
  readonly onChange: (value: string) => void;
}

/** Narrower than this, whole numbers would leave nothing to slide over. */
const wholeStepsFrom = 2;
const fineStep = 0.05;

export function SliderField({ label, hint, error, value, min, max, disabled = false, onChange }: SliderFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <div className="flex min-h-9 items-center gap-3">
          <input
            {...ids}
            type="range"
            min={min}
            max={max}
            step={max - min >= wholeStepsFrom ? 1 : fineStep}
            value={value === "" ? String(min) : value}
            aria-valuetext={value === "" ? "nothing chosen" : value}
            disabled={disabled}
            onChange={(event) => onChange(event.target.value)}
            className="min-w-0 flex-1 accent-accent"
          />
          <output htmlFor={ids.id} className="min-w-10 text-right text-sm tabular-nums">
            {value === "" ? "–" : value}
          </output>
        </div>
      )}
    </Field>
  );
}
