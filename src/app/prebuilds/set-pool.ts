import { isDeepStrictEqual } from "node:util";
import type { Pool } from "../../contracts/api/prebuilds.ts";
import type { SetPool } from "../../contracts/api/set-pool.ts";
import { CodedError } from "../../contracts/errors.ts";
import { calledBy } from "../../contracts/free-name.ts";
import type { PresetId, TemplateVersionId } from "../../contracts/ids.ts";
import type { Manifest, ManifestPreset } from "../../contracts/manifest.ts";
import { versionDefinition } from "../../db/claims/creation-target.ts";
import { lockPools, readPools, sizePreset, storePools, type StoredPool } from "../../db/templates/set-pools.ts";
import { insertPresets, type NewPreset } from "../../db/templates/template-presets.ts";
import type { TemplateRow } from "../../db/templates/templates.ts";
import { auditTemplate } from "../templates/audit-template.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireTemplateAdmin } from "../authorize.ts";
import { requireTemplate } from "../templates/templates.ts";
import { poolView, requirePool } from "./pools.ts";

interface PoolInput {
  readonly organization?: string;
  readonly template: string;
  readonly preset: string;
}

/** A template may have so many pools set beside it; a manifest has no more presets either. */
export const poolsSetMax = 64;

/**
 * Gives a preset a pool beside the template, or changes that of the template: for the active version at once, and for
 * each that is imported later. Errors: `forbidden`, `not_found`, `template_not_ready`, `invalid_manifest` for a size, age,
 * schedule or value that no template may have; `conflict` for values of a preset that is the template's own;
 * `template_deprecated`, as nothing is kept of such a template, and its pools are in no list.
 */
export async function setPool(
  context: AppContext,
  actor: Actor,
  { set, ...input }: PoolInput & { readonly set: SetPool },
): Promise<Pool> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "set pools");
  const { versionId, manifest, presets } = await activeVersion(context, template);
  const name = calledBy(presets, (preset) => preset.name, input.preset)?.name ?? input.preset;
  const before = (await readPools(context.db, template.id))[name];
  const preset = await checkedPreset(context, { manifest, name, set, before });
  const pool = storedPool(preset, manifest);
  await context.db.transaction("set pool", async (tx) => {
    const { pools, activeVersionId, isDeprecated } = await lockPools(tx, template.id);
    if (isDeprecated) throw deprecated(template.name);
    if (activeVersionId !== versionId || !isDeepStrictEqual(pools[name], before)) throw changedMeanwhile(name);
    if (pools[name] === undefined && Object.keys(pools).length >= poolsSetMax) throw tooMany(template.name);
    await storePools(tx, template.id, { ...pools, [name]: pool });
    const isSized = await sizePreset(tx, versionId, { preset: name, ...pool });
    if (!isSized) {
      const version = {
        id: versionId,
        templateId: template.id,
        organizationId: template.organization_id,
        firstPosition: (manifest.presets ?? []).length + poolsSetMax,
      };
      await insertPresets(tx, version, [{ ...preset, id: context.random.uuid() as PresetId }], context.clock.now());
    }
    tx.emit("pools");
    tx.emit("templates");
    await auditTemplate(context, tx, { actor, template, action: "pool.set", detail: { preset: name, ...set } });
  });
  return poolView(await requirePool(context, actor, { ...input, preset: name }));
}

/** Takes back what was set beside the template; where nothing was, nothing changes. Errors: `forbidden`, `not_found`. */
export async function unsetPool(
  context: AppContext,
  actor: Actor,
  input: PoolInput,
): Promise<{ template: string; preset: string; wasSet: boolean }> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "set pools");
  const name = await context.db.transaction("unset pool", async (tx) => {
    const { pools } = await lockPools(tx, template.id);
    const called = calledBy(Object.keys(pools), (one) => one, input.preset);
    if (called === undefined) return null;
    const { [called]: _pool, ...others } = pools;
    await storePools(tx, template.id, others);
    if (template.active_version_id !== null) {
      const manifest = (await versionDefinition(tx, template.active_version_id))?.manifest;
      await sizePreset(tx, template.active_version_id, { preset: called, ...ownSize(manifest, called) });
    }
    tx.emit("pools");
    tx.emit("templates");
    await auditTemplate(context, tx, { actor, template, action: "pool.unset", detail: { preset: called } });
    return called;
  });
  return { template: template.name, preset: name ?? input.preset, wasSet: name !== null };
}

