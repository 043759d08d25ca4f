import type { AccessLog } from "../app/access/access-log.ts";
import type { AppContext } from "../app/app-context.ts";
import type { FormEvaluations } from "../app/forms/form-evaluations.ts";
import type { LogSearches } from "../app/jobs/log-searches.ts";
import type { LastCycle } from "../app/prebuilds/list-pools.ts";
import type { ClaimQueue } from "../app/workspaces/claim-queue.ts";
import type { ClaimWaiters } from "../app/workspaces/claim-waiters.ts";
import type { VersionDefinitions } from "../app/workspaces/version-definitions.ts";
import type { ControllerStatus } from "../contracts/api/system.ts";
import type { Metrics } from "../platform/metrics/metrics.ts";
import type { AgentFiles } from "./agent-downloads.ts";
import type { AgentHub } from "./agent-hub.ts";
import type { AddressRanges } from "../platform/network/address-ranges.ts";
import type { DashboardFiles } from "./dashboard/dashboard-files.ts";
import type { HeldCredentials } from "./held-credentials.ts";
import type { HeldPlaces } from "./held-places.ts";
import type { HttpLimits } from "./http-limits.ts";
import type { Leaving } from "./leaving.ts";
import type { MetadataBook } from "./metadata/metadata-book.ts";
import type { OpenGateway } from "./gateway/open-gateway.ts";
import type { IncomingBytes } from "./incoming-bytes.ts";
import type { OutgoingBytes } from "./outgoing-bytes.ts";
import type { TunnelHub } from "./tunnel/tunnel-hub.ts";
import type { MetricsAccess } from "./metrics-page.ts";

/** What the routes are given. */
export interface HttpDeps extends AppContext {
  readonly versions: VersionDefinitions;
  readonly claims: ClaimQueue;
  readonly waiters: ClaimWaiters;
  readonly forms: FormEvaluations;
  readonly searches: LogSearches;
  readonly hub: AgentHub;
  readonly agentMetadata: MetadataBook;
  readonly tunnels: TunnelHub;
  readonly credentials: HeldCredentials;
  readonly places: HeldPlaces;
  readonly accessLog: AccessLog;
  readonly outgoing: OutgoingBytes;
  readonly incoming: IncomingBytes;
  readonly trustedProxies: AddressRanges;
  readonly agentFiles: AgentFiles;
  /** Null: it was not built. */
  readonly dashboard: DashboardFiles | null;
  readonly controllers: () => readonly ControllerStatus[];
  readonly lastCycle: LastCycle;
  /** Whether the news of other servers are heard at this moment. */
  readonly hearsNews: () => boolean;
  readonly metrics: Metrics;
  readonly metricsAccess: MetricsAccess;
  /** Whether it was told to stop and serves what still comes. */
  readonly leaving: Leaving;
  /** Aborted when the server stops: long polls, waits and streams end then. */
  readonly stopping: AbortSignal;
  /** The SSH gateway while it listens here; null: there is none. */
  readonly sshGateway: () => OpenGateway | null;
  /** `httpLimits` unless said. */
  readonly limits?: HttpLimits;
}
