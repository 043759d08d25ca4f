import { pushTemplate } from "../../src/app/templates/push-template.ts";
import { defaultOrganizationName } from "../../src/contracts/system-ids.ts";
import type { JobId, OrganizationId, PresetId, TemplateId, TemplateVersionId } from "../../src/contracts/ids.ts";
import type { Manifest, ManifestPreset } from "../../src/contracts/manifest.ts";
import { finishJob } from "../../src/db/jobs/finish-job.ts";
import type { JobOutcome } from "../../src/db/jobs/job-outcome.ts";
import type { Fixture } from "./fixture.ts";
import { tarArchive } from "./tar-archive.ts";

export interface TemplateInput extends Partial<Omit<Manifest, "presets">> {
  readonly template?: string;
  /** Name → count of its pool, or a whole preset. Null: a preset without a pool. */
  readonly presets?: Readonly<Record<string, number | null | Omit<ManifestPreset, "name">>>;
  readonly claimEffect?: "none" | "unknown";
  readonly activate?: boolean;
  readonly organization?: string;
}

export interface PublishedTemplate {
  readonly organizationId: OrganizationId;
  readonly templateId: TemplateId;
  readonly versionId: TemplateVersionId;
  readonly name: string;
  /** The id of a preset of this version. */
  preset(name?: string): PresetId;
}

/** A version whose import is still to come. */
export interface PushedTemplate extends PublishedTemplate {
  readonly importJobId: JobId;
}

/** Pushes a version through the use case. One preset `large` with one instance, and one agent, unless said. */
export async function pushVersion(
  fx: Fixture,
  input: Omit<TemplateInput, "claimEffect"> = {},
): Promise<PushedTemplate> {
  const { template = "web", presets = { large: 1 }, activate = true, organization, ...rest } = input;
  const manifest = {
    driver: "fake",
    agents: [{ name: "main" }],
    presets: Object.entries(presets).map(([name, preset]) => ({ name, ...presetOf(preset) })),
    ...rest,
  };
  const pushed = await pushTemplate(fx.context, fx.admin, {
    template,
    archive: tarArchive([{ path: "template.yaml", content: JSON.stringify(manifest) }]),
    activate,
    organization: organization ?? defaultOrganizationName,
  });
  const versionId = pushed.version.id as TemplateVersionId;
  const found = await fx.rows<{ id: PresetId; name: string }>(
    "select id, name from presets where template_version_id = $1",
    [versionId],
  );
  const [row] = await fx.rows<{ organization_id: OrganizationId }>(
    "select organization_id from template_versions where id = $1",
    [versionId],
  );
  if (row === undefined) throw new Error("a version that was just pushed is not there");
  return {
    organizationId: row.organization_id,
    templateId: pushed.template.id as TemplateId,
    versionId,
    importJobId: pushed.version.importJobId as JobId,
    name: template,
    preset: (name) => {
      const preset = found.find((one) => name === undefined || one.name === name);
      if (preset === undefined) throw new Error(`the version has no preset ${name ?? "at all"}`);
      return preset.id;
    },
  };
}

/** Ends the import of a version, as its daemon would. */
export async function finishImport(fx: Fixture, pushed: PushedTemplate, outcome: JobOutcome): Promise<boolean> {
  const { importJobId: jobId } = pushed;
  return await fx.store.transaction("test import", (tx) =>
    finishJob(tx, { jobId, attempt: null, from: ["pending"], outcome, now: fx.clock.now() }),
  );
}

/** Pushes a version and lets its import succeed. Claiming changes nothing in it unless said. */
export async function publishTemplate(fx: Fixture, input: TemplateInput = {}): Promise<PublishedTemplate> {
  const { claimEffect = "none", ...version } = input;
  const pushed = await pushVersion(fx, version);
  await finishImport(fx, pushed, { kind: "succeeded", claimEffect });
  return pushed;
}

function presetOf(preset: number | null | Omit<ManifestPreset, "name">): Omit<ManifestPreset, "name"> {
  if (preset === null) return {};
  return typeof preset === "number" ? { prebuilds: { instances: preset } } : preset;
}
