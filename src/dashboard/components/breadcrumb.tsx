import { PageLink } from "./page-link.tsx";

export interface Crumb {
  readonly label: string;
  readonly to: string;
}

/** Where the page lies: what stands above it. The page itself is its heading. */
export function Breadcrumb({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className="flex flex-wrap gap-1 text-xs text-muted">
        {crumbs.map(({ label, to }) => (
          <li key={to}>
            <PageLink to={to}>{label}</PageLink>
            <span aria-hidden> /</span>
          </li>
        ))}
      </ol>
    </nav>
  );
}
