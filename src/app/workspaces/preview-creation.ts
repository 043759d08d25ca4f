import type { CreationPreview } from "../../contracts/api/creation-preview.ts";
import type { CreateWorkspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { PresetId } from "../../contracts/ids.ts";
import type { MissReason } from "../../contracts/states.ts";
import { claimableCount } from "../../db/claims/claimable-count.ts";
import { creationEstimates, noEstimates } from "../../db/claims/creation-estimates.ts";
import { outdatedPresets } from "../../db/claims/creation-target.ts";
import { type QuotaRow, quotaOfPerson } from "../../db/people/quota.ts";
import { workspaceByName } from "../../db/workspaces/workspace-views.ts";
import type { Actor } from "../authorize.ts";
import type { CreateContext } from "./creation.ts";
import {
  checkCreation,
  type CreationRequest,
  findTarget,
  formedVersion,
  type FoundTarget,
  type Owner,
  ownerOf,
  parameterProblems,
  presetsJudged,
} from "./creation-request.ts";
import type { VersionDefinition } from "./version-definitions.ts";
import { canAppear, missReasonOf } from "./miss-reason.ts";
import { missedBefore, takesOutdated } from "./seek-prebuild.ts";
import { exceedsQuota, isQuotaAsked } from "./within-quota.ts";

type Refusal = CreationPreview["refusals"][number];
type PreviewInput = CreateWorkspace & { readonly organization?: string };

/** What a creation may be refused with that its form can show. The rest refuses the preview itself. */
const shownRefusals: readonly string[] = [
  "template_deprecated",
  "template_not_ready",
  "driver_not_isolated",
  "invalid_parameter",
  "lifecycle_refused",
  "secret_missing",
  "invalid_template",
  "form_unanswered",
];

/**
 * What a creation would do now: it asks what `createWorkspace` asks, by the same functions, writes nothing and locks
 * nothing. Others may take between the two what is there now.
 * Errors: `not_found` for a template, preset or owner that there is not; `forbidden`.
 */
export async function previewCreation(
  context: CreateContext,
  actor: Actor,
  given: PreviewInput,
): Promise<CreationPreview> {
  // What a key stands for already is a matter of sending it again, and not of what would be made.
  const { idempotencyKey: _, ...input } = given;
  const found = await findTarget(context, actor, input);
  const { owner, isNameFree } = await nameOf(context, actor, input);
  const version = await versionOf(context, found);
  const presets = version === undefined ? [] : presetsJudged(version, input);
  const refusals: Refusal[] = isNameFree ? [] : [nameTaken(owner.username, input.name)];
  const checked = await checkedOf(context, actor, { input, found });
  if (checked.kind === "refused") {
    const problems = await problemsOf(context, actor, { checked, version, owner, target: found.target, input });
    return {
      ...nothingKnown,
      outcome: "refused",
      isNameFree,
      presets,
      refusals: [...refusals, ...refusalsOf(checked.error, problems)],
    };
  }
  const { request } = checked;
  const quota = await quotaFor(context, request);
  if (quota !== null && exceedsQuota(quota)) refusals.push(overQuota(quota));
  const looked = await look(context, request);
  const warmOnly = input.mode === "warm_only" && looked.missReason !== null ? [notWarm(looked.missReason)] : [];
  refusals.push(...warmOnly);
  const presetId = (request.preset?.presetId ?? null) as PresetId | null;
  const estimates = presetId === null ? undefined : (await creationEstimates(context.db, [presetId])).get(presetId);
  return {
    outcome: refusals.length > 0 ? "refused" : outcomeOf(looked.missReason, input),
    missReason: looked.missReason,
    preset: request.preset?.presetName ?? null,
    ready: looked.ready,
    presets,
    cost: quota === null ? null : { ...quota },
    isNameFree,
    parameters: { ...request.parameters },
    estimates: { ...(estimates ?? noEstimates) },
    refusals,
  };
}

/** Of a creation that its parameters are refused for; the form that they are held against is known by then. */
async function problemsOf(
  context: CreateContext,
  actor: Actor,
  creation: {
    readonly checked: Extract<Checked, { readonly kind: "refused" }>;
    readonly version: VersionDefinition | undefined;
    readonly owner: Owner;
    readonly target: FoundTarget["target"];
    readonly input: PreviewInput;
  },
): Promise<ReturnType<typeof parameterProblems>> {
  const { checked, version, ...rest } = creation;
  if (version === undefined || checked.error.code !== "invalid_parameter") return [];
  return parameterProblems(await formedVersion(context, actor, { ...rest, version }), rest.input);
}

const nothingKnown = {
  missReason: null,
  preset: null,
  ready: 0,
  cost: null,
  parameters: {},
  estimates: { warm: null, cold: null },
} as const;

function outcomeOf(missReason: MissReason | null, { mode }: PreviewInput): CreationPreview["outcome"] {
  if (missReason === null) return "claimed";
  return mode === "wait" && canAppear(missReason) ? "waits" : "cold";
}

async function nameOf(context: CreateContext, actor: Actor, input: PreviewInput) {
  const owner = await ownerOf(context, actor, input.owner);
  return { owner, isNameFree: (await workspaceByName(context.db, owner.username, input.name)) === undefined };
}

async function versionOf(context: CreateContext, { target }: FoundTarget) {
  return target.active_version_id === null
    ? undefined
    : await context.versions.get(context.db, target.active_version_id, target.pools_revision);
}

type Checked =
  | { readonly kind: "ok"; readonly request: CreationRequest }
  | { readonly kind: "refused"; readonly error: CodedError };

async function checkedOf(
  context: CreateContext,
  actor: Actor,
  creation: { readonly input: CreateWorkspace; readonly found: FoundTarget },
): Promise<Checked> {
  try {
    return { kind: "ok", request: await checkCreation(context, actor, creation) };
  } catch (error) {
    if (error instanceof CodedError && shownRefusals.includes(error.code)) return { kind: "refused", error };
    throw error;
  }
}

/** What a look into the pools would find, as `seekPrebuild` takes them in turn. */
async function look(
  context: CreateContext,
  request: CreationRequest,
): Promise<{ readonly ready: number; readonly missReason: MissReason | null }> {
  const missed = missedBefore(context, request);
  if (missed !== undefined) return { ready: 0, missReason: missed };
  const presetId = request.preset?.presetId as PresetId;
  const now = context.clock.now();
  const ready = await claimableCount(context.db, { presetId, isOutdatedAllowed: false, now });
  if (ready > 0) return { ready, missReason: null };
  if (takesOutdated(request)) {
    for (const outdated of await outdatedPresets(context.db, presetId, now)) {
      if (!(await isOlderCovered(context, request, outdated.cost))) continue;
      const older = await claimableCount(context.db, { presetId: outdated.id, isOutdatedAllowed: true, now });
      if (older > 0) return { ready: older, missReason: null };
    }
  }
  return { ready: 0, missReason: await missReasonOf(context.db, presetId, now) };
}

async function isOlderCovered(context: CreateContext, request: CreationRequest, cost: number): Promise<boolean> {
  if (!context.options.isQuotaEnabled) return true;
  const quota = await readQuota(context, request, { declaredCost: cost, presetId: null });
  return !exceedsQuota(quota);
}

/** Null where nothing is asked of a quota. */
async function quotaFor(context: CreateContext, request: CreationRequest): Promise<QuotaRow | null> {
  if (!isQuotaAsked({ context, request })) return null;
  const presetId = (request.preset?.presetId ?? null) as PresetId | null;
  return await readQuota(context, request, { declaredCost: request.cost, presetId });
}

async function readQuota(
  context: CreateContext,
  { target, owner }: CreationRequest,
  of: { readonly declaredCost: number | null; readonly presetId: PresetId | null },
): Promise<QuotaRow> {
  return await quotaOfPerson(context.db, { organizationId: target.organization_id, ownerId: owner.id, ...of });
}

function refusalsOf(
  { code, message, next, problems }: CodedError,
  parameters: ReturnType<typeof parameterProblems>,
): Refusal[] {
  if (code === "invalid_parameter" && parameters.length > 0) {
    return parameters.map(({ parameter, kind, reason }) => ({
      field: `parameters.${parameter}`,
      code: `parameter_${kind}`,
      message: `Parameter "${parameter}": ${reason}.`,
      next: null,
    }));
  }
  return [{ field: problems[0]?.field ?? null, code, message, next: next ?? null }];
}

function nameTaken(owner: string, name: string): Refusal {
  const message = `${owner} already has a workspace named "${name}".`;
  return { field: "name", code: "name_taken", message, next: null };
}

function overQuota({ used, allowed, needed }: QuotaRow): Refusal {
  const message = `It costs ${needed} cost units, and ${used} of ${allowed} are used.`;
  return { field: null, code: "quota_exceeded", message, next: "`prewarm quota show` lists what counts." };
}

function notWarm(reason: MissReason): Refusal {
  const code = reason === "disabled" ? "prebuilds_disabled" : "no_claimable_prebuild";
  return { field: "mode", code, message: `No prebuild can be claimed: ${reason}.`, next: null };
}
