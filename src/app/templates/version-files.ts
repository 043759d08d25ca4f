import type { Static } from "typebox";
import type { templateFileRoutes, VersionDiff, VersionFile } from "../../contracts/api/template-files.ts";
import { CodedError } from "../../contracts/errors.ts";
import {
  archiveEntriesMax,
  fileTextBytesMax,
  versionDiffBytesMax,
  versionFilesListedMax,
} from "../../contracts/limits.ts";
import { claimableCounts } from "../../db/claims/claimable-count.ts";
import { presetsOfVersion } from "../../db/templates/template-presets.ts";
import { versionArchive } from "../../db/templates/template-files.ts";
import { activeVersions, previousVersion, type VersionRow } from "../../db/templates/template-versions.ts";
import { compareManifests } from "../../domain/template/compare-manifests.ts";
import { promotionEffect } from "../../domain/template/promotion-effect.ts";
import { type ArchiveFile, archiveFiles } from "../../platform/archive/archive-files.ts";
import { readArchiveEntry } from "../../platform/archive/archive-entry.ts";
import { fileDifferences } from "../../platform/archive/folder-diff.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireTemplateAdmin } from "../authorize.ts";
import { requireTemplate, requireVersion } from "./templates.ts";

/** For the lines of one file: whoever else uses the server waits for it. */
const compareMs = 20;
const readmeName = "README.md";

interface OfTemplate {
  readonly organization?: string;
  readonly template: string;
}
interface OfVersion extends OfTemplate {
  readonly version: string;
}

/** The active version's readme, which every member may read: it is written for them. Errors: `not_found`. */
export async function templateReadme(
  context: AppContext,
  actor: Actor,
  input: OfTemplate,
): Promise<{ text: string | null }> {
  const template = await requireTemplate(context, actor, input);
  if (template.active_version_id === null) return { text: null };
  const archive = await versionArchive(context.db, template.active_version_id);
  if (archive === undefined) return { text: null };
  const bytes = await readArchiveEntry(archive, readmeName, { limits: limitsOf(context) });
  return { text: bytes === null ? null : (textOf(bytes)?.text ?? null) };
}

/** Errors: `not_found`, `forbidden`. */
export async function listVersionFiles(
  context: AppContext,
  actor: Actor,
  input: OfVersion,
): Promise<{ files: VersionFile[]; total: number }> {
  const { version } = await readableVersion(context, actor, input);
  const files = await filesOf(context, version);
  const paths = [...files].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return {
    files: paths.slice(0, versionFilesListedMax).map(([path, file]) => fileView(path, file)),
    total: files.size,
  };
}

/** Errors: `not_found`, `forbidden`. */
export async function versionFile(
  context: AppContext,
  actor: Actor,
  input: OfVersion & { readonly path: string },
): Promise<Static<typeof templateFileRoutes.getVersionFile.response>> {
  const { version } = await readableVersion(context, actor, input);
  const file = (await filesOf(context, version)).get(input.path);
  if (file === undefined) {
    throw new CodedError("not_found", `The version "${version.name}" has no file "${input.path}".`);
  }
  const found = textOf(file.bytes);
  return { file: fileView(input.path, file), text: found?.text ?? null, isCut: found?.isCut ?? false };
}

/** Errors: `not_found`, `forbidden`. */
export async function diffVersion(
  context: AppContext,
  actor: Actor,
  input: OfVersion & { readonly against?: string },
): Promise<VersionDiff> {
  const { template, version } = await readableVersion(context, actor, input);
  const [active] = await activeVersions(context.db, [template.id]);
  const asked = input.against ?? "active";
  const against =
    asked === "active"
      ? active
      : asked === "previous"
        ? await previousVersion(context.db, version)
        : await requireVersion(context, template, asked);
  const before = against === undefined ? new Map<string, ArchiveFile>() : await filesOf(context, against);
  const after = await filesOf(context, version);
  const bounded = boundedDifferences(before, after);
  return {
    against: against === undefined ? null : { number: against.number, name: against.name },
    version: { number: version.number, name: version.name },
    ...bounded,
    meaning: [...compareManifests(against?.manifest ?? null, version.manifest)],
    promotion: await promotionOf(context, version, active),
  };
}

/** For those who see all of its manifest: what a manifest may hold is in its files too (`member-views.ts`). */
async function readableVersion(context: AppContext, actor: Actor, input: OfVersion) {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "look into the files of templates");
  return { template, version: await requireVersion(context, template, input.version) };
}

async function promotionOf(
  context: AppContext,
  version: VersionRow,
  active: VersionRow | undefined,
): Promise<VersionDiff["promotion"]> {
  if (version.is_active) return { pools: [], sentences: [] };
  const presets = active === undefined ? [] : await presetsOfVersion(context.db, active.id);
  const pooled = presets.filter(({ instances }) => instances !== null);
  const ready = await claimableCounts(
    context.db,
    pooled.map(({ id }) => id),
    context.clock.now(),
  );
  const after = version.manifest.presets ?? [];
  return promotionEffect({
    before: pooled.map(({ id, name }) => ({ preset: name, ready: ready.get(id) ?? 0 })),
    after: after.filter(({ prebuilds }) => prebuilds !== undefined).map(({ name }) => name),
    strategy: version.manifest.rollout?.strategy ?? "replace",
  });
}

function boundedDifferences(before: ReadonlyMap<string, ArchiveFile>, after: ReadonlyMap<string, ArchiveFile>) {
  let left = versionDiffBytesMax;
  const files = fileDifferences(before, after, compareMs).slice(0, versionFilesListedMax);
  const shown = files.map((file) => {
    left -= file.patch.length;
    return left < 0 ? { ...file, patch: null } : { ...file };
  });
  return { files: shown, isCut: left < 0 };
}

async function filesOf(context: AppContext, version: VersionRow): Promise<ReadonlyMap<string, ArchiveFile>> {
  const archive = await versionArchive(context.db, version.id);
  // Versions that were replaced and that nothing uses are removed in time.
  if (archive === undefined) throw new CodedError("not_found", `The version "${version.name}" was removed just now.`);
  return await archiveFiles(archive, limitsOf(context));
}

const limitsOf = ({ options }: AppContext) => ({
  entriesMax: archiveEntriesMax,
  unpackedBytesMax: options.unpackedBytesMax,
});

const fileView = (path: string, { bytes, isExecutable }: ArchiveFile): VersionFile => ({
  path,
  bytes: bytes.length,
  isExecutable,
});

/** Null of what is no text. A text is cut before the character that would be too much. */
function textOf(bytes: Buffer): { readonly text: string; readonly isCut: boolean } | null {
  if (bytes.includes(0)) return null;
  const isCut = bytes.length > fileTextBytesMax;
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return { text: decoder.decode(bytes.subarray(0, fileTextBytesMax), { stream: isCut }), isCut };
  } catch {
    return null;
  }
}
