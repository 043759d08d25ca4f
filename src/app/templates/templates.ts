import { claimableCounts } from "../../db/claims/claimable-count.ts";
import { creationEstimates } from "../../db/claims/creation-estimates.ts";
import type { Static } from "typebox";
import type { Template, TemplateDetail, TemplateVersion } from "../../contracts/api/templates.ts";
import { CodedError } from "../../contracts/errors.ts";
import { readImageReports } from "../../db/pools/image-reports.ts";
import { poolImages } from "../ides/workspace-ides.ts";
import { readRehearsals } from "../../db/jobs/rehearsals.ts";
import { versionArchive } from "../../db/templates/template-files.ts";
import { presetsOfVersion } from "../../db/templates/template-presets.ts";
import {
  activeVersions,
  findVersion,
  listVersions,
  promoteVersion,
  type VersionRow,
} from "../../db/templates/template-versions.ts";
import {
  deleteTemplate,
  deprecateTemplate,
  findTemplate,
  listTemplates,
  type TemplateRow,
  workspacesOfTemplates,
} from "../../db/templates/templates.ts";
import { cancelImports } from "../../db/templates/cancel-imports.ts";
import { auditTemplate } from "./audit-template.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isTemplateAdmin, requireTemplateAdmin } from "../authorize.ts";
import { memberManifest, memberTemplate, memberVersion } from "./member-views.ts";
import { organizationOf } from "../organization.ts";
import { type PageQuery, pageOf } from "../page.ts";
import { presetView, templateView, versionView } from "./template-views.ts";

interface InOrganization {
  readonly organization?: string;
}

/** A template that the actor may see. Errors: `not_found`. */
export async function requireTemplate(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string },
): Promise<TemplateRow> {
  const organization = await organizationOf(context, actor, input.organization);
  const row = await findTemplate(context.db, organization.id, input.template);
  if (row === undefined) {
    throw new CodedError(
      "not_found",
      `There is no template "${input.template}" in the organization ${organization.name}.`,
      {
        next: "`prewarm templates list` shows what there is.",
      },
    );
  }
  return row;
}

export async function listAllTemplates(
  context: AppContext,
  actor: Actor,
  query: InOrganization & PageQuery & { readonly search?: string },
): Promise<{ templates: Template[]; total: number }> {
  const organization = await organizationOf(context, actor, query.organization);
  const rows = await listTemplates(context.db, {
    organizationId: organization.id,
    search: query.search ?? null,
    ...pageOf(query),
  });
  const ids = rows.map((row) => row.id);
  const byTemplate = new Map((await activeVersions(context.db, ids)).map((version) => [version.template_id, version]));
  const used = await workspacesOfTemplates(context.db, ids);
  const isTold = isTemplateAdmin(actor, organization.id);
  const templates = rows.map((row) => {
    const view = templateView(row, { active: byTemplate.get(row.id), workspaces: used.get(row.id) });
    return isTold ? view : memberTemplate(view);
  });
  return { templates, total: rows[0]?.total ?? 0 };
}

export async function templateDetail(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string },
): Promise<Static<typeof TemplateDetail>> {
  const row = await requireTemplate(context, actor, input);
  const [active] = await activeVersions(context.db, [row.id]);
  const presets = active === undefined ? [] : await presetsOfVersion(context.db, active.id);
  const presetIds = presets.map((preset) => preset.id);
  const rehearsals = await readRehearsals(context.db, presetIds);
  const images = await readImageReports(context.db, presetIds);
  const estimates = await creationEstimates(context.db, presetIds);
  const ready = await claimableCounts(context.db, presetIds, context.clock.now());
  const template = templateView(row, { active, workspaces: await workspacesOf(context, row) });
  const manifest = active?.manifest ?? null;
  const isTold = isTemplateAdmin(actor, row.organization_id);
  return {
    template: isTold ? template : memberTemplate(template),
    manifest: manifest === null || isTold ? manifest : memberManifest(manifest),
    presets: presets.map((preset) =>
      presetView(preset, {
        rehearsal: rehearsals.get(preset.id),
        images: poolImages(images.get(preset.id)),
        ready: context.prebuildsSwitch.isOn() ? (ready.get(preset.id) ?? 0) : 0,
        estimates: estimates.get(preset.id),
      }),
    ),
  };
}

