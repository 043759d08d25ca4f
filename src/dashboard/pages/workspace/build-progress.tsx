import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { durationWords } from "../../components/time-words.ts";
import { useServerNow } from "../../components/time.tsx";
import { State } from "../../components/state.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { LogLines } from "./log-lines.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";
import { missWords } from "./miss-words.ts";

const pollMs = 1_000;
const linesShown = 20;

/** From the wish to the first command: what has been done of it, what is under way, and its log folded away. */
export function BuildProgress({ workspace }: WorkspaceTabProps) {
  const [{ created, miss = "" }] = useUrlState();
  const { id, status, isUsable, latestBuild } = workspace;
  const isFailed = status === "failed";
  const isUnderWay =
    ["pending", "starting", "stopping", "deleting"].includes(status) || (status === "running" && !isUsable);
  const { jobId } = latestBuild;
  const log = useApi("getJobLogs", {
    key: keys.workspacePart(`${workspace.owner}/${workspace.name}`, `job ${jobId ?? ""}`),
    input: { params: { jobId: jobId ?? "" }, query: { limit: 5_000 } },
    isEnabled: jobId !== null && (isUnderWay || isFailed),
    everyMs: isUnderWay ? pollMs : undefined,
  });
  if (!isUnderWay && !isFailed && created === undefined) return null;
  const entries = (log.data?.entries ?? []).slice(-linesShown);
  return (
    <Card title={isUnderWay ? "Under way" : isFailed ? "What failed" : "Ready"} className="mb-4">
      <div aria-live="polite">
        {created === "claimed" ? <p>A ready prebuild was handed over.</p> : null}
        {created === "cold" ? <p>It is built for you: {missWords(miss)}</p> : null}
        <Steps {...{ status, isUsable }} />
      </div>
      {isUnderWay ? <Elapsed since={latestBuild.createdAt} /> : null}
      <QueryFault query={log} />
      {entries.length === 0 ? null : (
        <details open={isFailed} className="mt-3">
          <summary className="cursor-pointer text-muted">The last {entries.length} lines of its log</summary>
          <LogLines key={id} entries={entries} label="The last lines of the build's log" />
        </details>
      )}
    </Card>
  );
}

function Elapsed({ since }: { readonly since: string }) {
  const now = useServerNow(pollMs);
  return <p className="mt-1 text-muted">For {durationWords(Math.max(0, now - Date.parse(since)))}.</p>;
}

function Steps({ status, isUsable }: { readonly status: string; readonly isUsable: boolean }) {
  if (status === "failed") return <State tone="bad">failed</State>;
  if (status === "running" && isUsable) return <State tone="ok">You can work in it now</State>;
  if (status === "running") return <State tone="busy">Its agent is preparing it</State>;
  if (status === "pending") return <State tone="busy">Waits for a provisioner</State>;
  return <State tone="busy">{`It is ${status}`}</State>;
}
