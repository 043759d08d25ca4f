import { CodedError } from "../../../contracts/errors.ts";
import { sleep } from "../../../platform/sleep.ts";
import { containerName, labels } from "./docker-names.ts";
import { type EngineClient, filters } from "./engine-client.ts";
import { isConflict, isGone } from "./engine-error.ts";

export interface RemoveOptions {
  readonly engine: EngineClient;
  readonly workspaceId: string;
  /** Volumes that belong to it by what was stored, beside those that carry its label. */
  readonly volumes: readonly string[];
  /** Only what carries this deployment's mark; whatever is the workspace's own unless said. */
  readonly deployment?: string;
  readonly abort: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** Looks and removals until nothing is left; the engine takes its time over a busy file system. */
const roundsMax = 30;
const roundMs = 200;
interface Container {
  readonly Id: string;
  readonly Names?: readonly string[];
}
interface Volumes {
  readonly Volumes: readonly { readonly Name: string }[] | null;
}

/**
 * Removes every container of a workspace, whatever it is called, and resolves when none is left. One that is not
 * there counts as removed. Errors: `transient` when one stays.
 */
export async function removeContainers(options: Omit<RemoveOptions, "volumes">): Promise<void> {
  const { engine, abort, onLine } = options;
  for (let round = 0; round < roundsMax; round += 1) {
    const found = await containersOf(options);
    if (found.length === 0) return;
    for (const { Id, Names } of found) {
      if (round === 0) {
        onLine(`removing the container ${Names?.[0]?.replace(/^\//, "") ?? Id.slice(0, 12)}`);
        // For as long as it was made with (`StopTimeout`), which is for its stop hooks; else Docker's own 10 s.
        const stop = { method: "POST", path: `/containers/${Id}/stop`, abort } as const;
        await unlessGone(() => engine.call(stop));
      }
      const remove = { method: "DELETE", path: `/containers/${Id}`, query: { force: true, v: true }, abort } as const;
      await unlessGone(() => engine.call(remove));
    }
    if (round > 0) await sleep(roundMs, abort);
    abort.throwIfAborted();
  }
  throw stays("containers", options.workspaceId);
}

/** Removes the volumes of a workspace, after its containers. Errors: `transient` when one stays. */
export async function removeVolumes(options: RemoveOptions): Promise<void> {
  const { engine, abort, onLine } = options;
  for (let round = 0; round < roundsMax; round += 1) {
    const found = await volumesLeft(options);
    if (found.length === 0) return;
    for (const name of found) {
      if (round === 0) onLine(`removing the volume ${name}`);
      await unlessGone(() =>
        engine.call({ method: "DELETE", path: `/volumes/${encodeURIComponent(name)}`, query: { force: true }, abort }),
      );
    }
    if (round > 0) await sleep(roundMs, abort);
    abort.throwIfAborted();
  }
  throw stays("volumes", options.workspaceId);
}

/** By label, and by the name that follows from the workspace. */
async function containersOf({
  engine,
  workspaceId,
  deployment,
  abort,
}: Omit<RemoveOptions, "volumes">): Promise<readonly Container[]> {
  const list = (wanted: Readonly<Record<string, readonly string[]>>): Promise<readonly Container[]> =>
    engine.call<readonly Container[]>({
      method: "GET",
      path: "/containers/json",
      query: { all: true, filters: filters(wanted) },
      abort,
    });
  const labelled = await list({ label: labelsWanted(workspaceId, deployment) });
  if (deployment !== undefined) return labelled;
  const named = await list({ name: [`^/${containerName(workspaceId)}$`] });
  return [...new Map([...labelled, ...named].map((container) => [container.Id, container])).values()];
}

async function volumesLeft(options: RemoveOptions): Promise<readonly string[]> {
  const { engine, workspaceId, volumes, deployment, abort } = options;
  const wanted = filters({ label: labelsWanted(workspaceId, deployment) });
  const listed = await engine.call<Volumes>({ method: "GET", path: "/volumes", query: { filters: wanted }, abort });
  const left = new Set((listed.Volumes ?? []).map(({ Name }) => Name));
  for (const name of volumes) {
    if (left.has(name)) continue;
    const found = await engine.find({ method: "GET", path: `/volumes/${encodeURIComponent(name)}`, abort });
    if (found !== null) left.add(name);
  }
  return [...left];
}

/** Each of them must be there: Docker's filters of one kind are joined by "and" for labels. */
function labelsWanted(workspaceId: string, deployment: string | undefined): readonly string[] {
  const own = `${labels.workspace}=${workspaceId}`;
  return deployment === undefined ? [own] : [own, `${labels.deployment}=${deployment}`];
}

/** What is not there is removed already; what is being removed, or in use for another moment, is looked at again. */
async function unlessGone(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!isGone(error) && !isConflict(error)) throw error;
  }
}

function stays(what: string, workspaceId: string): CodedError {
  return new CodedError(
    "transient",
    `Docker says that ${what} of workspace ${workspaceId} are removed, and still lists them.`,
    {
      next: `Look for them with: docker ps -a --filter label=${labels.workspace}=${workspaceId}`,
    },
  );
}
