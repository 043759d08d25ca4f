import type { Template } from "../../../contracts/api/templates.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { renderSearch } from "../../state/url-state.ts";

const templatesShown = { limit: 100 } as const;

/** What there is to create a workspace from; each leads on with the create page filled in. */
export function TemplateCards() {
  const list = useApi("listTemplates", { key: keys.templates(templatesShown), input: { query: templatesShown } });
  if (list.data === undefined)
    return (
      <Unanswered query={list}>
        <Skeleton lines={2} height="5rem" />
      </Unanswered>
    );
  const offered = list.data.templates.filter(isOffered);
  if (offered.length === 0) {
    return (
      <EmptyState title="There is no template yet.">
        Somebody who administers templates publishes one: <code>prewarm templates push FOLDER</code>.
      </EmptyState>
    );
  }
  return (
    <>
      <QueryFault query={list} />
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(18rem,100%),1fr))] gap-3">
        {offered.map((template) => (
          <li key={template.id}>
            <PageLink
              to={`/new${renderSearch({ template: template.name })}`}
              className="block h-full rounded-lg border border-line-strong p-4 hover:border-accent-border hover:bg-hover"
            >
              <span className="font-medium text-text">{template.displayName || template.name}</span>
              <span className="mt-1 block text-muted">{template.description}</span>
              <span className="mt-2 block text-xs text-muted">
                {template.workspaces === 1 ? "1 workspace" : `${template.workspaces} workspaces`}
              </span>
            </PageLink>
          </li>
        ))}
      </ul>
    </>
  );
}

const isOffered = ({ activeVersion, deprecatedAt }: Template): boolean =>
  activeVersion !== null && deprecatedAt === null;
