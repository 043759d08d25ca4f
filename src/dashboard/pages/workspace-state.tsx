import type { Workspace } from "../../contracts/api/workspaces.ts";
import { State } from "../components/state.tsx";
import type { Tone } from "../components/tone.ts";

const tones: Readonly<Record<Workspace["status"], Tone>> = {
  pending: "busy",
  starting: "busy",
  running: "ok",
  stopping: "busy",
  stopped: "off",
  deleting: "busy",
  deleted: "off",
  failed: "bad",
  canceling: "busy",
  canceled: "warn",
};

/** One word, and why in the same place where there is a why. */
export function WorkspaceState({ workspace }: { readonly workspace: Workspace }) {
  const reason = stateReason(workspace);
  const isImpaired = workspace.status === "running" && reason !== "";
  return (
    <span className="inline-flex min-w-0 flex-wrap items-center gap-x-2">
      <State tone={isImpaired ? "warn" : workspace.dormantAt !== null ? "off" : tones[workspace.status]}>
        {workspace.dormantAt === null ? workspace.status : "dormant"}
      </State>
      {reason === "" ? null : (
        // The last words of a build may be a page of text: all of it is at the workspace's own.
        <span title={reason} className="line-clamp-3 min-w-0 text-xs wrap-anywhere text-muted">
          {reason}
        </span>
      )}
    </span>
  );
}

/** Why it is not simply what its state says; empty where it is. */
export function stateReason(workspace: Workspace): string {
  const { status, lost, trouble, latestBuild, isUsable, agents } = workspace;
  if (status === "failed" || status === "canceled") return latestBuild.error ?? "";
  if (status === "stopped") return latestBuild.reason;
  if (status !== "running") return "";
  if (lost?.kind === "resources") return "what it consists of is gone from its host";
  if (lost?.kind === "agent") return "its agent is not connected any more";
  if (trouble !== undefined) return trouble.message;
  if (isUsable) return "";
  return agents.some(({ isConnected }) => !isConnected) ? "waits for its agent" : "its agent is preparing it";
}

/** The address of its page. */
export const workspaceAddress = ({ owner, name }: Pick<Workspace, "owner" | "name">): string => `/@${owner}/${name}`;
