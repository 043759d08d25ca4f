import { CodedError } from "../../../contracts/errors.ts";
import { sleep } from "../../../platform/sleep.ts";
import { processesMarked, processIdentity, sendSignal } from "../../host/process-table.ts";
import type { AgentRecord } from "./workspace-record.ts";

/** The variable that everything started in a workspace carries in its environment. */
export const workspaceVariable = "PREWARM_WORKSPACE_ID";

export interface EndProcessesOptions {
  readonly workspaceId: string;
  readonly agents: readonly AgentRecord[];
  /** How long the agents may take to end their sessions. */
  readonly graceMs: number;
}

const pollMs = 20;
/** Rounds of ending what is still there; programs that fork as fast as they are ended must be caught in the end. */
const roundsMax = 100;

/**
 * Ends every process of a workspace: first the agents, which end their sessions in order, then by their
 * environment all that is left, such as what has put itself into a session of its own.
 * Errors: `transient` when something cannot be ended.
 */
export async function endProcesses(options: EndProcessesOptions): Promise<void> {
  await endAgents(options);
  const mark = `${workspaceVariable}=${options.workspaceId}`;
  for (let round = 0; round < roundsMax; round += 1) {
    const left = await processesMarked((setting) => setting === mark);
    if (left.length === 0) return;
    // Politely once, then not.
    for (const { processId } of left) sendSignal(processId, round === 0 ? "SIGTERM" : "SIGKILL");
    await sleep(round === 0 ? 10 * pollMs : pollMs);
  }
  throw new CodedError(
    "transient",
    `Processes of workspace ${options.workspaceId} are still there and cannot be ended.`,
    {
      next: `Look for them with: grep -l ${mark} /proc/[0-9]*/environ`,
    },
  );
}

async function endAgents(options: EndProcessesOptions): Promise<void> {
  const living = (): readonly number[] =>
    options.agents.flatMap(({ process: known }) =>
      // The number alone may mean somebody else by now.
      known !== null && processIdentity(known.processId) === known.identity ? [known.processId] : [],
    );
  for (const processId of living()) sendSignal(-processId, "SIGTERM");
  for (let waitedMs = 0; waitedMs < options.graceMs && living().length > 0; waitedMs += pollMs) await sleep(pollMs);
  for (const processId of living()) sendSignal(-processId, "SIGKILL");
}
