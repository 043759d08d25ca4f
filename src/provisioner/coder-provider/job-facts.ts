/** placeholder until h1 is merged */
export interface JobFacts {
  readonly accessUrl: string;
  readonly buildId?: string;
  readonly transition: "start" | "stop" | "destroy";
  readonly workspace: {
    readonly id: string;
    readonly name: string;
    readonly templateId: string;
    readonly templateName: string;
    readonly templateVersion: string;
    readonly isPrebuild: boolean;
    readonly isPrebuildClaim: boolean;
  };
  readonly owner: {
    readonly id: string;
    readonly username: string;
    readonly name: string;
    readonly email: string;
    readonly groups: readonly string[];
    readonly rbacRoles: readonly { readonly name: string; readonly orgId: string }[];
    readonly sshPublicKey: string;
    readonly sshPrivateKey: string;
    readonly sessionToken: string;
    readonly oidcAccessToken: string;
    readonly loginType: string | null;
  };
  readonly parameters: Readonly<Record<string, string>>;
  readonly previousParameters: Readonly<Record<string, string>>;
  readonly externalAuthTokens: Readonly<Record<string, string>>;
  readonly secretEnvs: Readonly<Record<string, string>>;
  readonly secretFiles: Readonly<Record<string, string>>;
  readonly secretsMayBeMissing: boolean;
  readonly agentTokens: Readonly<Record<string, string>>;
  readonly initScript: (os: string, arch: string) => string;
  readonly host: { readonly os: string; readonly arch: string };
}
