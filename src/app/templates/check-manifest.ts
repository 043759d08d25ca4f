import type { Problem } from "../../contracts/errors.ts";
import type { Manifest, ManifestPreset, ManifestSecret } from "../../contracts/manifest.ts";
import type { PresetDefinition } from "../../contracts/preset-definition.ts";
import { secretNameProblem } from "../../contracts/secret-name.ts";
import type { NewPreset } from "../../db/templates/template-presets.ts";
import { appProblems } from "../../platform/manifest-apps.ts";
import { canonicalParameterValue } from "../../domain/parameters/parameter-value.ts";
import { validateDefinitions } from "../../domain/parameters/validate-definitions.ts";
import { validatePresets } from "../../domain/preset/validate-preset.ts";
import { lifecycleProblems } from "../../platform/manifest-lifecycle.ts";
import { parameterDefinition, parameterText } from "../../platform/manifest-parameters.ts";
import { invalidManifest, type ReadManifest } from "./read-manifest.ts";

/** A preset as it is stored, but for its id. */
export type CheckedPreset = Omit<NewPreset, "id">;

/**
 * The rules that a schema cannot say (spec §1): parameters, presets, schedules, agents.
 * @returns the presets as they are stored, their values canonical.
 * Errors: `invalid_manifest`, naming each preset, field and reason.
 */
export function checkManifest(read: ReadManifest): readonly CheckedPreset[] {
  const { manifest } = read;
  const definitions = (manifest.parameters ?? []).map(parameterDefinition);
  const presets = manifest.presets ?? [];
  const problems: Problem[] = [
    ...validateDefinitions(definitions),
    ...validatePresets(presets.map(presetDefinition), definitions).map(({ preset, field, reason }) => ({
      field: fieldInFile(field),
      reason: preset === "" ? reason : `preset "${preset}": ${reason}`,
    })),
    ...agentProblems(manifest.agents ?? []),
    ...(manifest.agents ?? []).flatMap(({ apps = [] }, index) => appProblems(apps, `agents[${index}]`)),
    ...secretProblems(manifest.secrets ?? []),
    ...poolProblems(manifest),
    ...lifecycleProblems(manifest.lifecycle ?? {}),
  ].map((problem) => read.locate(problem));
  if (problems.length > 0) throw invalidManifest(problems);
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  return presets.map((preset) => ({
    ...checkedPreset(preset, (name, text) => {
      const definition = byName.get(name);
      return definition === undefined ? text : canonicalParameterValue(definition, text);
    }),
    cost: preset.cost ?? manifest.cost ?? null,
  }));
}

function agentProblems(agents: readonly { readonly name: string }[]): { field: string; reason: string }[] {
  return agents.flatMap((agent, index) =>
    agents.slice(0, index).some((other) => other.name === agent.name)
      ? [{ field: `agents[${index}].name`, reason: `another agent is named "${agent.name}"` }]
      : [],
  );
}

function secretProblems(secrets: readonly ManifestSecret[]): { field: string; reason: string }[] {
  const names = new Set<string>();
  return secrets.flatMap(({ name }, index) => {
    const reason = names.has(name) ? `another secret is named "${name}"` : secretNameProblem(name);
    names.add(name);
    return reason === undefined ? [] : [{ field: `secrets[${index}].name`, reason }];
  });
}

/** A pool without agents would be empty for ever: nothing could say that a prebuild is ready (spec §2.1). */
function poolProblems({ agents = [], presets = [] }: Manifest): { field: string; reason: string }[] {
  if (agents.length > 0) return [];
  return presets.flatMap(({ name, prebuilds }, index) =>
    prebuilds === undefined
      ? []
      : [
          {
            field: `presets[${index}].prebuilds`,
            reason: `preset "${name}" has a pool, and the template has no agents: a prebuild is ready when its agents say so, so add \`agents\``,
          },
        ],
  );
}

/** Names of the domain as they stand in the file. */
function fieldInFile(field: string): string {
  return field
    .replace("expirationPolicy.ttlSeconds", "expiration_policy.ttl")
    .replace("expirationPolicy", "expiration_policy")
    .replace("isDefault", "default");
}

function presetDefinition(preset: ManifestPreset): PresetDefinition {
  const { prebuilds } = preset;
  return {
    name: preset.name,
    parameters: parametersOf(preset),
    ...(preset.description === undefined ? {} : { description: preset.description }),
    ...(preset.default === undefined ? {} : { isDefault: preset.default }),
    ...(prebuilds === undefined
      ? {}
      : {
          prebuilds: {
            instances: prebuilds.instances,
            ...(prebuilds.expiration_policy === undefined
              ? {}
              : { expirationPolicy: { ttlSeconds: prebuilds.expiration_policy.ttl } }),
            ...(prebuilds.scheduling === undefined ? {} : { scheduling: prebuilds.scheduling }),
          },
        }),
  };
}

function parametersOf(preset: ManifestPreset): Record<string, string> {
  return Object.fromEntries(
    Object.entries(preset.parameters ?? {}).map(([name, value]) => [name, parameterText(value)]),
  );
}

function checkedPreset(
  preset: ManifestPreset,
  canonical: (name: string, text: string) => string,
): Omit<CheckedPreset, "cost"> {
  const { prebuilds } = preset;
  return {
    name: preset.name,
    description: preset.description ?? "",
    icon: preset.icon ?? "",
    isDefault: preset.default ?? false,
    parameters: Object.fromEntries(
      Object.entries(parametersOf(preset)).map(([name, text]) => [name, canonical(name, text)]),
    ),
    instances: prebuilds?.instances ?? null,
    ttlSeconds: prebuilds?.expiration_policy?.ttl ?? 0,
    timezone: prebuilds?.scheduling?.timezone ?? null,
    schedules: prebuilds?.scheduling?.schedule ?? [],
  };
}