export async function listTemplateVersions(
  context: AppContext,
  actor: Actor,
  input: InOrganization & PageQuery & { readonly template: string },
): Promise<{ versions: TemplateVersion[]; total: number }> {
  const row = await requireTemplate(context, actor, input);
  const versions = await listVersions(context.db, row.id, pageOf(input));
  const isTold = isTemplateAdmin(actor, row.organization_id);
  const views = versions.map((version) => (isTold ? versionView(version) : memberVersion(versionView(version))));
  return { versions: views, total: versions[0]?.total ?? 0 };
}

/** Errors: `not_found`. */
export async function requireVersion(context: AppContext, template: TemplateRow, which: string): Promise<VersionRow> {
  const version = await findVersion(context.db, template.id, which);
  if (version !== undefined) return version;
  throw new CodedError("not_found", `The template "${template.name}" has no version "${which}".`, {
    next: `\`prewarm templates versions ${template.name}\` shows what there is.`,
  });
}

/**
 * A version's folder as it was pushed. For those who see all of its manifest (`member-views.ts`): secrets that a manifest
 * may hold are in its files too. Errors: `not_found`, `forbidden`.
 */
export async function archiveOfVersion(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string; readonly version: string },
): Promise<Buffer> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "read the files of templates");
  const version = await requireVersion(context, template, input.version);
  const bytes = await versionArchive(context.db, version.id);
  // Versions that were replaced and that nothing uses are removed in time.
  if (bytes === undefined) throw new CodedError("not_found", `The version "${version.name}" was removed just now.`);
  return bytes;
}

/** Errors: `not_found`, `forbidden`, `conflict` for a version whose import has not succeeded. */
export async function promote(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string; readonly version: string },
): Promise<TemplateVersion> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "promote versions");
  const version = await requireVersion(context, template, input.version);
  if (version.status !== "ready") {
    const why = version.status === "failed" ? "its import failed" : "its import has not ended yet";
    throw new CodedError("conflict", `The version "${version.name}" cannot be promoted: ${why}.`);
  }
  await context.db.transaction("promote version", async (tx) => {
    const hasChanged = await promoteVersion(tx, version.id, context.clock.now());
    if (hasChanged)
      await auditTemplate(context, tx, {
        actor,
        template,
        action: "template.promote",
        detail: { version: version.name },
      });
  });
  return versionView({ ...version, is_active: true });
}

export async function deprecate(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string; readonly deprecated: boolean; readonly message?: string },
): Promise<Template> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "deprecate templates");
  const at = input.deprecated ? context.clock.now() : null;
  const message = input.deprecated ? (input.message ?? "") : "";
  await context.db.transaction("deprecate template", async (tx) => {
    const hasChanged = await deprecateTemplate(tx, template.id, at, message);
    const action = input.deprecated ? "template.deprecate" : "template.undeprecate";
    if (hasChanged) await auditTemplate(context, tx, { actor, template, action, detail: { reason: message } });
  });
  const fresh = await requireTemplate(context, actor, input);
  const [active] = await activeVersions(context.db, [fresh.id]);
  return templateView(fresh, { active, workspaces: await workspacesOf(context, fresh) });
}

async function workspacesOf(context: AppContext, template: TemplateRow): Promise<number | undefined> {
  return (await workspacesOfTemplates(context.db, [template.id])).get(template.id);
}

/**
 * Deletes a template; its pools drain, and its imports that have not ended are cancelled.
 * Errors: `conflict` while a person's workspace uses the template.
 */
export async function removeTemplate(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly template: string },
): Promise<void> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "delete templates");
  await context.db.transaction("delete template", async (tx) => {
    const now = context.clock.now();
    const because = "The template was deleted before the import had ended.";
    // Jobs before the template, as the end of an import takes them; of a template that stays it is undone.
    const canceledImports = await cancelImports(tx, { templateId: template.id, because, now });
    if (!(await deleteTemplate(tx, template.id, now))) {
      const count = (await workspacesOfTemplates(tx, [template.id])).get(template.id) ?? 0;
      throw new CodedError(
        "conflict",
        `The template "${template.name}" is used by ${count} workspace${count === 1 ? "" : "s"}.`,
        {
          next: `Delete them first (\`prewarm list --all --template ${template.name}\`), or deprecate the template.`,
        },
      );
    }
    const detail = canceledImports === 0 ? {} : { canceledImports };
    await auditTemplate(context, tx, { actor, template, action: "template.delete", detail });
  });
}
