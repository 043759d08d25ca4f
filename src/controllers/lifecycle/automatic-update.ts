import { versionDefinition } from "../../db/claims/creation-target.ts";
import type { Tx } from "../../db/store.ts";
import type { ChosenBuild, CurrentBuild } from "../../db/builds/start-build.ts";
import { carryOver, notUpdatedBecause } from "../../domain/parameters/carry-over.ts";
import { parameterDefinition } from "../../platform/manifest-parameters.ts";

/** What an autostart builds: the active version where the workspace takes updates by itself and its parameters fit. */
export async function withAutomaticUpdate(tx: Tx, current: CurrentBuild): Promise<ChosenBuild> {
  const version = current.updateTo === null ? undefined : await versionDefinition(tx, current.updateTo);
  if (version === undefined) return current;
  const resolved = carryOver({
    definitions: (version.manifest.parameters ?? []).map(parameterDefinition),
    userValues: {},
    previousValues: current.parameters,
  });
  if (resolved.kind === "ok") return { templateVersionId: version.id, parameters: resolved.values };
  return { ...current, note: notUpdatedBecause(version.name, resolved.problems) };
}
