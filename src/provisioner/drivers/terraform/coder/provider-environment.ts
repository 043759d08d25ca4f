import { createHash } from "node:crypto";
import type { JobFacts } from "../../../coder-provider/job-facts.ts";
import { coderEnvironment } from "./job-facts.ts";

/** Systems and architectures that the original provider looks for a script of, in Go's names. */
const systems = ["linux", "darwin", "windows"];
const architectures = ["amd64", "arm64", "armv7"];

/**
 * What the original provider reads of a job: all that ours is told, since the environment of its process is all that it
 * knows. What ours answers as empty is left out, which it answers as empty.
 * @param token of the agent that there is; undefined where none is known. The original provider has one variable for
 * the token of all agents, so that a template has one agent: see `check-for-coder.ts`
 */
export function providerEnvironment(facts: JobFacts, token: string | undefined): Readonly<Record<string, string>> {
  const { owner } = facts;
  const scripts = systems.flatMap((os) =>
    architectures.map((arch) => [`CODER_AGENT_SCRIPT_${os}_${arch}`, facts.initScript(os, arch)] as const),
  );
  const roles = owner.rbacRoles.map(({ name, orgId }) => ({ name, org_id: orgId }));
  return {
    ...coderEnvironment(facts),
    CODER_WORKSPACE_OWNER_RBAC_ROLES: JSON.stringify(roles),
    ...given([
      ...scripts,
      ["CODER_WORKSPACE_OWNER_SSH_PUBLIC_KEY", owner.sshPublicKey],
      ["CODER_WORKSPACE_OWNER_SSH_PRIVATE_KEY", owner.sshPrivateKey],
      ["CODER_WORKSPACE_OWNER_SESSION_TOKEN", owner.sessionToken],
      ["CODER_WORKSPACE_OWNER_OIDC_ACCESS_TOKEN", owner.oidcAccessToken],
      ["CODER_WORKSPACE_OWNER_LOGIN_TYPE", owner.loginType ?? ""],
      [`CODER_RUNNING_WORKSPACE_AGENT_TOKEN_${hashOf("")}`, token ?? ""],
    ]),
    // Of these, empty is a value.
    ...renamed(facts.parameters, (name) => `CODER_PARAMETER_${hashOf(name)}`),
    ...renamed(facts.previousParameters, (name) => `CODER_PARAMETER_PREVIOUS_${hashOf(name)}`),
    ...renamed(facts.externalAuthTokens, (id) => `CODER_EXTERNAL_AUTH_ACCESS_TOKEN_${id}`),
    ...renamed(facts.secretEnvs, (name) => `CODER_SECRET_ENV_${name}`),
    ...renamed(facts.secretFiles, (file) => `CODER_SECRET_FILE_${Buffer.from(file).toString("hex")}`),
  };
}

function hashOf(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

function given(entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

function renamed(
  values: Readonly<Record<string, string>>,
  variableOf: (name: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [variableOf(name), value]));
}
