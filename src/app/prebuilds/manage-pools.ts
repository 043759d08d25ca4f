import type { Pool } from "../../contracts/api/prebuilds.ts";
import type { AuditAction } from "../../contracts/audit-actions.ts";
import type { OrganizationId } from "../../contracts/ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { cleanablePrebuilds } from "../../db/pools/failed-prebuilds.ts";
import { invalidatePresets, resumePreset } from "../../db/pools/preset-validation.ts";
import { type SwitchName, writeSwitch } from "../../db/settings/settings.ts";
import type { Sql } from "../../db/store.ts";
import { deletePrebuilds } from "../../db/pools/pool-deletes.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator, requireTemplateAdmin } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { requireTemplate } from "../templates/templates.ts";
import { poolView, presetNameCalled, requirePool, requirePoolPreset } from "./pools.ts";

/** Prebuilds that one clean-up deletes; asking again takes the rest. */
const cleanMax = 1_000;

interface InOrganization {
  readonly organization?: string;
}

/** Pauses or resumes the reconciler of the whole deployment: stored, audited, heard by every server. */
export async function setPaused(context: AppContext, actor: Actor, isPaused: boolean): Promise<{ isPaused: boolean }> {
  requireAdministrator(actor, isPaused ? "pause the pools" : "resume the pools");
  const action = isPaused ? "prebuilds.pause" : "prebuilds.resume";
  await turn(context, actor, { name: "pause", isTurned: isPaused, action });
  return { isPaused };
}

/**
 * Switches prebuilds off or on in the whole deployment: off, nothing is claimed and no loop acts on prebuilds, which
 * stay as they are. Stored, audited, heard by every server.
 */
export async function setEnabled(
  context: AppContext,
  actor: Actor,
  isWanted: boolean,
): Promise<{ isEnabled: boolean; isOffByOption: boolean }> {
  requireAdministrator(actor, isWanted ? "switch prebuilds on" : "switch prebuilds off");
  const action = isWanted ? "prebuilds.enable" : "prebuilds.disable";
  await turn(context, actor, { name: "off", isTurned: !isWanted, action });
  // Whoever has switched them is answered by this server, and finds it so; the others hear of it.
  context.prebuildsSwitch.hold(isWanted);
  const isOffByOption = !context.prebuildsSwitch.isAllowed;
  return { isEnabled: isWanted && !isOffByOption, isOffByOption };
}

async function turn(
  context: AppContext,
  actor: Actor,
  { action, ...change }: { readonly name: SwitchName; readonly isTurned: boolean; readonly action: AuditAction },
): Promise<void> {
  const now = context.clock.now();
  await context.db.transaction(action, async (tx) => {
    const hasChanged = await writeSwitch(tx, { ...change, by: actor.userId, now });
    if (hasChanged)
      await audit(context, tx, { actor, organizationId: null, action, targetId: null, targetName: "", detail: {} });
  });
}

/**
 * Lifts a hard limit or a validation failure: the failures before now no longer count. A rehearsal that came to no result
 * is repeated at once.
 */
export async function resumePool(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string; readonly preset: string },
): Promise<Pool> {
  const preset = await requirePoolPreset(context, actor, input);
  requireTemplateAdmin(actor, preset.organizationId, "resume pools");
  await context.db.transaction("resume pool", async (tx) => {
    await resumePreset(tx, preset.presetId, context.clock.now());
    tx.emit("pools");
    await audit(context, tx, {
      actor,
      organizationId: preset.organizationId,
      action: "pool.resume",
      targetId: preset.templateId,
      targetName: preset.templateName,
      detail: { preset: preset.presetName },
    });
  });
  return poolView(await requirePool(context, actor, input));
}

/** Marks what the pools have now as expired; the next cycle replaces it (spec §3.4). Errors: `not_found`. */
export async function invalidate(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string; readonly preset?: string },
): Promise<{ presets: number; prebuilds: number }> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "invalidate prebuilds");
  const preset =
    input.preset === undefined
      ? null
      : (await requirePoolPreset(context, actor, { ...input, preset: input.preset })).presetName;
  return await context.db.transaction("invalidate", async (tx) => {
    const counts = await invalidatePresets(tx, {
      templateId: template.id,
      preset,
      now: context.clock.now(),
    });
    tx.emit("pools");
    await audit(context, tx, {
      actor,
      organizationId: template.organization_id,
      action: "pool.invalidate",
      targetId: template.id,
      targetName: template.name,
      detail: { preset, ...counts },
    });
    return { presets: counts.presets, prebuilds: counts.prebuilds };
  });
}

/** Starts deleting the failed and parked prebuilds of a pool, a template, or the organization. */
export async function cleanPools(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template?: string; readonly preset?: string },
): Promise<{ deleting: number }> {
  const organization = await organizationOf(context, actor, input.organization);
  requireTemplateAdmin(actor, organization.id, "clean pools");
  const template =
    input.template === undefined ? null : await requireTemplate(context, actor, { ...input, template: input.template });
  const preset =
    template === null ? (input.preset ?? null) : await presetNameCalled(context, template.id, input.preset);
  return await context.db.transaction("clean pools", async (tx) => {
    const rows = await cleanablePrebuilds(tx, {
      organizationId: organization.id,
      template: input.template ?? null,
      preset,
      max: cleanMax,
    });
    const deleted = await deletePrebuilds(tx, {
      targets: rows.map((row) => ({ workspaceId: row.workspace_id, generation: row.generation })),
      from: ["failed", "parked"],
      because: "cleaned",
      initiatorId: actor.userId,
      now: context.clock.now(),
    });
    tx.emit("jobs");
    tx.emit("pools");
    const detail = { preset, deleting: deleted.length };
    await audit(context, tx, {
      actor,
      organizationId: organization.id,
      action: "pool.clean",
      targetId: template?.id ?? null,
      targetName: template?.name ?? "",
      detail,
    });
    return { deleting: deleted.length };
  });
}

async function audit(
  context: AppContext,
  sql: Sql,
  entry: {
    readonly actor: Actor;
    readonly organizationId: OrganizationId | null;
    readonly action: AuditAction;
    readonly targetId: string | null;
    readonly targetName: string;
    readonly detail: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  await recordAudit(sql, {
    at: context.clock.now(),
    actorId: entry.actor.userId,
    organizationId: entry.organizationId,
    action: entry.action,
    targetId: entry.targetId,
    targetName: entry.targetName,
    detail: entry.detail,
  });
}
