import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { LogLines } from "./log-lines.tsx";
import type { WorkspaceTabProps } from "./workspace-tabs.ts";

const linesMax = 2_000;

/** The latest build's log, and what the agents said. */
export default function LogsTab({ workspace }: WorkspaceTabProps) {
  const ref = `${workspace.owner}/${workspace.name}`;
  const { jobId } = workspace.latestBuild;
  const build = useApi("getJobLogs", {
    key: keys.workspacePart(ref, `log ${jobId ?? ""}`),
    input: { params: { jobId: jobId ?? "" }, query: { limit: linesMax } },
    isEnabled: jobId !== null,
  });
  const agents = useApi("getAgentLogs", {
    key: keys.workspacePart(ref, "agents' log"),
    input: { params: { workspace: workspace.id }, query: { limit: linesMax } },
  });
  return (
    <div className="grid gap-4">
      <Card title="Latest build">
        {jobId === null ? (
          <p className="text-muted">It needed no provisioner, so it has no log.</p>
        ) : (
          <Part log={build} label="Log of the latest build" />
        )}
      </Card>
      <Card title="Agents and their hooks">
        <Part log={agents} label="Log of the agents" />
      </Card>
    </div>
  );
}

interface PartProps {
  readonly log: ReturnType<typeof useApi<"getAgentLogs">>;
  readonly label: string;
}

function Part({ log, label }: PartProps) {
  if (log.error !== null) return <ErrorState error={log.error} onRetry={() => void log.refetch()} />;
  if (log.data === undefined) return <Skeleton lines={5} />;
  if (log.data.entries.length === 0) return <EmptyState title="Nothing has been logged." />;
  return <LogLines entries={log.data.entries} label={label} />;
}
