import type { DriverResource } from "../../driver.ts";
import { labels } from "./docker-names.ts";
import { type EngineClient, filters } from "./engine-client.ts";

interface Labelled {
  readonly Labels: Readonly<Record<string, string>> | null;
}
type Container = Labelled & { readonly State: string };

interface Found {
  readonly details: string[];
  /** A stopped workspace has volumes alone. One whose container does not run is a matter of its agent. */
  hasContainer: boolean;
  mark: string | undefined;
}

/**
 * All workspaces of which anything is on this Docker host, whoever made it, with the deployment whose mark it carries.
 * Things of a workspace are one deployment's, as ids of workspaces are never given twice.
 */
export async function listWorkspaces(engine: EngineClient, daemon: string): Promise<readonly DriverResource[]> {
  const ours = filters({ label: [labels.workspace] });
  const containers = await engine.call<readonly Container[]>({
    method: "GET",
    path: "/containers/json",
    query: { all: true, filters: ours },
  });
  const { Volumes: volumes } = await engine.call<{ readonly Volumes: readonly Labelled[] | null }>({
    method: "GET",
    path: "/volumes",
    query: { filters: ours },
  });
  const found = new Map<string, Found>();
  const add = ({ Labels }: Labelled, detail: string): Found | undefined => {
    const workspaceId = Labels?.[labels.workspace];
    if (workspaceId === undefined) return undefined;
    const one = found.get(workspaceId) ?? { details: [], hasContainer: false, mark: undefined };
    one.details.push(detail);
    one.mark ??= markOf(Labels ?? {}, daemon);
    found.set(workspaceId, one);
    return one;
  };
  for (const container of containers) {
    const one = add(container, `a container (${container.State})`);
    if (one !== undefined) one.hasContainer = true;
  }
  for (const volume of volumes ?? []) add(volume, "a volume");
  return [...found].map(([workspaceId, { details, hasContainer, mark }]) => ({
    workspaceId,
    detail: details.join(", "),
    deploymentId: mark,
    isPartial: !hasContainer,
  }));
}

/**
 * Things that are older than the deployment's id on labels carry the daemon's folder there: they count as unmarked, so
 * that they are not taken for missing, and never removed but by a delete.
 */
function markOf(found: Readonly<Record<string, string>>, daemon: string): string | undefined {
  const mark = found[labels.deployment];
  return mark === daemon ? undefined : mark;
}
