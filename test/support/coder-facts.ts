import type { JobFacts } from "../../src/provisioner/coder-provider/job-facts.ts";

export interface FactsDraft extends Partial<Omit<JobFacts, "workspace" | "owner">> {
  readonly workspace?: Partial<JobFacts["workspace"]>;
  readonly owner?: Partial<JobFacts["owner"]>;
}

/** A start of ada's workspace `dev`, whose agent `main` is given a token. */
export function jobFacts({ workspace, owner, ...draft }: FactsDraft = {}): JobFacts {
  return {
    accessUrl: "https://prewarm.example.com",
    buildId: "8a3b2f0e-1111-4222-8333-444455556666",
    transition: "start",
    workspace: {
      id: "0b8f1c52-aaaa-4bbb-8ccc-ddddeeeeffff",
      name: "dev",
      templateId: "5f0c4f5e-0000-4000-8000-000000000001",
      templateName: "docker",
      templateVersion: "v7",
      isPrebuild: false,
      isPrebuildClaim: false,
      ...workspace,
    },
    owner: {
      id: "c0ffee00-0000-4000-8000-000000000002",
      username: "ada",
      name: "Ada Lovelace",
      email: "ada@example.com",
      groups: ["Everyone", "staff"],
      rbacRoles: [{ name: "member", orgId: "" }],
      sshPublicKey: "ssh-ed25519 AAAA ada",
      sshPrivateKey: "-----BEGIN OPENSSH PRIVATE KEY-----",
      sessionToken: "session-of-ada",
      oidcAccessToken: "",
      loginType: "password",
      ...owner,
    },
    parameters: {},
    previousParameters: {},
    externalAuthTokens: {},
    secretEnvs: {},
    secretFiles: {},
    secretsMayBeMissing: false,
    agentTokens: { main: "token-of-main" },
    initScript: (os, arch) => (os === "linux" ? `#!/bin/sh\necho \${ACCESS_URL}bin/${arch} \${AUTH_TYPE}\n` : ""),
    host: { os: "linux", arch: "amd64" },
    ...draft,
  };
}

/** The same workspace while nobody owns it. */
export function prebuildFacts(draft: FactsDraft = {}): JobFacts {
  return jobFacts({
    secretsMayBeMissing: true,
    ...draft,
    workspace: { name: "prebuild-x7", isPrebuild: true, ...draft.workspace },
    owner: {
      id: "c0ffee00-0000-4000-8000-000000000001",
      username: "prebuilds",
      name: "prebuilds",
      email: "",
      ...draft.owner,
    },
  });
}

/** The build that gives it to ada: the agents go on with their tokens. */
export function claimFacts(draft: FactsDraft = {}): JobFacts {
  return jobFacts({ agentTokens: {}, ...draft, workspace: { isPrebuildClaim: true, ...draft.workspace } });
}
