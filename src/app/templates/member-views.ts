import type { Template, TemplateVersion } from "../../contracts/api/templates.ts";
import type { Manifest } from "../../contracts/manifest.ts";

/** Instead of what a build or an import printed last, where secrets of a template may be. */
export const toldToTemplateAdmins = "Template admins of the organization see why.";

/**
 * A manifest as those see it who choose by it: what there is to choose and what it costs. What a template sets and runs in
 * its workspaces (`env`, hooks, the drivers' sections) is where its authors put secrets, and is for template admins.
 */
export function memberManifest(manifest: Manifest): Manifest {
  const { agents, docker: _docker, terraform: _terraform, fake: _fake, tags: _tags, ...chosenBy } = manifest;
  return { ...chosenBy, ...(agents === undefined ? {} : { agents: agents.map(({ name }) => ({ name })) }) };
}

export function memberTemplate(template: Template): Template {
  const { activeVersion } = template;
  return activeVersion === null ? template : { ...template, activeVersion: memberVersion(activeVersion) };
}

/** A version without the name of its author, and without the last words of a failed import. */
export function memberVersion(version: TemplateVersion): TemplateVersion {
  return { ...version, createdBy: "", error: version.error === null ? null : toldToTemplateAdmins };
}
