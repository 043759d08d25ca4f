import type { Manifest } from "../../../contracts/manifest.ts";
import type { ManifestParameter } from "../../../contracts/manifest-parameter.ts";
import { parameterText } from "../../../platform/manifest-parameters.ts";
import { CodedError } from "../../../contracts/errors.ts";
import type { BuildWork } from "../../driver.ts";
import type { AgentSecret } from "./terraform-state.ts";

/** What a bootstrap script is made for; it holds no secret, the token goes beside it. */
export interface BootstrapInput {
  readonly accessUrl: string;
  readonly workspaceId: string;
  readonly agentName: string;
  /** The start build: the `start` hook runs once for each. */
  readonly startId: string;
  readonly buildStage: string;
}
export type BootstrapScript = (input: BootstrapInput) => string;

export interface VariablesInput {
  readonly work: BuildWork;
  readonly templateName: string;
  readonly accessUrl: string;
  readonly agents: readonly AgentSecret[];
}

/** The one variable object of a template, documented in `docs/terraform.md`. */
export function variablesOf({ work, templateName, accessUrl, agents }: VariablesInput): { readonly prewarm: unknown } {
  const { owner } = work;
  return {
    prewarm: {
      workspace: { id: work.workspaceId, name: work.workspaceName, transition: work.transition },
      template: { name: templateName },
      owner: {
        id: owner.id,
        username: owner.username,
        name: owner.name,
        email: owner.email,
        groups: owner.groups ?? [],
      },
      build: {
        stage: work.stage,
        number: work.buildNumber,
        is_prebuild: work.stage === "prebuild",
        is_claim: work.stage === "claim",
      },
      access_url: accessUrl,
      agents: Object.fromEntries(agents.map((agent) => [agent.name, agent])),
      parameters: work.parameters,
    },
  };
}

/** What Terraform, its providers and its provisioners find in their environment (conformance 148). */
export function environmentOf({ work, templateName }: VariablesInput): Readonly<Record<string, string>> {
  return {
    PREWARM_BUILD_STAGE: work.stage,
    PREWARM_BUILD_NUMBER: String(work.buildNumber),
    PREWARM_IS_PREBUILD: String(work.stage === "prebuild"),
    PREWARM_IS_CLAIM: String(work.stage === "claim"),
    PREWARM_TRANSITION: work.transition,
    PREWARM_WORKSPACE_ID: work.workspaceId,
    PREWARM_WORKSPACE_NAME: work.workspaceName,
    PREWARM_TEMPLATE: templateName,
    PREWARM_OWNER: work.owner.username,
  };
}

export interface AgentsInput extends Omit<VariablesInput, "agents"> {
  readonly manifest: Manifest;
  /** Those of the state. */
  readonly known: readonly AgentSecret[];
  readonly bootstrap: BootstrapScript;
}

/**
 * The agents of a build with their tokens. A job names tokens when it starts a workspace anew; in every other build
 * the agents that run keep what they were given (conformance 147), script included: another text would change what
 * is made from it. A stop and a delete do with what is known, since a template that asks for an agent's token must
 * still be readable when the agent is gone. Errors: `build_failed` when a claim's agent is not in the state.
 */
export function agentsOf(input: AgentsInput): readonly AgentSecret[] {
  const { work, known } = input;
  if (work.transition === "start") return work.agents.map((agent) => startedAgent(agent, input));
  const byName = new Map(known.map((agent) => [agent.name, agent]));
  for (const { name } of input.manifest.agents ?? []) {
    if (!byName.has(name)) byName.set(name, { id: "", name, token: "", bootstrap: "" });
  }
  return [...byName.values()];
}

function startedAgent({ id, name, token }: BuildWork["agents"][number], input: AgentsInput): AgentSecret {
  const { work, accessUrl, known, bootstrap } = input;
  if (token !== null) {
    const { workspaceId, buildId: startId, stage: buildStage } = work;
    return { id, name, token, bootstrap: bootstrap({ accessUrl, workspaceId, agentName: name, startId, buildStage }) };
  }
  const before = known.find((agent) => agent.id === id);
  if (before !== undefined) return before;
  throw new CodedError("build_failed", `The token of the agent "${name}" is not in the workspace's state.`, {
    next: "Start the workspace again: a start gives its agents new tokens.",
  });
}

/** A build that nobody asked for, for the plan by which a template is tried at its import. */
export function exampleWork(manifest: Manifest): BuildWork {
  const nobody = "00000000-0000-4000-8000-000000000000";
  return {
    kind: "build",
    buildId: nobody,
    buildNumber: 1,
    transition: "start",
    stage: "prebuild",
    workspaceId: nobody,
    workspaceName: "prebuild-example",
    owner: { id: nobody, username: "prebuilds", name: "prebuilds", email: "", groups: [] },
    parameters: exampleParameters(manifest),
    agents: (manifest.agents ?? []).map(({ name }) => ({ id: nobody, name, token: "example-token-of-no-agent" })),
    state: null,
  };
}

/** Those of the default preset, else of the first one; the rest by their defaults, options, and types. */
function exampleParameters(manifest: Manifest): Record<string, string> {
  const presets = manifest.presets ?? [];
  const preset = presets.find((candidate) => candidate.default === true) ?? presets[0];
  const values = (manifest.parameters ?? []).map((parameter): [string, string] => {
    const fallback = { string: "example", number: "1", bool: "false", list: "[]" }[parameter.type ?? "string"];
    const given = preset?.parameters?.[parameter.name] ?? parameter.default ?? firstOption(parameter) ?? fallback;
    return [parameter.name, parameterText(given)];
  });
  return Object.fromEntries(values);
}

/** Of a list: the list of it alone, unless each of its options is a list already. */
function firstOption({ type, form_type: formType, options }: ManifestParameter) {
  const [first] = options ?? [];
  return first !== undefined && type === "list" && formType !== "radio" ? [String(first.value)] : first?.value;
}
