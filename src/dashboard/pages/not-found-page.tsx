import { PageHeader } from "../components/page-header.tsx";
import { PageLink } from "../components/page-link.tsx";
import { usePageTitle } from "../components/page-title.ts";

export function NotFoundPage() {
  usePageTitle("Not found");
  return (
    <>
      <PageHeader title="There is no such page" />
      <p className="mb-4 max-w-prose text-muted">
        The address may be mistyped, or the thing was renamed, or deleted, or is one that you may not see.
      </p>
      <PageLink to="/workspaces">Go to your workspaces</PageLink>
    </>
  );
}
