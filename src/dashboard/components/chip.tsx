import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

interface ChipProps {
  readonly isOn: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

/** A filter that is on or off. */
export function Chip({ isOn, onClick, children }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onClick}
      className={classNames(
        "min-h-7 rounded-full border px-2.5 text-xs font-medium",
        isOn ? "border-accent-border bg-accent-soft text-accent-text" : "border-line-strong text-muted hover:bg-hover",
      )}
    >
      {children}
    </button>
  );
}
