import { useParams } from "@tanstack/react-router";
import { Suspense } from "react";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { useMe } from "../../shell/use-me.ts";
import { useGoTo } from "../../state/url-state.ts";
import { NotFoundPage } from "../not-found-page.tsx";
import { workspaceAddress, WorkspaceState } from "../workspace-state.tsx";
import { Deadline } from "./deadline.tsx";
import { HeaderActions } from "./header-actions.tsx";
import { workspaceTabs } from "./workspace-tabs.ts";

/** While something is under way it is asked for this often, until a live channel tells. */
const busyPollMs = 1_000;

export default function WorkspacePage() {
  const { owner = "", name = "", tab = "overview" } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const ref = `${owner}/${name}`;
  const chosen = workspaceTabs.find(({ id }) => id === tab);
  usePageTitle(name, "Workspaces");
  const found = useApi("getWorkspace", {
    key: keys.workspace(ref),
    input: { params: { workspace: ref }, query: {} },
    everyMs: (last) => (isSettled(last) ? undefined : busyPollMs),
  });
  const { data: me } = useMe();
  if (found.error?.code === "not_found" && found.data !== undefined) return <Gone name={name} />;
  if (chosen === undefined || found.error?.code === "not_found") return <NotFoundPage />;
  if (found.data === undefined || me === undefined) {
    return (
      <>
        <PageHeader title={name} crumbs={[{ label: "Workspaces", to: "/workspaces" }]} />
        <Unanswered query={found}>
          <Skeleton lines={6} />
        </Unanswered>
      </>
    );
  }
  const workspace = found.data;
  const { Content } = chosen;
  const address = workspaceAddress(workspace);
  return (
    <>
      <PageHeader
        title={workspace.name}
        crumbs={[{ label: "Workspaces", to: "/workspaces" }]}
        aside={<WorkspaceState workspace={workspace} />}
        actions={<HeaderActions workspace={workspace} me={me} />}
      >
        <Deadline workspace={workspace} me={me} />
      </PageHeader>
      <QueryFault query={found} />
      <Tabs
        label={`Parts of ${workspace.name}`}
        tabs={workspaceTabs.map(({ id, label }, place) => ({
          label,
          to: place === 0 ? address : `${address}/${id}`,
          isCurrent: id === chosen.id,
        }))}
      />
      <Suspense fallback={<Skeleton lines={6} />}>
        <Content workspace={workspace} me={me} />
      </Suspense>
    </>
  );
}

/** It was there a moment ago. */
function Gone({ name }: { readonly name: string }) {
  const goTo = useGoTo();
  return (
    <>
      <PageHeader title={name} crumbs={[{ label: "Workspaces", to: "/workspaces" }]} />
      <EmptyState
        title={`${name} is gone.`}
        action={<Button onClick={() => goTo("/workspaces")}>See your workspaces</Button>}
      >
        It was deleted, or it has another name by now.
      </EmptyState>
    </>
  );
}

function isSettled(workspace: Workspace | undefined): boolean {
  if (workspace === undefined) return true;
  const { status, isUsable, trouble, lost } = workspace;
  if (status === "running") return isUsable || trouble !== undefined || lost !== undefined;
  return status === "stopped" || status === "failed" || status === "deleted" || status === "canceled";
}
