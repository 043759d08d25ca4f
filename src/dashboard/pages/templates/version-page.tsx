import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { templateRefusal } from "../../../contracts/template-roles.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { useMe } from "../../shell/use-me.ts";
import { useUrlState } from "../../state/url-state.ts";
import { NotFoundPage } from "../not-found-page.tsx";
import { PromoteDialog } from "./promote-dialog.tsx";
import { templateAddress } from "./template-address.ts";

const FileDifferences = lazy(() => import("./file-differences.tsx"));
const MeaningList = lazy(() => import("./meaning-list.tsx"));
/** Newest versions among which one is chosen to compare with. */
const comparedWithMax = 100;

/** What a version changes, against the active one unless the address says otherwise. */
export default function VersionPage() {
  const { template = "", version = "" } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const [{ against = "active" }, change] = useUrlState();
  const [isPromoting, setPromoting] = useState(false);
  const { data: me } = useMe();
  usePageTitle(`${template} ${version}`, "Templates");
  const found = useApi("getTemplate", { key: keys.template(template), input: { params: { template }, query: {} } });
  const list = useApi("listTemplateVersions", {
    key: keys.templatePart(template, "versions", { limit: comparedWithMax }),
    input: { params: { template }, query: { limit: comparedWithMax } },
  });
  const organization = found.data?.template.organization;
  const mayNot = me === undefined || organization === undefined ? undefined : templateRefusal(me, organization);
  const diff = useApi("diffVersion", {
    key: keys.templatePart(template, "diff", { version, against }),
    input: { params: { template, version }, query: { against } },
    isEnabled: organization !== undefined && mayNot === undefined,
  });
  if (found.error?.code === "not_found" || diff.error?.code === "not_found") return <NotFoundPage />;
  const shown = diff.data?.version;
  const listed = list.data?.versions.find(({ number }) => number === shown?.number);
  const active = found.data?.template.activeVersion?.number ?? 0;
  const isBack = shown !== undefined && shown.number < active;
  const refusal = listed?.status === "ready" ? mayNot : "Its import has not succeeded.";
  return (
    <>
      <PageHeader
        title={`Version ${shown?.number ?? version}`}
        crumbs={[
          { label: "Templates", to: "/templates" },
          { label: template, to: templateAddress(template) },
          { label: "Versions", to: `${templateAddress(template)}/versions` },
        ]}
        actions={
          shown === undefined || shown.number === active ? null : (
            <Button kind="primary" disabledBecause={refusal} onClick={() => setPromoting(true)}>
              {isBack ? "Roll back to it" : "Promote it"}
            </Button>
          )
        }
      >
        {listed?.message}
      </PageHeader>
      <QueryFault query={found} />
      <QueryFault query={list} />
      {listed?.variables?.length ? <p>Variables given at its push: {listed.variables.join(", ")}</p> : null}
      <div className="max-w-sm">
        <Select
          label="Compared with"
          value={against}
          choices={[
            { value: "active", label: `The active version (${active === 0 ? "none" : active})` },
            { value: "previous", label: "The version before it" },
            ...(list.data?.versions ?? [])
              .filter(({ number }) => number !== shown?.number)
              .map(({ number, name }) => ({ value: String(number), label: `${number} · ${name}` })),
          ]}
          onChange={(value) => change({ against: value })}
        />
      </div>
      {mayNot === undefined ? (
        <Difference diff={diff} />
      ) : (
        <EmptyState title="What it changes is not for you to see.">{mayNot}</EmptyState>
      )}
      {isPromoting && shown !== undefined ? (
        <PromoteDialog template={template} version={shown} isBack={isBack} onClose={() => setPromoting(false)} />
      ) : null}
    </>
  );
}

function Difference({ diff }: { readonly diff: ReturnType<typeof useApi<"diffVersion">> }) {
  if (diff.data === undefined) {
    return (
      <Unanswered query={diff}>
        <Skeleton lines={8} />
      </Unanswered>
    );
  }
  return (
    <Suspense fallback={<Skeleton lines={8} />}>
      <div className="grid gap-4">
        <QueryFault query={diff} />
        <Card title="What it means">
          <MeaningList changes={diff.data.meaning} />
        </Card>
        <FileDifferences files={diff.data.files} isCut={diff.data.isCut} />
      </div>
    </Suspense>
  );
}
