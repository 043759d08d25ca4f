/**
 * What a server tells of itself with each heartbeat: its connections as of this one, all else as of the one before.
 * Instants are in ISO 8601.
 */
export interface ServerReport {
  readonly agents: {
    /** Connections that it holds. */
    readonly held: number;
    /** Those that the table of agents says it holds. */
    readonly listed: number;
    /** Since when the two have differed without a break; null while they agree. */
    readonly differSince: string | null;
  };
  /** The oldest claim that an agent connected to it has not acknowledged. */
  readonly oldestUnserved: { readonly workspace: string; readonly since: string } | null;
  /** Controllers whose run is past its deadline, and since when it has been running. */
  readonly hung: readonly { readonly controller: string; readonly since: string }[];
  /** Whether it hears the news of the other servers. */
  readonly hearsNews: boolean;
  /** The key with which it seals provider states. */
  readonly stateKeyId: string;
  /** Whether other servers may come to it for a person with a ticket instead of his credential (earlier releases do not say so). */
  readonly takesRelayTickets: true;
}
