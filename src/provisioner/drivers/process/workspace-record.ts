import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../../contracts/errors.ts";
import { isWorkspaceId } from "../../host/workspace-id.ts";
import { makeFolder } from "../../../platform/make-folder.ts";

export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  /** Null while it is not known whether it runs: it is about to be started, or the daemon ended in between. */
  readonly process: { readonly processId: number; readonly identity: string } | null;
}

/** What a daemon must know of a workspace to take it up again after its own restart. */
export interface WorkspaceRecord {
  readonly workspaceId: string;
  /** Absent in what a release wrote that did not mark yet. */
  readonly deploymentId?: string | undefined;
  readonly workspaceName: string;
  readonly templateName: string;
  /** The build that started it last. */
  readonly startId: string;
  readonly buildStage: string;
  readonly accessUrl: string;
  /** The account that its processes run as, of this workspace alone; absent: the daemon's own. */
  readonly account?: number;
  /** How long its agents may take to end, by their `stop` hooks; absent where they have none. */
  readonly stopGraceMs?: number;
  /** `making`: a start that has not come to its end; nobody starts its agents but that start. */
  readonly wanted: "making" | "running" | "stopped";
  readonly agents: readonly AgentRecord[];
}

/** Where everything of one workspace lies. */
export interface WorkspacePaths {
  readonly folder: string;
  readonly record: string;
  /** The owner's; survives a stop. */
  readonly home: string;
  /** The template's files, read-only. */
  readonly template: string;
  /** One folder for each agent. */
  readonly agents: string;
  readonly agent: (name: string) => { readonly folder: string; token: string; state: string; log: string };
}

/** Errors: `invalid_request` for an id that is no plain name, before it becomes a path. */
export function workspacePaths(root: string, workspaceId: string): WorkspacePaths {
  if (!isWorkspaceId(workspaceId)) {
    throw new CodedError("invalid_request", `"${workspaceId}" cannot be the id of a workspace.`);
  }
  const folder = path.join(root, workspaceId);
  const agents = path.join(folder, "agents");
  return {
    folder,
    record: path.join(folder, "workspace.json"),
    home: path.join(folder, "home"),
    template: path.join(folder, "template"),
    agents,
    agent: (name) => {
      const own = path.join(agents, name);
      return {
        folder: own,
        token: path.join(own, "token"),
        state: path.join(own, "state"),
        log: path.join(own, "agent.log"),
      };
    },
  };
}

/** Null when there is none, or one that was never written to its end. */
export async function readRecord(paths: WorkspacePaths): Promise<WorkspaceRecord | null> {
  try {
    // Only this driver writes it, and renames it into place when it is complete.
    return JSON.parse(await readFile(paths.record, "utf8")) as WorkspaceRecord;
  } catch {
    return null;
  }
}

export async function writeRecord(paths: WorkspacePaths, record: WorkspaceRecord): Promise<void> {
  makeFolder(paths.folder, 0o700);
  await writeFile(`${paths.record}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  await rename(`${paths.record}.new`, paths.record);
}
