import { pushTemplate } from "../../src/app/templates/push-template.ts";
import { defaultOrganizationName } from "../../src/contracts/system-ids.ts";
import type { JobId, OrganizationId, PresetId, TemplateId, TemplateVersionId } from "../../src/contracts/ids.ts";
import type { Manifest, ManifestPreset } from "../../src/contracts/manifest.ts";
import { finishJob } from "../../src/db/writes/finish-job.ts";
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

/** Pushes a version through the use case and lets its import succeed. One preset `large` with one instance unless said. */
export async function publishTemplate(fx: Fixture, input: TemplateInput = {}): Promise<PublishedTemplate> {
  const {
    template = "web",
    presets = { large: 1 },
    claimEffect = "none",
    activate = true,
    organization,
    ...rest
  } = input;
  const manifest = {
    driver: "fake",
    agents: [{ name: "main" }],
    presets: Object.entries(presets).map(([name, preset]) => ({ name, ...presetOf(preset) })),
    ...rest,
  };
  const archive = tarArchive([{ path: "template.yaml", content: JSON.stringify(manifest) }]);
  const pushed = await pushTemplate(fx.context, fx.admin, {
    template,
    archive,
    activate,
    organization: organization ?? defaultOrganizationName,
  });
  await fx.store.transaction("test import", async (tx) =>
    finishJob(tx, {
      jobId: pushed.version.importJobId as JobId,
      attempt: null,
      from: ["pending"],
      outcome: { kind: "succeeded", claimEffect },
      now: fx.clock.now(),
    }),
  );
  const found = await fx.rows<{ id: PresetId; name: string; organization_id: OrganizationId }>(
    "select id, name, organization_id from presets where template_version_id = $1",
    [pushed.version.id],
  );
  const [{ organization_id: organizationId } = { organization_id: undefined }] = await fx.rows<{
    organization_id: OrganizationId;
  }>("select organization_id from templates where id = $1", [pushed.template.id]);
  if (organizationId === undefined) throw new Error("a template that was just pushed is not there");
  return {
    organizationId,
    templateId: pushed.template.id as TemplateId,
    versionId: pushed.version.id as TemplateVersionId,
    name: template,
    preset: (name) => {
      const preset = found.find((row) => name === undefined || row.name === name);
      if (preset === undefined) throw new Error(`the version has no preset ${name ?? "at all"}`);
      return preset.id;
    },
  };
}

function presetOf(preset: number | null | Omit<ManifestPreset, "name">): Omit<ManifestPreset, "name"> {
  if (preset === null) return {};
  return typeof preset === "number" ? { prebuilds: { instances: preset } } : preset;
}
