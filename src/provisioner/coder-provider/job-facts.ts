/**
 * What one job tells the provider: everything that the real provider of `coder/coder` reads from the environment of its
 * process (spec §1). It is given once, when the socket is opened, and does not change while the job runs.
 */
export interface JobFacts {
  /** Absolute URL with host, no trailing slash. */
  readonly accessUrl: string;
  /** Present: strict (spec §1 †). Absent: lenient, as at an import. */
  readonly buildId?: string;
  /**
   * A plan that only asks what the form of a person looks like: what he has given and does not fit is shown beside its
   * field by the server, and what depends on it is worked out with a value that fits.
   */
  readonly isForm?: boolean;
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
    /** What the person is called, in full. */
    readonly name: string;
    readonly email: string;
    readonly groups: readonly string[];
    /** `orgId` is empty for a role that holds everywhere. */
    readonly rbacRoles: readonly { readonly name: string; readonly orgId: string }[];
    readonly sshPublicKey: string;
    readonly sshPrivateKey: string;
    readonly sessionToken: string;
    readonly oidcAccessToken: string;
    readonly loginType: string | null;
  };
  /** By the parameter's name; absent: its default. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of the build before, for `monotonic` alone. */
  readonly previousParameters: Readonly<Record<string, string>>;
  /** By the id of the provider, as the template writes it. */
  readonly externalAuthTokens: Readonly<Record<string, string>>;
  readonly secretEnvs: Readonly<Record<string, string>>;
  /** By the path, as the template writes it. */
  readonly secretFiles: Readonly<Record<string, string>>;
  /** Whether `coder_secret` may be missing although this is a start (a prebuild has no person). */
  readonly secretsMayBeMissing: boolean;
  /** Tokens by the agent's name, of agents that are started anew in this build. */
  readonly agentTokens: Readonly<Record<string, string>>;
  /**
   * Script text of an OS and architecture in Go's names; "" where there is none. Placeholders `${ACCESS_URL}` (with a
   * trailing slash) and `${AUTH_TYPE}` are replaced by the provider.
   */
  readonly initScript: (os: string, arch: string) => string;
  /** Of this daemon's machine, in Go's names. */
  readonly host: { readonly os: string; readonly arch: string };
}

/** The entry of a table by a name from outside; a name such as `constructor` has none. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
