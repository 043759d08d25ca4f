import { useParams } from "@tanstack/react-router";
import { Suspense } from "react";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { useMe } from "../../shell/use-me.ts";
import { Gone } from "../gone.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { templateAddress } from "./template-address.ts";
import { TemplateActions } from "./template-actions.tsx";
import { templateTabs } from "./template-tabs.ts";
import { TemplateState } from "./templates-page.tsx";

const crumb = { label: "Templates", to: "/templates" };

export default function TemplatePage() {
  const { template: name = "", tab = "overview" } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const chosen = templateTabs.find(({ id }) => id === tab);
  usePageTitle(name, "Templates");
  const found = useApi("getTemplate", { key: keys.template(name), input: { params: { template: name }, query: {} } });
  const { data: me } = useMe();
  if (found.error?.code === "not_found" && found.data !== undefined) {
    return (
      <Gone
        name={name}
        crumb={crumb}
        onward="See the templates"
        why="It was deleted, or is not yours to see any more."
      />
    );
  }
  if (chosen === undefined || found.error?.code === "not_found") return <NotFoundPage />;
  if (found.data === undefined || me === undefined) {
    return (
      <>
        <PageHeader title={name} crumbs={[crumb]} />
        <Unanswered query={found}>
          <Skeleton lines={6} />
        </Unanswered>
      </>
    );
  }
  const { template } = found.data;
  const address = templateAddress(template.name);
  return (
    <>
      <PageHeader
        title={template.name}
        crumbs={[crumb]}
        aside={<TemplateState template={template} />}
        actions={<TemplateActions template={template} me={me} />}
      >
        {template.description}
      </PageHeader>
      {template.deprecatedAt === null ? null : (
        <Banner tone="warn">
          Deprecated: no new workspaces are made from it, and its pools drain. {template.deprecationMessage}
        </Banner>
      )}
      <QueryFault query={found} />
      <Tabs
        label={`Parts of ${template.name}`}
        tabs={templateTabs.map(({ id, label }, place) => ({
          label,
          to: place === 0 ? address : `${address}/${id}`,
          isCurrent: id === chosen.id,
        }))}
      />
      <Suspense fallback={<Skeleton lines={6} />}>
        <chosen.Content detail={found.data} me={me} />
      </Suspense>
    </>
  );
}
