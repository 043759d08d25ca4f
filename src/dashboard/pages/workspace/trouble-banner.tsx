import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { Time } from "../../components/time.tsx";
import { StartDialog, useStart } from "../start-workspace.tsx";
import { workspaceAddress } from "../workspace-state.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** Only when something is wrong: what it is, and where to look. */
export function TroubleBanner({ workspace, me }: WorkspaceTabProps) {
  const { lost, trouble, stopError, status, latestBuild, isOutdated, deletingAt } = workspace;
  const log = <PageLink to={`${workspaceAddress(workspace)}/logs`}>Open the log</PageLink>;
  return (
    <>
      {lost === undefined ? null : (
        <Banner
          tone="bad"
          action={
            <>
              <StartAgain workspace={workspace} me={me} />
              {log}
            </>
          }
        >
          {lost.kind === "agent" ? "Its agent was lost" : "What it consists of is gone from its host, seen"}{" "}
          <Time at={lost.since} />. Start it again; what is on its volumes is kept.
        </Banner>
      )}
      {trouble === undefined ? null : (
        <Banner tone="warn" action={log}>
          {trouble.message}
        </Banner>
      )}
      {stopError === undefined ? null : <Banner tone="warn">{stopError}</Banner>}
      {status === "failed" ? (
        <Banner tone="bad" action={log}>
          The build failed ({latestBuild.errorCode ?? "without a code"}): {latestBuild.error ?? "see its log"}
        </Banner>
      ) : null}
      {isOutdated && latestBuild.transition === "start" ? (
        <Banner tone="busy" action={<PageLink to={`${workspaceAddress(workspace)}/settings`}>Update it</PageLink>}>
          Its template has a newer version than {latestBuild.templateVersion}.
        </Banner>
      ) : null}
      {deletingAt === null ? null : (
        <Banner tone="warn">
          It is dormant, and deleted <Time at={deletingAt} /> unless it is used.
        </Banner>
      )}
    </>
  );
}

/** What puts it right: what is on its volumes is kept. */
function StartAgain({ workspace, me }: WorkspaceTabProps) {
  const start = useStart(workspace);
  return (
    <>
      <Button disabledBecause={refusalOf("start", workspace, me)} isBusy={start.isPending} onClick={start.begin}>
        Start again
      </Button>
      <StartDialog workspace={workspace} start={start} />
    </>
  );
}
