import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { CreateForm } from "./create-form.tsx";
import { TemplateCards } from "./template-cards.tsx";

/** `/new?template=&preset=&p.KEY=&name=`: a link fills it in, and nothing is created before somebody says so. */
export default function CreatePage() {
  usePageTitle("Create workspace", "Workspaces");
  const [{ template = "" }] = useUrlState();
  return (
    <>
      <PageHeader title="Create workspace" crumbs={[{ label: "Workspaces", to: "/workspaces" }]} />
      {template === "" ? (
        <>
          <h2 className="mb-3 text-sm font-semibold">Choose a template</h2>
          <TemplateCards />
        </>
      ) : (
        <OfTemplate name={template} key={template} />
      )}
    </>
  );
}

function OfTemplate({ name }: { readonly name: string }) {
  const detail = useApi("getTemplate", { key: keys.template(name), input: { params: { template: name } } });
  if (detail.data === undefined) {
    return (
      <Unanswered query={detail}>
        <Skeleton lines={5} height="3rem" />
      </Unanswered>
    );
  }
  const { template } = detail.data;
  return (
    <div className="max-w-3xl">
      <QueryFault query={detail} />
      <Card title="Template" actions={<PageLink to="/new">Change</PageLink>} className="mb-4">
        <p className="font-medium">{template.displayName || template.name}</p>
        <p className="text-muted">{template.description}</p>
      </Card>
      <CreateForm key={detail.data.template.id} detail={detail.data} />
    </div>
  );
}
