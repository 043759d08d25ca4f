import { keys } from "../../api/keys.ts";
import { Chip } from "../../components/chip.tsx";
import { LogView } from "../../components/log-view/log-view.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { useUrlState } from "../../state/url-state.ts";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** What agents write makes no news: that would be news for each line of each workspace. */
const agentsEveryMs = 3_000;

/** The latest build's log, or what the agents said: one at a time, as the address names the lines of one. */
export default function LogsTab({ workspace }: WorkspaceTabProps) {
  const [{ log }, change] = useUrlState();
  const ref = `${workspace.owner}/${workspace.name}`;
  const { jobId, number } = workspace.latestBuild;
  const isOfAgents = log === "agents" || jobId === null;
  return (
    <div>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Chip isOn={!isOfAgents} onClick={() => change({ log: "" })}>
          Latest build
        </Chip>
        <Chip isOn={isOfAgents} onClick={() => change({ log: "agents" })}>
          Agents and their hooks
        </Chip>
        {jobId === null ? (
          <span className="text-xs text-muted">The latest build needed no provisioner, so it has no log.</span>
        ) : (
          <PageLink to={`/jobs/${jobId}`} className="ml-auto text-xs text-accent-text hover:underline">
            The job of the latest build
          </PageLink>
        )}
      </div>
      {isOfAgents ? (
        <LogView
          key="agents"
          source={{ kind: "agents", workspaceId: workspace.id }}
          queryKey={keys.workspacePart(ref, "agents' log")}
          label="Log of the agents"
          fileName={`${workspace.name}-agents.log`}
          everyMs={agentsEveryMs}
        />
      ) : (
        <LogView
          key={jobId}
          source={{ kind: "job", jobId }}
          queryKey={keys.job(jobId)}
          label="Log of the latest build"
          fileName={`${workspace.name}-build-${number}.log`}
        />
      )}
    </div>
  );
}
