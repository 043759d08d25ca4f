import { createHash } from "node:crypto";
import type { TemplateVersion } from "../../contracts/api/templates.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { JobId, PresetId, TemplateId, TemplateVersionId } from "../../contracts/ids.ts";
import type { TemplateVariables } from "../../contracts/template-variables.ts";
import { secretsStage, type TemplateWarning, warningText } from "../../contracts/secret-files.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { tellInJobLog } from "../../db/jobs/job-logs.ts";
import { putFile } from "../../db/templates/template-files.ts";
import { insertPresets } from "../../db/templates/template-presets.ts";
import { findVersion, insertVersion } from "../../db/templates/template-versions.ts";
import { ensureTemplate } from "../../db/templates/templates.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireTemplateAdmin } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { variablesOfPush } from "./push-variables.ts";
import { readTemplateArchive } from "./read-template-archive.ts";
import { versionView } from "./template-views.ts";

export interface PushInput {
  readonly organization?: string;
  readonly template: string;
  readonly versionName?: string;
  readonly message?: string;
  readonly activate?: boolean;
  /** The gzip-compressed tar of the template's folder. */
  readonly archive: Buffer;
  /** Values of Terraform variables; none unless said. */
  readonly variables?: TemplateVariables;
  /** Whether those of the version before are used again; true unless said. */
  readonly keepVariables?: boolean;
}

export interface Pushed {
  readonly template: { readonly id: string; readonly name: string };
  readonly version: TemplateVersion;
  readonly reusedVariables?: { readonly version: number; readonly names: string[] };
  readonly warnings: TemplateWarning[];
}

export interface CheckedTemplate {
  readonly driver: string;
  readonly parameters: string[];
  readonly presets: string[];
  readonly warnings: TemplateWarning[];
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
  const { manifest, presets, warnings } = await readTemplateArchive(context, input.archive);
  return {
    driver: manifest.driver,
    parameters: (manifest.parameters ?? []).map(({ name }) => name),
    presets: presets.map(({ name }) => name),
    warnings: [...warnings],
  };
}

/**
 * Publishes a version: checks archive and manifest, stores it, and queues its import. It becomes active, if asked,
 * when the import has succeeded.
 * Errors: `forbidden`, `too_large`, `invalid_archive`, `invalid_manifest`, `name_taken`; `invalid_request` for variables.
 */
export async function pushTemplate(context: AppContext, actor: Actor, input: PushInput): Promise<Pushed> {
  const organization = await organizationOf(context, actor, input.organization);
  requireTemplateAdmin(actor, organization.id, "publish templates");
  const read = await readTemplateArchive(context, input.archive);
  const presets = read.presets.map((preset) => ({ ...preset, id: context.random.uuid() as PresetId }));
  const versionId = context.random.uuid() as TemplateVersionId;
  const variables = await variablesOfPush(context, {
    organizationId: organization.id,
    template: input.template,
    versionId,
    manifest: read.manifest,
    given: input.variables ?? {},
    isKeeping: input.keepVariables ?? true,
  });
  const now = context.clock.now();
  const fileHash = createHash("sha256").update(input.archive).digest();
  // Stored before the transaction and by its hash: uploading the same again costs nothing.
  await putFile(context.db, fileHash, input.archive, now);
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
        variables: variables.stored,
        activate: input.activate ?? true,
        importJobId,
        by: actor.userId,
        now,
      });
      await insertPresets(tx, version, presets, now);
      await tellInJobLog(tx, importJobId, { at: now, stage: secretsStage, lines: read.warnings.map(warningText) });
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
    return {
      template: { id: templateId, name: input.template },
      version: versionView(row),
      ...(variables.reused === null ? {} : { reusedVariables: variables.reused }),
      warnings: [...read.warnings],
    };
  } catch (error) {
    if (violatedUnique(error) !== "template_versions_template_id_name_key") throw error;
    throw new CodedError("name_taken", `The template already has a version named "${input.versionName}".`, {
      cause: error,
      next: "Choose another --version-name, or leave it out to get the next number.",
    });
  }
}
