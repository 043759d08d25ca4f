import { PageLink } from "./page-link.tsx";
import { classNames } from "./class-names.ts";

export interface TabLink {
  readonly label: string;
  readonly to: string;
  readonly isCurrent: boolean;
}

/** Tabs of a page. Each is an address, so they are links. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly TabLink[] }) {
  return (
    <nav aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ label: text, to, isCurrent }) => (
        <PageLink
          key={to}
          to={to}
          aria-current={isCurrent ? "page" : undefined}
          className={classNames(
            "-mb-px border-b-2 px-3 py-2 text-sm font-medium whitespace-nowrap -outline-offset-2",
            isCurrent ? "border-accent-text text-text" : "border-transparent text-muted hover:text-text",
          )}
        >
          {text}
        </PageLink>
      ))}
    </nav>
  );
}
