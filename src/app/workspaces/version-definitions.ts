import type { TemplateVersionId } from "../../contracts/ids.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import type { ParameterDefinition } from "../../contracts/parameter-definition.ts";
import { versionDefinition } from "../../db/claims/creation-target.ts";
import type { Sql } from "../../db/store.ts";
import type { PresetCandidate } from "../../domain/match/preset-match.ts";
import { parameterDefinition } from "../../platform/manifest-parameters.ts";

/** Of what was read for its parameters alone: whoever asks for presets reads it anew. */
const revisionUnknown = -1;
/** Versions that are kept in memory; the least recently used goes first. */
const versionsMax = 1_000;

export interface VersionPreset extends PresetCandidate {
  readonly instances: number | null;
  /** Cost units as declared; null: only its resources tell. */
  readonly cost: number | null;
}

export interface VersionDefinition {
  readonly id: TemplateVersionId;
  readonly name: string;
  readonly manifest: Manifest;
  readonly claimEffect: "none" | "unknown";
  /** Whether `parameters` are only as the import has seen them: what they are for somebody, a provisioner says. */
  readonly hasDynamicForm: boolean;
  readonly parameters: readonly ParameterDefinition[];
  readonly presets: readonly VersionPreset[];
}

export interface VersionDefinitions {
  /**
   * @param poolsRevision of its template, where the presets count: those that are set beside it may be newer than what is
   * remembered
   */
  get(sql: Sql, id: TemplateVersionId, poolsRevision?: number): Promise<VersionDefinition | undefined>;
}

/**
 * Ready versions never change but for the presets that are set beside their template, so each is read from the database
 * once for each revision of those. Not a cache of anything that a claim depends
 * on: which version is active, and what is in its pools, is asked anew each time.
 */
export function createVersionDefinitions(): VersionDefinitions {
  const known = new Map<
    TemplateVersionId,
    { readonly definition: VersionDefinition; readonly poolsRevision: number }
  >();
  return {
    get: async (sql, id, poolsRevision) => {
      const cached = known.get(id);
      if (cached !== undefined && (poolsRevision === undefined || poolsRevision === cached.poolsRevision)) {
        known.delete(id);
        known.set(id, cached);
        return cached.definition;
      }
      const row = await versionDefinition(sql, id);
      if (row === undefined) return undefined;
      const definition: VersionDefinition = {
        id: row.id,
        name: row.name,
        manifest: row.manifest,
        claimEffect: row.claim_effect,
        hasDynamicForm: row.has_dynamic_form,
        parameters: (row.manifest.parameters ?? []).map(parameterDefinition),
        presets: row.presets.map((preset) => ({
          presetId: preset.id,
          presetName: preset.name,
          isDefault: preset.is_default,
          instances: preset.instances,
          // Presets of a version are written together: their order in the file tells which is older.
          createdAt: new Date(preset.created_at).getTime() + preset.position / 1_000,
          parameters: preset.parameters,
          cost: preset.cost,
        })),
      };
      known.delete(id);
      known.set(id, { definition, poolsRevision: poolsRevision ?? revisionUnknown });
      const [oldest] = known.keys();
      if (known.size > versionsMax && oldest !== undefined) known.delete(oldest);
      return definition;
    },
  };
}
