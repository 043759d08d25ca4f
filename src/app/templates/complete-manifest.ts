import { CodedError, type Problem } from "../../contracts/errors.ts";
import type { JobId, PresetId } from "../../contracts/ids.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import type { NewPreset } from "../../db/templates/template-presets.ts";
import { importedVersion } from "../../db/templates/imported-version.ts";
import { type ManifestParts, mergeManifest } from "../../domain/template/merge-manifest.ts";
import type { AppContext } from "../app-context.ts";

/** A version's manifest as it is after its import, where the import has told parts of it. */
export interface CompletedManifest {
  readonly manifest: Manifest;
  readonly presets: readonly NewPreset[];
}

/**
 * Merges `template.yaml` over what the import has read of the template's configuration, and holds all rules against the
 * whole. Null when there is nothing to complete: the push has checked it, and stored its presets.
 * Errors: `invalid_manifest`, in the words of the template's own blocks.
 */
export async function completedManifest(
  context: AppContext,
  input: { readonly jobId: JobId; readonly parts: ManifestParts | undefined },
): Promise<CompletedManifest | null> {
  const version = await importedVersion(context.db, input.jobId);
  if (version === undefined) return null;
  const presetsMissing = (version.manifest.presets ?? []).length !== version.presets;
  if (input.parts === undefined && !presetsMissing) return null;
  const merged = mergeManifest(version.manifest, input.parts ?? {});
  if (merged.kind === "refused") {
    throw refused(
      merged.twice.map((name) => ({
        field: `parameters.${name}`,
        reason: "the configuration has a coder_parameter of this name too",
      })),
    );
  }
  const read = await context.manifestReader(JSON.stringify(merged.manifest));
  if (read.kind === "refused") throw refused(read.problems.map(({ field, reason }) => ({ field, reason })));
  const presets = read.presets.map((preset) => ({ ...preset, id: context.random.uuid() as PresetId }));
  return { manifest: read.manifest, presets };
}

function refused(problems: readonly Problem[]): CodedError {
  const [first] = problems;
  const where = first === undefined || first.field === "" ? "The template" : `The template's ${first.field}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new CodedError("invalid_manifest", `${where}: ${first?.reason ?? "it is not valid"}${more}.`, { problems });
}
