import type { WorkspaceId } from "../../contracts/ids.ts";
import { versionDefinition } from "../../db/claims/creation-target.ts";
import type { Tx } from "../../db/store.ts";
import type { ChosenBuild, CurrentBuild } from "../../db/builds/start-build.ts";
import { takeUpdateCost } from "../../db/builds/update-cost.ts";
import { carryOver, notUpdatedBecause, notUpdatedForQuota } from "../../domain/parameters/carry-over.ts";
import { parameterDefinition } from "../../platform/manifest-parameters.ts";

/**
 * What an autostart builds: the active version where the workspace takes updates by itself, its parameters fit, and its
 * owner's quota covers what it costs then.
 */
export async function withAutomaticUpdate(
  tx: Tx,
  current: CurrentBuild,
  { workspaceId, isQuotaEnabled }: { readonly workspaceId: WorkspaceId; readonly isQuotaEnabled: boolean },
): Promise<ChosenBuild> {
  const version = current.updateTo === null ? undefined : await versionDefinition(tx, current.updateTo);
  if (version === undefined) return current;
  const resolved = carryOver({
    definitions: (version.manifest.parameters ?? []).map(parameterDefinition),
    userValues: {},
    previousValues: current.parameters,
  });
  if (resolved.kind !== "ok") return { ...current, note: notUpdatedBecause(version.name, resolved.problems) };
  const exceeded = await takeUpdateCost(tx, { workspaceId, versionId: version.id, isQuotaEnabled });
  if (exceeded !== null) return { ...current, note: notUpdatedForQuota(version.name, exceeded) };
  return { templateVersionId: version.id, parameters: resolved.values };
}
