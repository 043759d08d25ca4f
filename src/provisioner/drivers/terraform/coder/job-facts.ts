import type { BuildContext } from "../../../driver.ts";
import type { JobFacts } from "../../../coder-provider/job-facts.ts";
import type { AgentSecret } from "../terraform-state.ts";

export interface FactsInput {
  readonly context: BuildContext;
  /** Those of this build with their tokens. */
  readonly agents: readonly AgentSecret[];
  /** For the plan by which a version is tried at its import: nothing is required then that only a build has. */
  readonly isImport: boolean;
  /** For the plan that answers a person's form. */
  readonly isForm?: boolean;
  readonly initScript: JobFacts["initScript"];
}

/** As templates compare it: the group that everybody is in. */
const everybody = "Everyone";
/** Of a prebuild, which is nobody's: some templates put it where an address must stand. */
const addressOfNobody = "prebuilds@example.com";

/** What a build is, in the terms of templates that are written for Coder. */
export function factsOf({ context, agents, isImport, isForm = false, initScript }: FactsInput): JobFacts {
  const { work, templateName, accessUrl, templateId, versionName } = context;
  const { owner } = work;
  const isStart = work.transition === "start";
  return {
    accessUrl: accessUrl.replace(/\/+$/, ""),
    ...(isImport || isForm ? {} : { buildId: work.buildId }),
    ...(isForm ? { isForm } : {}),
    transition: work.transition === "delete" ? "destroy" : work.transition,
    workspace: {
      id: work.workspaceId,
      name: work.workspaceName,
      templateId: templateId ?? nobody,
      templateName,
      templateVersion: versionName ?? "unknown",
      isPrebuild: isStart && work.stage === "prebuild",
      isPrebuildClaim: isStart && work.stage === "claim",
    },
    owner: {
      id: owner.id,
      username: owner.username,
      name: owner.name,
      email: owner.email === "" ? addressOfNobody : owner.email,
      groups: [everybody, ...(owner.groups ?? []).filter((group) => group.toLowerCase() !== everybody.toLowerCase())],
      rbacRoles: [],
      sshPublicKey: "",
      sshPrivateKey: "",
      sessionToken: "",
      oidcAccessToken: "",
      loginType: null,
    },
    parameters: work.parameters,
    previousParameters: {},
    externalAuthTokens: {},
    secretEnvs: {},
    secretFiles: {},
    secretsMayBeMissing: true,
    agentTokens: startedTokens(context, agents),
    initScript,
    host: hostOf(process.platform, process.arch),
  };
}

const nobody = "00000000-0000-4000-8000-000000000000";

/** Of the agents that begin anew with this build: one that runs keeps its token, which is in the state. */
function startedTokens({ work }: BuildContext, agents: readonly AgentSecret[]): Readonly<Record<string, string>> {
  const anew = new Set(work.agents.filter(({ token }) => token !== null).map(({ name }) => name));
  return Object.fromEntries(agents.filter(({ name }) => anew.has(name)).map(({ name, token }) => [name, token]));
}

/** In the names that Go has for systems and architectures, which templates know. */
export function hostOf(platform: string, architecture: string): JobFacts["host"] {
  const os = platform === "win32" ? "windows" : platform;
  const arch = { x64: "amd64", ia32: "386", arm: "armv7" }[architecture] ?? architecture;
  return { os, arch };
}

/**
 * The same as environment variables: a template's `local-exec` and `data.external` may look at them. Of secrets only the
 * parameters are among them, which the template reads anyway.
 */
export function coderEnvironment(facts: JobFacts): Readonly<Record<string, string>> {
  const { workspace, owner } = facts;
  return {
    CODER_AGENT_URL: facts.accessUrl,
    ...(facts.buildId === undefined ? {} : { CODER_WORKSPACE_BUILD_ID: facts.buildId }),
    CODER_WORKSPACE_TRANSITION: facts.transition,
    CODER_WORKSPACE_ID: workspace.id,
    CODER_WORKSPACE_NAME: workspace.name,
    CODER_WORKSPACE_TEMPLATE_ID: workspace.templateId,
    CODER_WORKSPACE_TEMPLATE_NAME: workspace.templateName,
    CODER_WORKSPACE_TEMPLATE_VERSION: workspace.templateVersion,
    ...(workspace.isPrebuild ? { CODER_WORKSPACE_IS_PREBUILD: "true" } : {}),
    ...(workspace.isPrebuildClaim ? { CODER_WORKSPACE_IS_PREBUILD_CLAIM: "true" } : {}),
    CODER_WORKSPACE_OWNER: owner.username,
    CODER_WORKSPACE_OWNER_ID: owner.id,
    CODER_WORKSPACE_OWNER_NAME: owner.name,
    CODER_WORKSPACE_OWNER_EMAIL: owner.email,
    CODER_WORKSPACE_OWNER_GROUPS: JSON.stringify(owner.groups),
  };
}
