import type { AgentManifest, ClaimRecord } from "../contracts/agent-protocol.ts";
import { parameterVariables } from "../contracts/parameter-variable.ts";
import type { AgentConfig } from "./agent-config.ts";

type Variables = Readonly<Record<string, string>>;

/** What every process of the workspace sees. Nothing in it says who will own it (spec §4.1). */
export function commonEnvironment(config: AgentConfig, manifest: AgentManifest): Variables {
  const variables = {
    ...config.baseEnvironment,
    ...manifest.env,
    ...parameterVariables(manifest.parameters),
    HOME: config.home,
    PREWARM_WORKSPACE_ID: config.workspaceId,
    PREWARM_TEMPLATE: manifest.templateName,
    PREWARM_AGENT: manifest.agentName,
    PREWARM_BUILD_STAGE: config.buildStage,
  };
  return config.coder === undefined ? variables : { ...variables, ...config.coder.variables(variables, manifest) };
}

/**
 * What the claim hook and the owner's commands see besides. Empty while nobody owns the workspace.
 * @param common what every process sees.
 */
export function ownerEnvironment(record: ClaimRecord, common: Variables): Variables {
  const { owner } = record;
  if (owner === null) return {};
  const name = owner.name === "" ? owner.username : owner.name;
  return {
    ...parameterVariables(record.parameters),
    PREWARM_WORKSPACE_NAME: record.workspaceName,
    PREWARM_OWNER_ID: owner.id,
    PREWARM_OWNER: owner.username,
    PREWARM_OWNER_NAME: owner.name,
    PREWARM_OWNER_EMAIL: owner.email,
    GIT_AUTHOR_NAME: name,
    GIT_COMMITTER_NAME: name,
    ...(common["CODER"] === undefined
      ? {}
      : { CODER_WORKSPACE_NAME: record.workspaceName, CODER_WORKSPACE_OWNER_NAME: owner.username }),
    ...(owner.email === ""
      ? addressUnlessSaid(owner.username, common)
      : { GIT_AUTHOR_EMAIL: owner.email, GIT_COMMITTER_EMAIL: owner.email }),
  };
}

/** Git commits nothing without an address, and asks this variable last, after its own configuration. */
function addressUnlessSaid(username: string, common: Variables): Variables {
  const { EMAIL: said = "", PREWARM_URL: url = "" } = common;
  return said !== "" || !URL.canParse(url) ? {} : { EMAIL: `${username}@${new URL(url).hostname}` };
}
