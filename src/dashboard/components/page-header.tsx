import type { ReactNode } from "react";
import { Breadcrumb, type Crumb } from "./breadcrumb.tsx";
import { OfferedFrom, pageHead } from "./offered-actions.ts";

interface PageHeaderProps {
  readonly title: string;
  /** Beside the title: a state, a badge. */
  readonly aside?: ReactNode;
  readonly crumbs?: readonly Crumb[];
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** The one `h1` of a page. It gets the focus when the page is gone to. */
export function PageHeader({ title, aside, crumbs = [], actions, children }: PageHeaderProps) {
  return (
    <header className="mb-4">
      {crumbs.length === 0 ? null : <Breadcrumb crumbs={crumbs} />}
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <h1 tabIndex={-1} className="min-w-0 text-xl font-semibold wrap-anywhere">
            {title}
          </h1>
          {aside}
        </div>
        {actions === undefined ? null : (
          <OfferedFrom value={pageHead}>
            <div className="flex flex-wrap gap-2">{actions}</div>
          </OfferedFrom>
        )}
      </div>
      {children === undefined ? null : <div className="mt-1 text-muted">{children}</div>}
    </header>
  );
}
