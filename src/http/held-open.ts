import { LogSearches } from "../app/jobs/log-searches.ts";
import type { Logger } from "../platform/logger.ts";
import { AgentHub } from "./agent-hub.ts";
import { HeldCredentials } from "./held-credentials.ts";
import { HeldPlaces } from "./held-places.ts";
import type { HttpLimits } from "./http-limits.ts";
import { IncomingBytes } from "./incoming-bytes.ts";
import { MetadataBook } from "./metadata/metadata-book.ts";
import { OutgoingBytes } from "./outgoing-bytes.ts";
import { TunnelHub } from "./tunnel/tunnel-hub.ts";

/** All that a server holds, and nobody else knows of: connections, by whom and with what they are open, what they wait for. */
export interface HeldOpen {
  readonly hub: AgentHub;
  readonly agentMetadata: MetadataBook;
  readonly tunnels: TunnelHub;
  readonly credentials: HeldCredentials;
  readonly places: HeldPlaces;
  readonly searches: LogSearches;
  readonly outgoing: OutgoingBytes;
  readonly incoming: IncomingBytes;
}

export function createHeldOpen(limits: HttpLimits, logger: Logger): HeldOpen {
  return {
    hub: new AgentHub(),
    agentMetadata: new MetadataBook(),
    tunnels: new TunnelHub(),
    credentials: new HeldCredentials(),
    places: new HeldPlaces(limits),
    searches: new LogSearches(),
    outgoing: new OutgoingBytes(limits, logger),
    incoming: new IncomingBytes(limits),
  };
}
