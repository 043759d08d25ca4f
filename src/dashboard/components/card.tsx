import { type ReactNode, useId } from "react";
import { classNames } from "./class-names.ts";

interface CardProps {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A part of a page, with its heading. */
export function Card({ title, actions, className, children }: CardProps) {
  const headingId = useId();
  return (
    <section
      aria-labelledby={title === undefined ? undefined : headingId}
      className={classNames("min-w-0 rounded-lg border border-line bg-page", className)}
    >
      {title === undefined ? null : (
        <header className="flex min-h-11 items-center justify-between gap-2 border-b border-line px-(--pad) py-1.5">
          <h2 id={headingId} className="text-sm font-semibold">
            {title}
          </h2>
          {actions}
        </header>
      )}
      <div className="p-(--pad)">{children}</div>
    </section>
  );
}
