import type { Diagnostic } from "../protocol/diagnostic.ts";
import { problem } from "../protocol/diagnostic.ts";
import type { JobFacts } from "../job-facts.ts";
import type { Fields } from "../values/value.ts";
import { readOwner } from "./read-owner.ts";

/** `coder_workspace` (spec §2.1), and what it told of its owner before 2.0 (spec §1). */
export function readWorkspace(
  facts: JobFacts,
  accessUrl: string,
): { readonly computed: Fields; readonly problems: readonly Diagnostic[] } {
  const { workspace, transition } = facts;
  // A claim is no prebuild any more, whatever else the job says.
  const isPrebuild = workspace.isPrebuild && !workspace.isPrebuildClaim;
  return {
    computed: {
      id: workspace.id,
      name: workspace.name || "default",
      transition,
      start_count: transition === "start" ? 1 : 0,
      prebuild_count: isPrebuild ? 1 : 0,
      is_prebuild: isPrebuild,
      is_prebuild_claim: workspace.isPrebuildClaim,
      template_id: workspace.templateId,
      template_name: workspace.templateName,
      template_version: workspace.templateVersion,
      access_url: accessUrl,
      access_port: portOf(accessUrl),
      ...olderOwner(facts),
    },
    problems: facts.buildId === undefined ? [] : missing(facts),
  };
}

function olderOwner(facts: JobFacts): Fields {
  const { id, name, full_name, email, groups, oidc_access_token, session_token } = readOwner(facts).computed;
  return {
    owner: name ?? null,
    owner_id: id ?? null,
    owner_name: full_name ?? null,
    owner_email: email ?? null,
    owner_groups: groups ?? null,
    owner_oidc_access_token: oidc_access_token ?? null,
    owner_session_token: session_token ?? null,
  };
}

function portOf(accessUrl: string): number {
  const { port, protocol } = new URL(accessUrl);
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

/** What a build has to be told (spec §1 †). */
function missing({ workspace }: JobFacts): readonly Diagnostic[] {
  const needed = {
    template_id: workspace.templateId,
    template_name: workspace.templateName,
    template_version: workspace.templateVersion,
  };
  return Object.entries(needed)
    .filter(([, value]) => value === "")
    .map(([name]) =>
      problem(
        [name],
        `The build does not tell ${name}`,
        "The provisioner has to name the template of a build. Report it.",
      ),
    );
}
