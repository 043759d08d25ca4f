/** The SSH gateway of this server, as people are told of it. */
export interface OpenGateway {
  /** `ssh-ed25519 AAAA…`, as a line of `known_hosts` has it after the host. */
  readonly hostKey: string;
  readonly fingerprint: string;
  readonly port: number;
}
