import { Upload } from "lucide-react";
import { useCallback } from "react";
import type { Template } from "../../../contracts/api/templates.ts";
import { publishRefusal } from "../../../contracts/template-roles.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Listing } from "../../components/listing.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { SearchField } from "../../components/search-field.tsx";
import { State } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";
import { useMe } from "../../shell/use-me.ts";
import { useGoTo, useUrlState } from "../../state/url-state.ts";
import { SavedViews } from "../saved-views.tsx";
import { TemplateRowActions } from "./template-actions.tsx";
import { templateAddress } from "./template-address.ts";

const pageSize = 50;

const columns: readonly Column<Template>[] = [
  {
    id: "name",
    header: "Name",
    cell: ({ displayName }) =>
      displayName === "" ? null : <span className="block text-xs text-muted">{displayName}</span>,
  },
  { id: "state", header: "State", cell: (template) => <TemplateState template={template} /> },
  {
    id: "version",
    header: "Active version",
    cell: ({ activeVersion }) =>
      activeVersion === null ? "none" : `${activeVersion.number} · ${activeVersion.name} · ${activeVersion.driver}`,
  },
  { id: "workspaces", header: "Workspaces", cell: ({ workspaces }) => workspaces },
  {
    id: "published",
    header: "Active version pushed",
    cell: ({ activeVersion }) => (activeVersion === null ? "never" : <Time at={activeVersion.createdAt} />),
  },
];

export function TemplateState({ template }: { readonly template: Template }) {
  if (template.deprecatedAt !== null) return <State tone="off">deprecated</State>;
  if (template.activeVersion === null) return <State tone="warn">no active version</State>;
  return <State tone="ok">in use</State>;
}

export default function TemplatesPage() {
  usePageTitle("Templates");
  const [{ q = "", page = "1" }, change] = useUrlState();
  const { data: me } = useMe();
  const goTo = useGoTo();
  const search = useCallback((text: string) => change({ q: text, page: "" }), [change]);
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const asked = { limit: pageSize, offset: at * pageSize, ...(q === "" ? {} : { search: q.slice(0, 64) }) };
  const list = useApi("listTemplates", { key: keys.templates(asked), input: { query: asked }, keepsPrevious: true });
  if (me === undefined) return null;
  const publish = (
    <Button
      kind="primary"
      icon={<Upload size={15} aria-hidden />}
      disabledBecause={publishRefusal(me)}
      onClick={() => goTo("/publish")}
    >
      Publish template
    </Button>
  );
  return (
    <>
      <PageHeader title="Templates" actions={publish} />
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField isMain label="Search templates" value={q} placeholder="Name" onChange={search} />
        <SavedViews list="templates" address="/templates" />
      </div>
      <Listing
        query={list}
        label="Templates"
        columns={columns}
        rows={list.data?.templates}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        addressOf={({ name }) => templateAddress(name)}
        actionsOf={(template) => <TemplateRowActions template={template} me={me} />}
        paging={{
          page: at,
          pageSize,
          total: list.data?.total ?? 0,
          onPage: (next) => change({ page: String(next + 1) }),
        }}
        empty={
          q === "" ? (
            <EmptyState title="There is no template yet." action={publish}>
              A template says what workspaces are made of. Publish a folder with a template.yaml.
            </EmptyState>
          ) : (
            <EmptyState
              title="No template matches."
              action={<Button onClick={() => search("")}>Clear filter</Button>}
            />
          )
        }
      />
    </>
  );
}
