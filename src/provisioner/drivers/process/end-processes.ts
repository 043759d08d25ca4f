import { CodedError } from "../../../contracts/errors.ts";
import { sleep } from "../../../platform/sleep.ts";
import {
  descendantsOf,
  processesMarked,
  processesOf,
  processIdentity,
  sendSignal,
  strayProcessesIn,
} from "../../host/process-table.ts";
import type { WorkspaceAccount } from "./workspace-accounts.ts";
import type { AgentRecord } from "./workspace-record.ts";

/** The variable that everything started in a workspace carries in its environment. */
export const workspaceVariable = "PREWARM_WORKSPACE_ID";

export interface EndProcessesOptions {
  readonly workspaceId: string;
  /** The workspace's folder: who stands in it and belongs to nobody is its own. */
  readonly folder: string;
  readonly agents: readonly AgentRecord[];
  /** The account that only this workspace has; null when it runs as the daemon's. */
  readonly account: WorkspaceAccount | null;
  /** How long the agents may take to end their sessions. */
  readonly graceMs: number;
}

const pollMs = 20;
/** Rounds of ending what is still there; programs that fork as fast as they are ended must be caught in the end. */
const roundsMax = 100;

/**
 * Ends every process of a workspace: first the agents, which end their sessions in order, then all that is left. Of a
 * workspace with an account of its own that is whatever runs as it, wherever it has gone. Without one it is what carries the
 * workspace's mark in its environment, what came from its agents or is in their sessions at this moment, and what holds its folder and is
 * nobody's child; what has cleared its environment, gone elsewhere and left its parents before is not found.
 * Errors: `transient` when something cannot be ended.
 */
export async function endProcesses(options: EndProcessesOptions): Promise<void> {
  const living = livingAgents(options);
  const offspring = options.account === null ? await descendantsOf(living) : [];
  await endAgents(options);
  for (let round = 0; round < roundsMax; round += 1) {
    const left = await leftOf(options, offspring);
    if (left.length === 0) return;
    // Politely once, then not.
    for (const processId of left) sendSignal(processId, round === 0 ? "SIGTERM" : "SIGKILL");
    await sleep(round === 0 ? 10 * pollMs : pollMs);
  }
  throw new CodedError(
    "transient",
    `Processes of workspace ${options.workspaceId} are still there and cannot be ended.`,
    {
      next: `Look for them with: grep -l ${markOf(options.workspaceId)} /proc/[0-9]*/environ`,
    },
  );
}

function markOf(workspaceId: string): string {
  return `${workspaceVariable}=${workspaceId}`;
}

async function leftOf(
  { workspaceId, account, folder }: EndProcessesOptions,
  offspring: Awaited<ReturnType<typeof descendantsOf>>,
): Promise<readonly number[]> {
  const prefix = `${workspaceVariable}=`;
  const all = await processesMarked((setting) => setting.startsWith(prefix));
  const isOurs = (settings: readonly string[]): boolean => settings.includes(markOf(workspaceId));
  // Another daemon on this host may have given its workspace the same number.
  const others = new Set(all.filter(({ settings }) => !isOurs(settings)).map(({ processId }) => processId));
  const found = [
    ...all.filter(({ settings }) => isOurs(settings)).map(({ processId }) => processId),
    ...offspring.filter((one) => processIdentity(one.processId) === one.identity).map(({ processId }) => processId),
    ...(account === null ? await strayProcessesIn(folder) : await processesOf(account)),
  ];
  return [...new Set(found)].filter((processId) => !others.has(processId));
}

/** The number alone may mean somebody else by now. */
function livingAgents({ agents }: EndProcessesOptions): readonly number[] {
  return agents.flatMap(({ process: known }) =>
    known !== null && processIdentity(known.processId) === known.identity ? [known.processId] : [],
  );
}

async function endAgents(options: EndProcessesOptions): Promise<void> {
  const living = (): readonly number[] => livingAgents(options);
  for (const processId of living()) sendSignal(-processId, "SIGTERM");
  for (let waitedMs = 0; waitedMs < options.graceMs && living().length > 0; waitedMs += pollMs) await sleep(pollMs);
  for (const processId of living()) sendSignal(-processId, "SIGKILL");
}
