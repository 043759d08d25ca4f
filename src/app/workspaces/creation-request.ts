import { createHash } from "node:crypto";
import type { PresetJudged } from "../../contracts/api/creation-preview.ts";
import type { CreateWorkspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { calledBy } from "../../contracts/free-name.ts";
import type { UserId } from "../../contracts/ids.ts";
import type { MissReason } from "../../contracts/states.ts";
import type { CreationTargetRow } from "../../db/claims/creation-target.ts";
import { userByName } from "../../db/people/identity.ts";
import type { LifecycleFields } from "../../domain/lifecycle/lifecycle-fields.ts";
import { differencesOf, matchPreset } from "../../domain/match/preset-match.ts";
import { canonicalParameterValue } from "../../domain/parameters/parameter-value.ts";
import { givenValue, type ParameterProblem, resolveParameters } from "../../domain/parameters/resolve-parameters.ts";
import { parameterDefinition } from "../../platform/manifest-parameters.ts";
import { lifecyclePolicy } from "../../platform/manifest-lifecycle.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, forbidden, isAdministrator } from "../authorize.ts";
import { type FormsContext, formParameters } from "../forms/evaluate-form.ts";
import { gatheredLookups } from "../gathered-lookups.ts";
import { organizationOf } from "../organization.ts";
import { requireIsolated } from "../provisioner/unisolated-drivers.ts";
import { requireSecrets } from "../secrets/required-secrets.ts";
import { creationLifecycle } from "./creation-lifecycle.ts";
import type { VersionDefinition, VersionDefinitions, VersionPreset } from "./version-definitions.ts";

export interface Owner {
  readonly id: UserId;
  readonly username: string;
  readonly isAdministrator: boolean;
}

/** A creation that has been checked as far as it can be outside the transaction. */
export interface CreationRequest {
  readonly target: CreationTargetRow;
  readonly version: VersionDefinition;
  readonly owner: Owner;
  readonly preset: VersionPreset | undefined;
  /** Why no preset fits; null when one does. */
  readonly presetMiss: MissReason | null;
  readonly parameters: Readonly<Record<string, string>>;
  readonly lifecycle: LifecycleFields;
  /** Cost units as declared; null: the template declares none, and the resources of such a workspace tell. */
  readonly cost: number | null;
  readonly idempotency: { readonly key: string; readonly requestHash: Buffer } | null;
}

/** What a creation is about, before anything else of it is checked. */
export type FoundTarget = Pick<CreationRequest, "target" | "idempotency">;

/**
 * Finds the template of a creation, and what its idempotency key already stands for: a retry gets its answer whatever
 * has become of the template since.
 * Errors: `not_found`, `idempotency_key_reused`.
 */
export async function findTarget(
  context: AppContext,
  actor: Actor,
  input: CreateWorkspace & { readonly organization?: string },
): Promise<FoundTarget> {
  const organization = await organizationOf(context, actor, input.organization);
  const target = await gatheredLookups(context).creationTarget.ask({
    organizationId: organization.id,
    template: input.template,
    userId: actor.userId,
    idempotencyKey: input.idempotencyKey ?? null,
  });
  if (target === undefined) {
    throw new CodedError(
      "not_found",
      `There is no template "${input.template}" in the organization ${organization.name}.`,
      {
        next: "`prewarm templates list` shows what there is.",
      },
    );
  }
  return { target, idempotency: idempotencyOf(target, input) };
}

/**
 * Checks permissions, template, preset and parameters of a creation (spec §4, "before the transaction").
 * Errors: `not_found`, `forbidden`, `template_deprecated`, `template_not_ready`, `driver_not_isolated`, `invalid_parameter`,
 * `lifecycle_refused`, `secret_missing`; where the parameters depend on what was chosen, those of `formParameters`.
 */
export async function checkCreation(
  context: FormsContext & { readonly versions: VersionDefinitions },
  actor: Actor,
  creation: { readonly input: CreateWorkspace; readonly found: FoundTarget },
): Promise<CreationRequest> {
  const { input, found } = creation;
  const owner = await ownerOf(context, actor, input.owner);
  const version = await activeVersion(context, found.target);
  await requireIsolated(context, version.manifest, owner);
  const policy = lifecyclePolicy(version.manifest.lifecycle, found.target.lifecycle);
  const formed = await formedVersion(context, actor, { version, owner, target: found.target, input });
  const chosen = choosePreset(formed, input);
  const cost = chosen.preset === undefined ? (version.manifest.cost ?? null) : chosen.preset.cost;
  const request = { ...found, version, owner, ...chosen, lifecycle: creationLifecycle(input, policy), cost };
  await requireSecrets(context, actor, request);
  return request;
}

function idempotencyOf(target: CreationTargetRow, input: CreateWorkspace): CreationRequest["idempotency"] {
  const { idempotencyKey, ...request } = input;
  if (idempotencyKey === undefined) return null;
  const sorted = JSON.stringify(request, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
  const requestHash = createHash("sha256").update(sorted).digest();
  if (target.request_hash !== null && !target.request_hash.equals(requestHash)) {
    throw new CodedError("idempotency_key_reused", "The idempotency key was used for another request.");
  }
  return { key: idempotencyKey, requestHash };
}

/** Whose the workspace is to be. Errors: `forbidden`, `not_found`. */
export async function ownerOf(context: AppContext, actor: Actor, username: string | undefined): Promise<Owner> {
  if (username === undefined || username.toLowerCase() === actor.username.toLowerCase()) {
    return { id: actor.userId, username: actor.username, isAdministrator: isAdministrator(actor) };
  }
  if (!isAdministrator(actor)) throw forbidden("create a workspace for somebody else", "administrators");
  const user = await userByName(context.db, username);
  if (user === undefined || user.is_system) throw new CodedError("not_found", `There is no user "${username}".`);
  return { id: user.id, username: user.username, isAdministrator: user.role === "administrator" };
}

/** Errors: `template_deprecated`, `template_not_ready`. */
export async function activeVersion(
  context: AppContext & { readonly versions: VersionDefinitions },
  target: CreationTargetRow,
): Promise<VersionDefinition> {
  if (target.deprecated_at !== null) {
    const why = target.deprecation_message === "" ? "" : `: ${target.deprecation_message}`;
    throw new CodedError("template_deprecated", `The template "${target.template_name}" is deprecated${why}.`);
  }
  const version =
    target.active_version_id === null
      ? undefined
      : await context.versions.get(context.db, target.active_version_id, target.pools_revision);
  if (version === undefined) {
    throw new CodedError("template_not_ready", `The template "${target.template_name}" has no active version yet.`);
  }
  return version;
}

/** What is asked of parameters: as it was given, and with the defaults of those that were left out. */
function askedParameters(version: VersionDefinition, input: CreateWorkspace) {
  const asked = canonicalParameters(version, input.parameters ?? {});
  return { asked, withAllDefaults: withDefaults(version, asked) };
}

/** Each preset of the version, and what keeps it from matching the parameters that are asked. */
export function presetsJudged(version: VersionDefinition, input: CreateWorkspace): PresetJudged[] {
  const { withAllDefaults } = askedParameters(version, input);
  return version.presets.map((preset) => {
    const differences = differencesOf(preset, withAllDefaults).map((difference) => ({ ...difference }));
    return { name: preset.presetName, isMatching: differences.length === 0, differences };
  });
}

/** All that is wrong with the parameters of a creation; none when they are not what it is refused for. */
export function parameterProblems(version: VersionDefinition, input: CreateWorkspace): readonly ParameterProblem[] {
  const { resolved } = chooseAndResolve(version, input);
  return resolved.kind === "problems" ? resolved.problems : [];
}

/**
 * The version with the parameters that it has for these inputs, where they depend on them. Who takes what a preset's pool
 * is made of asks nobody: its prebuilds have just these values, and a claim is not to wait.
 * Errors: those of `formParameters`.
 */
export async function formedVersion(
  context: FormsContext,
  actor: Actor,
  creation: {
    readonly version: VersionDefinition;
    readonly owner: Owner;
    readonly target: CreationTargetRow;
    readonly input: CreateWorkspace;
  },
): Promise<VersionDefinition> {
  const { version, owner, target, input } = creation;
  if (!version.hasDynamicForm) return version;
  const { asked, withAllDefaults } = askedParameters(version, input);
  const preset = presetOf(version, { input, withAllDefaults });
  const isOfPool = preset !== undefined && preset.instances !== null;
  if (isOfPool && Object.entries(asked).every(([name, value]) => givenValue(preset.parameters, name) === value)) {
    return version;
  }
  const told = await formParameters(context, {
    version,
    organizationId: target.organization_id,
    ownerId: owner.id,
    askedBy: actor.userId,
    values: { ...asked, ...preset?.parameters },
    form: null,
  });
  const parameters = told.map(parameterDefinition);
  const names = new Set(parameters.map(({ name }) => name));
  // What a preset fixes of a parameter that there is not with these values fixes nothing.
  const presets = version.presets.map((one) => ({
    ...one,
    parameters: Object.fromEntries(Object.entries(one.parameters).filter(([name]) => names.has(name))),
  }));
  return { ...version, parameters, presets };
}

function presetOf(
  version: VersionDefinition,
  {
    input,
    withAllDefaults,
  }: { readonly input: CreateWorkspace; readonly withAllDefaults: Readonly<Record<string, string>> },
): VersionPreset | undefined {
  const match = matched(version, { input, withAllDefaults });
  return match.kind === "matched" ? match.preset : undefined;
}

function matched(
  version: VersionDefinition,
  {
    input,
    withAllDefaults,
  }: { readonly input: CreateWorkspace; readonly withAllDefaults: Readonly<Record<string, string>> },
) {
  const named = input.preset === undefined ? undefined : findPreset(version, input.preset);
  return matchPreset(version.presets, {
    presetId: named?.presetId ?? null,
    // A parameter that is left out has its default: a preset that fixes just that value matches too.
    parameters: withAllDefaults,
  });
}

function choosePreset(
  version: VersionDefinition,
  input: CreateWorkspace,
): Pick<CreationRequest, "preset" | "presetMiss" | "parameters"> {
  const { match, preset, resolved } = chooseAndResolve(version, input);
  if (resolved.kind === "problems") {
    const problems = resolved.problems.map(({ parameter, reason }) => ({ field: `parameters.${parameter}`, reason }));
    const [first] = resolved.problems;
    throw new CodedError("invalid_parameter", `Parameter "${first?.parameter}": ${first?.reason}.`, { problems });
  }
  const presetMiss = match.kind === "matched" ? null : match.reason;
  return { preset, presetMiss, parameters: resolved.values };
}

/** Errors: `not_found` for a preset that there is not. */
function chooseAndResolve(version: VersionDefinition, input: CreateWorkspace) {
  const { asked, withAllDefaults } = askedParameters(version, input);
  const match = matched(version, { input, withAllDefaults });
  const preset = match.kind === "matched" ? match.preset : undefined;
  const resolved = resolveParameters({
    definitions: version.parameters,
    ...(preset === undefined ? {} : { presetValues: preset.parameters }),
    userValues: asked,
  });
  return { match, preset, resolved };
}

/** By name or id. Errors: `not_found`. */
export function findPreset(version: VersionDefinition, nameOrId: string): VersionPreset {
  const found =
    calledBy(version.presets, ({ presetName }) => presetName, nameOrId) ??
    version.presets.find(({ presetId }) => presetId === nameOrId);
  if (found !== undefined) return found;
  const names = version.presets.map((preset) => preset.presetName).join(", ");
  throw new CodedError("not_found", `The active version "${version.name}" has no preset "${nameOrId}".`, {
    next: names === "" ? "It has no presets; leave --preset out." : `Its presets are: ${names}.`,
  });
}

function canonicalParameters(
  version: VersionDefinition,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const byName = new Map(version.parameters.map((definition) => [definition.name, definition]));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const definition = byName.get(name);
      return [name, definition === undefined ? value : canonicalParameterValue(definition, value)];
    }),
  );
}

function withDefaults(
  version: VersionDefinition,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const defaults = version.parameters.flatMap((definition) =>
    // Of a dynamic one it is another for other values: only what is given is known to be asked.
    definition.default === undefined || definition.dynamic === true
      ? []
      : [[definition.name, canonicalParameterValue(definition, definition.default)] as const],
  );
  return { ...Object.fromEntries(defaults), ...given };
}
