import { readFile } from "node:fs/promises";
import { sleep } from "../../../platform/sleep.ts";
import { leadsSession, processesMarked, processGroupOf, programOf, sendSignal } from "../../host/process-table.ts";
import { begunCreations } from "./progress.ts";
import { packTfstate, unpackTfstate } from "./terraform-state.ts";
import { tfstateAddresses, tfstateMark } from "./tfstate-file.ts";
import type { WorkspaceFolder, WorkspaceRecord } from "./workspace-folder.ts";

/** What every Terraform of a workspace, and all that it starts, carries in its environment. */
export const folderVariable = "PREWARM_TERRAFORM_FOLDER";

export interface EndLeftBehindOptions {
  readonly folder: WorkspaceFolder;
  readonly record: WorkspaceRecord;
  readonly interruptGraceMs: number;
}

const lookMs = 50;

/**
 * Ends the Terraform that a killed daemon has left running for a workspace: interrupted first, so that it writes its
 * state down, then killed with its group. What a workspace has put into a session of its own, such as an agent, is no
 * part of it and goes on.
 */
export async function endLeftBehind({ folder, record, interruptGraceMs }: EndLeftBehindOptions): Promise<void> {
  const groups = (): Promise<readonly number[]> => groupsOf(folder, record);
  const first = await groups();
  if (first.length === 0) return;
  for (const group of first) sendSignal(-group, "SIGINT");
  const untilMs = performance.now() + interruptGraceMs;
  while (performance.now() < untilMs && (await groups()).some((group) => isTerraform(group))) await sleep(lookMs);
  for (const group of await groups()) sendSignal(-group, "SIGKILL");
  while ((await groups()).length > 0) await sleep(lookMs);
}

/**
 * Process groups of the workspace's Terraform: the one that was written down, and one that was started so late that
 * it was not.
 */
async function groupsOf(folder: WorkspaceFolder, record: WorkspaceRecord): Promise<readonly number[]> {
  const mark = `${folderVariable}=${folder.folder}`;
  const marked = await processesMarked((setting) => setting === mark).catch(() => []);
  const groups = marked.flatMap(({ processId }) => {
    const group = processGroupOf(processId);
    if (group === null) return [];
    return group === record.processId || (group === processId && isTerraform(processId)) ? [group] : [];
  });
  return [...new Set(groups)];
}

function isTerraform(processId: number): boolean {
  return leadsSession(processId) && /^(terraform|tofu)/.test(programOf(processId));
}

/**
 * What is known of a workspace after its daemon was killed: Terraform's state file where it is whole, else its last
 * whole version; and all whose creation had begun, according to what Terraform has printed, and is not in it.
 */
export async function stateLeftBehind(
  folder: WorkspaceFolder,
  record: WorkspaceRecord,
): Promise<WorkspaceRecord["state"]> {
  const text = await readFile(folder.tfstate, "utf8").catch(() => null);
  const whole = text !== null && tfstateMark(text) !== null ? text : null;
  const begun = begunCreations(await readFile(`${folder.output("apply")}.out`, "utf8").catch(() => ""));
  const { state, planned } = record;
  const latest = whole ?? (state.tfstate === null ? null : unpackTfstate(state.tfstate));
  const known = latest === null ? new Set<string>() : tfstateAddresses(latest);
  const before = state.unfinished.filter(({ address }) => !begun.has(address));
  return {
    ...state,
    tfstate: whole === null ? state.tfstate : packTfstate(whole),
    unfinished: [...before, ...planned.filter(({ address }) => begun.has(address))].filter(
      ({ address }) => !known.has(address),
    ),
  };
}