async function activeVersion(
  context: AppContext,
  template: TemplateRow,
): Promise<{
  readonly versionId: TemplateVersionId;
  readonly manifest: Manifest;
  readonly presets: readonly { readonly name: string }[];
}> {
  const versionId = template.active_version_id;
  const version = versionId === null ? undefined : await versionDefinition(context.db, versionId);
  if (version !== undefined) {
    return { versionId: version.id, manifest: version.manifest, presets: version.presets };
  }
  throw new CodedError("template_not_ready", `The template "${template.name}" has no active version yet.`, {
    next: "Set its pools when its first import has succeeded; they stay for all later versions.",
  });
}

interface PresetDraft {
  readonly manifest: Manifest;
  readonly name: string;
  readonly set: SetPool;
  readonly before: StoredPool | undefined;
}

/** The preset with its pool, held against all rules of a manifest. */
async function checkedPreset(
  context: AppContext,
  { manifest, name, set, before }: PresetDraft,
): Promise<Omit<NewPreset, "id">> {
  const presets = manifest.presets ?? [];
  const own = presets.find((preset) => preset.name === name);
  if (own !== undefined && set.parameters !== undefined) {
    throw new CodedError("conflict", `The preset "${name}" is the template's own, and has its values from there.`, {
      next: "Leave the parameters out, or give the pool a preset of another name.",
    });
  }
  const values = set.parameters ?? before?.parameters ?? {};
  const base: ManifestPreset = own ?? { name, parameters: { ...values } };
  const preset = { ...base, prebuilds: prebuildsOf(set, before, own?.prebuilds) };
  const others = presets.filter((other) => other.name !== name);
  const read = await context.manifestReader(JSON.stringify({ ...manifest, presets: [...others, preset] }));
  if (read.kind === "refused") {
    const [first] = read.problems;
    throw new CodedError("invalid_manifest", `The pool cannot be set: ${first?.reason ?? "it breaks a rule"}.`, {
      problems: read.problems.map(({ field, reason }) => ({ field, reason })),
    });
  }
  const checked = read.presets.find((other) => other.name === name);
  if (checked === undefined) throw new Error(`The preset ${name} is not among those that were read.`);
  return checked;
}

type Prebuilds = NonNullable<ManifestPreset["prebuilds"]>;

/** What is not said stays: as it was set before, else as the template has it. */
function prebuildsOf(set: SetPool, before: StoredPool | undefined, own: Prebuilds | undefined): Prebuilds {
  const ttl = set.ttlSeconds ?? before?.ttlSeconds ?? own?.expiration_policy?.ttl ?? 0;
  const schedule = set.schedules ?? before?.schedules ?? own?.scheduling?.schedule ?? [];
  const timezone = set.timezone ?? before?.timezone ?? own?.scheduling?.timezone ?? "UTC";
  return {
    instances: set.instances,
    ...(ttl === 0 ? {} : { expiration_policy: { ttl } }),
    ...(schedule.length === 0 ? {} : { scheduling: { timezone, schedule: [...schedule] } }),
  };
}

function storedPool(preset: Omit<NewPreset, "id">, manifest: Manifest): StoredPool {
  const isOwn = (manifest.presets ?? []).some(({ name }) => name === preset.name);
  return {
    instances: preset.instances ?? 0,
    ttlSeconds: preset.ttlSeconds,
    timezone: preset.timezone,
    schedules: preset.schedules,
    ...(isOwn ? {} : { parameters: preset.parameters }),
  };
}

/** As the template has it. Where it has none, the pool ends: there are no instances to keep, and what there is goes. */
function ownSize(manifest: Manifest | undefined, name: string): Omit<StoredPool, "parameters"> {
  const prebuilds = manifest?.presets?.find((preset) => preset.name === name)?.prebuilds;
  return {
    instances: prebuilds?.instances ?? 0,
    ttlSeconds: prebuilds?.expiration_policy?.ttl ?? 0,
    timezone: prebuilds?.scheduling?.timezone ?? null,
    schedules: prebuilds?.scheduling?.schedule ?? [],
  };
}

function deprecated(template: string): CodedError {
  return new CodedError(
    "template_deprecated",
    `The template "${template}" is deprecated: no prebuilds are kept of it.`,
    {
      next: "Take the deprecation back with `prewarm templates deprecate --undo`, and set the pool then.",
    },
  );
}

function changedMeanwhile(preset: string): CodedError {
  return new CodedError(
    "conflict",
    `Somebody else has changed the template or its pool "${preset}" at the same moment.`,
    {
      next: "Look at it with `prewarm prebuilds explain`, and set it again.",
    },
  );
}

function tooMany(template: string): CodedError {
  return new CodedError(
    "conflict",
    `The template "${template}" has ${poolsSetMax} pools set beside it, and no more fit.`,
    {
      next: "Take one back with `prewarm prebuilds unset`, or give the template a version with these presets.",
    },
  );
}
