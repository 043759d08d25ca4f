/** What the operator of a daemon decides about Docker; templates cannot. */
export interface DockerSettings {
  /** `unix:///path` or `tcp://host:port`. */
  readonly host: string;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem` for TCP with TLS; empty for none. */
  readonly certPath: string;
  /** Whether templates may ask for privileged containers, any capability, and the host's network. */
  readonly isPrivilegedAllowed: boolean;
  /** File with credentials of registries, in the shape of Docker's own `config.json`; empty for none. */
  readonly authFile: string;
  /** Address on which ports are published. */
  readonly publishAddress: string;
}
