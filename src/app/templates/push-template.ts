import { createHash } from "node:crypto";
import type { TemplateVersion } from "../../contracts/api/templates.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { JobId, PresetId, TemplateId, TemplateVersionId } from "../../contracts/ids.ts";
import { archiveEntriesMax } from "../../contracts/limits.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { putFile } from "../../db/templates/template-files.ts";
import { insertPresets } from "../../db/templates/template-presets.ts";
import { findVersion, insertVersion } from "../../db/templates/template-versions.ts";
import { ensureTemplate } from "../../db/templates/templates.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import { readArchiveEntry } from "../../platform/archive/archive-entry.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireTemplateAdmin } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { type ReadTemplate, readTemplate } from "./manifest-reader.ts";
import { invalidManifest } from "./read-manifest.ts";
import { versionView } from "./template-views.ts";

export interface PushInput {
  readonly organization?: string;
  readonly template: string;
  readonly versionName?: string;
  readonly message?: string;
  readonly activate?: boolean;
  /** The gzip-compressed tar of the template's folder. */
  readonly archive: Buffer;
}

export interface Pushed {
  readonly template: { readonly id: string; readonly name: string };
  readonly version: TemplateVersion;
}

/** What a push says of an archive before anything is stored. Errors: `too_large`, `invalid_archive`, `invalid_manifest`. */
async function readArchive(context: AppContext, archive: Buffer): Promise<Extract<ReadTemplate, { kind: "ok" }>> {
  const { uploadBytesMax, unpackedBytesMax } = context.options;
  if (archive.length > uploadBytesMax) {
    throw new CodedError(
      "too_large",
      `The archive has ${archive.length} bytes; at most ${uploadBytesMax} are allowed.`,
    );
  }
  const entry = await readArchiveEntry(archive, "template.yaml", { entriesMax: archiveEntriesMax, unpackedBytesMax });
  if (entry === null) {
    throw invalidManifest([{ field: "", reason: "the folder has no template.yaml", file: "template.yaml" }]);
  }
  return await readTemplate(context.manifestReader, entry);
}

export interface CheckedTemplate {
  readonly driver: string;
  readonly parameters: string[];
  readonly presets: string[];
}

/**
 * Checks a template as a push does, and stores nothing. What only the driver can tell, its import tells.
 * Errors: `forbidden`, `too_large`, `invalid_archive`, `invalid_manifest`.
 */
export async function checkTemplate(
  context: AppContext,
  actor: Actor,
  input: { readonly organization?: string; readonly archive: Buffer },
): Promise<CheckedTemplate> {
  const organization = await organizationOf(context, actor, input.organization);
  requireTemplateAdmin(actor, organization.id, "check templates");
  const { manifest, presets } = await readArchive(context, input.archive);
  return {
    driver: manifest.driver,
    parameters: (manifest.parameters ?? []).map(({ name }) => name),
    presets: presets.map(({ name }) => name),
  };
}

/**
 * Publishes a version: checks archive and manifest, stores it, and queues its import. It becomes active, if asked,
 * when the import has succeeded.
 * Errors: `forbidden`, `too_large`, `invalid_archive`, `invalid_manifest`, `name_taken`.
 */
export async function pushTemplate(context: AppContext, actor: Actor, input: PushInput): Promise<Pushed> {
  const organization = await organizationOf(context, actor, input.organization);
  requireTemplateAdmin(actor, organization.id, "publish templates");
  const read = await readArchive(context, input.archive);
  const presets = read.presets.map((preset) => ({ ...preset, id: context.random.uuid() as PresetId }));
  const now = context.clock.now();
  const fileHash = createHash("sha256").update(input.archive).digest();
  // Stored before the transaction and by its hash: uploading the same again costs nothing.
  await putFile(context.db, fileHash, input.archive, now);
  const versionId = context.random.uuid() as TemplateVersionId;
  const importJobId = context.random.uuid() as JobId;
  try {
    const templateId = await context.db.transaction("push template", async (tx) => {
      const id = await ensureTemplate(tx, {
        id: context.random.uuid() as TemplateId,
        organizationId: organization.id,
        name: input.template,
        by: actor.userId,
        now,
      });
      const version = { id: versionId, templateId: id, organizationId: organization.id };
      await insertVersion(tx, {
        ...version,
        name: input.versionName ?? null,
        message: input.message ?? "",
        manifest: read.manifest,
        fileHash,
        activate: input.activate ?? true,
        importJobId,
        by: actor.userId,
        now,
      });
      await insertPresets(tx, version, presets, now);
      await recordAudit(tx, {
        at: now,
        actorId: actor.userId,
        organizationId: organization.id,
        action: "template.push",
        targetId: id,
        targetName: input.template,
        detail: { versionId, activate: input.activate ?? true, reason: input.message ?? "" },
      });
      return id;
    });
    const row = await findVersion(context.db, templateId, versionId);
    if (row === undefined) throw new Error("A version that was just stored is not there.");
    return { template: { id: templateId, name: input.template }, version: versionView(row) };
  } catch (error) {
    if (violatedUnique(error) !== "template_versions_template_id_name_key") throw error;
    throw new CodedError("name_taken", `The template already has a version named "${input.versionName}".`, {
      cause: error,
      next: "Choose another --version-name, or leave it out to get the next number.",
    });
  }
}
