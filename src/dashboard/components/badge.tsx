import type { ReactNode } from "react";

/** A word beside a name that is no state. */
export function Badge({ children }: { readonly children: ReactNode }) {
  return (
    <span className="inline-flex items-center rounded border border-line-strong bg-hover px-1.5 text-xs text-muted">
      {children}
    </span>
  );
}
