import { useParams } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { useMe } from "../../shell/use-me.ts";
import { useReplaceWith } from "../../state/url-state.ts";
import { Gone } from "../gone.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { workspaceAddress, WorkspaceState } from "../workspace-state.tsx";
import { Deadline } from "./deadline.tsx";
import { HeaderActions } from "./header-actions.tsx";
import { workspaceTabs } from "./workspace-tabs.ts";

/** While something is under way it is asked for this often, until a live channel tells. */
const busyPollMs = 1_000;
const crumb = { label: "Workspaces", to: "/workspaces" };

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
  if (found.error?.code === "not_found" && found.data !== undefined) return <Moved workspace={found.data} tab={tab} />;
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
  const workspace = found.data;
  const { Content } = chosen;
  const address = workspaceAddress(workspace);
  return (
    <>
      <PageHeader
        title={workspace.name}
        crumbs={[crumb]}
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

interface MovedProps {
  readonly workspace: Workspace;
  readonly tab: string;
}

/** It was at this address a moment ago: whoever renamed it, its page goes where it is now. */
function Moved({ workspace, tab }: MovedProps) {
  const { id, name } = workspace;
  const found = useApi("getWorkspace", { key: keys.workspace(id), input: { params: { workspace: id }, query: {} } });
  const now = found.data === undefined || found.data.status === "deleted" ? undefined : workspaceAddress(found.data);
  const isElsewhere = now !== undefined && now !== workspaceAddress(workspace);
  const replace = useReplaceWith();
  useEffect(() => {
    if (isElsewhere) replace(tab === "overview" ? now : `${now}/${tab}`);
  }, [isElsewhere, now, tab, replace]);
  if (isElsewhere) return <Skeleton lines={6} />;
  // Only who was answered that it is not there any more is told so.
  if (found.data === undefined && found.error?.code !== "not_found") {
    return (
      <Unanswered query={found}>
        <Skeleton lines={6} />
      </Unanswered>
    );
  }
  return (
    <Gone
      name={name}
      crumb={crumb}
      onward="See your workspaces"
      why="It was deleted, or is not yours to see any more."
    />
  );
}

function isSettled(workspace: Workspace | undefined): boolean {
  if (workspace === undefined) return true;
  const { status, isUsable, trouble, lost } = workspace;
  if (status === "running") return isUsable || trouble !== undefined || lost !== undefined;
  return status === "stopped" || status === "failed" || status === "deleted" || status === "canceled";
}
