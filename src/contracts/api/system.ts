import { type Static, Type } from "typebox";
import { Empty, Instant, OptionalInstant, Uuid } from "./common-schemas.ts";
import { AnsweredEvaluation, LeasedEvaluation } from "../form-evaluation.ts";
import { ImageFacts } from "../image-facts.ts";
import type { RouteDefinition } from "./route.ts";
import {
  AgentManifest,
  AgentSecrets,
  ClaimAcknowledgement,
  ClaimRecord,
  GitCredential,
  GitCredentialAsk,
  GitCredentialReport,
} from "../agent-protocol.ts";
import {
  DaemonRegistered,
  DaemonRegistration,
  DaemonSignOff,
  GoneReport,
  JobHeartbeat,
  JobHeartbeatAnswer,
  JobLogBatch,
  JobResult,
  JobStateVersion,
  LeasedJob,
  LeaseRequest,
  ResourceReport,
  ResourceVerdict,
  StateAdoption,
} from "../provisioner-protocol.ts";

export const DoctorFinding = Type.Object({
  check: Type.String(),
  severity: Type.Union([Type.Literal("ok"), Type.Literal("warning"), Type.Literal("error")]),
  message: Type.String(),
  next: Type.Union([Type.String(), Type.Null()]),
});
export type DoctorFinding = Static<typeof DoctorFinding>;

export const ControllerStatus = Type.Object({
  name: Type.String(),
  intervalMs: Type.Integer(),
  /** When the run under way began. */
  runningSince: OptionalInstant,
  /** Since when the run under way has taken longer than it may: it was told to stop, and has not. */
  hungSince: OptionalInstant,
  lastStartedAt: OptionalInstant,
  lastElapsedMs: Type.Union([Type.Number(), Type.Null()]),
  lastOutcome: Type.Union([Type.Literal("ok"), Type.Literal("skipped"), Type.Literal("error"), Type.Null()]),
  lastError: Type.Union([Type.String(), Type.Null()]),
  runs: Type.Integer(),
  report: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
});
export type ControllerStatus = Static<typeof ControllerStatus>;

export const DoctorReport = Type.Object({
  version: Type.String(),
  findings: Type.Array(DoctorFinding),
  controllers: Type.Array(ControllerStatus),
  daemons: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.String(),
      isAlive: Type.Boolean(),
      /** It was stopped on purpose and said so. */
      isSignedOff: Type.Boolean(),
      seenAt: Instant,
      running: Type.Integer(),
    }),
  ),
  /** Every server of the deployment, as its last heartbeat told. */
  servers: Type.Array(
    Type.Object({
      url: Type.String(),
      version: Type.String(),
      /** Whether it is the one that answers. */
      isSelf: Type.Boolean(),
      seenAt: Instant,
      silentMs: Type.Number(),
      /** Agents' connections that it holds, and those that the database says it holds. */
      agentsHeld: Type.Integer(),
      agentsListed: Type.Integer(),
    }),
  ),
});
export type DoctorReport = Static<typeof DoctorReport>;

const machineParams = Type.Object({ os: Type.String({ maxLength: 32 }), arch: Type.String({ maxLength: 32 }) });

const jobParams = Type.Object({ jobId: Uuid });

export const systemRoutes = {
  health: {
    method: "GET",
    path: "/healthz",
    tag: "system",
    summary: "The process lives.",
    credential: "none",
    access: "anyone",
    response: Type.Object({ status: Type.String() }),
  },
  ready: {
    method: "GET",
    path: "/readyz",
    tag: "system",
    summary:
      "The server can do its work: the database answers and takes writes, its own heartbeat was stored lately, and it has not been told to stop. 503 while not.",
    credential: "none",
    access: "anyone",
    response: Type.Object({
      /** `stopping`: it was told to stop, and serves what still comes for `http.stop_delay`. */
      status: Type.Union([Type.Literal("ready"), Type.Literal("not_ready"), Type.Literal("stopping")]),
      database: Type.Union([Type.Literal("up"), Type.Literal("down")]),
      /** `late`: no heartbeat of this server could be stored for a while, so it knows nothing for certain. */
      heartbeat: Type.Union([Type.Literal("current"), Type.Literal("late")]),
      /** `polled`: news of other servers are not heard at the moment; everything comes by the next poll. */
      news: Type.Union([Type.Literal("heard"), Type.Literal("polled")]),
    }),
  },
  version: {
    method: "GET",
    path: "/api/v1/version",
    tag: "system",
    summary: "Version of the server.",
    credential: "none",
    access: "anyone",
    response: Type.Object({ version: Type.String() }),
  },
  agentStartScript: {
    method: "GET",
    path: "/bin/agent.sh",
    tag: "system",
    summary: "What an agent's init script goes on with: a script for sh that fetches the agent and keeps it running.",
    credential: "none",
    access: "anyone",
    transport: "binary_down",
    response: Type.Unknown(),
  },
  coderProgram: {
    method: "GET",
    path: "/bin/coder-:os-:arch",
    tag: "system",
    summary:
      "A script for sh that becomes the agent when it is called with `agent`, for Coder's templates that fetch the program themselves. By Go's names, such as `linux` and `amd64`.",
    credential: "none",
    access: "anyone",
    transport: "binary_down",
    params: machineParams,
    response: Type.Unknown(),
  },
  agentInitScript: {
    method: "GET",
    path: "/api/v2/init-script/:os/:arch",
    tag: "system",
    summary: "The init script of an agent, for machines that no template of this server starts. By Go's names.",
    credential: "none",
    access: "anyone",
    transport: "binary_down",
    params: machineParams,
    response: Type.Unknown(),
  },
  doctor: {
    method: "GET",
    path: "/api/v1/doctor",
    tag: "system",
    summary: "Checks the database, daemons, controllers and the ledger's consistency, and says what to do.",
    credential: "user",
    access: "administrator",
    response: DoctorReport,
  },
  coderGitSshKey: {
    method: "GET",
    path: "/api/v2/workspaceagents/me/gitsshkey",
    tag: "agent",
    summary:
      "Asked by modules of Coder for the owner's SSH key, and answered by 404 with the reason: the key signs by the agent's socket (`SSH_AUTH_SOCK`), and is given to nobody.",
    credential: "none",
    access: "anyone",
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;

export const daemonRoutes = {
  registerDaemon: {
    method: "POST",
    path: "/api/v1/provisioner/register",
    tag: "provisioner",
    summary: "Announce a daemon. Jobs of an earlier incarnation of the same name are ended as abandoned.",
    credential: "daemon",
    access: "daemon",
    body: DaemonRegistration,
    response: DaemonRegistered,
  },
  signOffDaemon: {
    method: "POST",
    path: "/api/v1/provisioner/sign-off",
    tag: "provisioner",
    summary: "Tell that this daemon stops on purpose: it gets no more jobs, and what it still holds ends as abandoned.",
    credential: "daemon",
    access: "daemon",
    body: DaemonSignOff,
    response: Empty,
  },
  leaseJob: {
    method: "POST",
    path: "/api/v1/provisioner/lease",
    tag: "provisioner",
    summary: "Take the next job in queue order; held open while there is none.",
    credential: "daemon",
    access: "daemon",
    body: LeaseRequest,
    response: Type.Object({ job: Type.Union([LeasedJob, Type.Null()]) }),
  },
  leaseEvaluation: {
    method: "POST",
    path: "/api/v1/provisioner/evaluations/lease",
    tag: "provisioner",
    summary: "Take the next form that is to be evaluated; held open while there is none.",
    credential: "daemon",
    access: "daemon",
    body: LeaseRequest,
    response: Type.Object({ evaluation: Type.Union([LeasedEvaluation, Type.Null()]) }),
  },
  answerEvaluation: {
    method: "POST",
    path: "/api/v1/provisioner/evaluations/:evaluationId/answer",
    tag: "provisioner",
    summary: "Say what a form looks like, or why that cannot be said.",
    credential: "daemon",
    access: "daemon",
    params: Type.Object({ evaluationId: Uuid }),
    body: AnsweredEvaluation,
    response: Empty,
  },
  getTemplateArchive: {
    method: "GET",
    path: "/api/v1/provisioner/archives/:hash",
    tag: "provisioner",
    summary: "A template version's archive by the hex SHA-256 of its bytes.",
    credential: "daemon",
    access: "daemon",
    transport: "binary_down",
    params: Type.Object({ hash: Type.String({ pattern: "^[0-9a-f]{64}$" }) }),
    response: Type.Unknown(),
  },
  heartbeatJob: {
    method: "POST",
    path: "/api/v1/provisioner/jobs/:jobId/heartbeat",
    tag: "provisioner",
    summary: "Keep the lease; learn whether to cancel.",
    credential: "daemon",
    access: "daemon",
    params: jobParams,
    body: JobHeartbeat,
    response: JobHeartbeatAnswer,
  },
  appendJobLogs: {
    method: "POST",
    path: "/api/v1/provisioner/jobs/:jobId/logs",
    tag: "provisioner",
    summary: "Append log lines.",
    credential: "daemon",
    access: "daemon",
    params: jobParams,
    body: JobLogBatch,
    response: Empty,
  },
  putJobState: {
    method: "PUT",
    path: "/api/v1/provisioner/jobs/:jobId/state",
    tag: "provisioner",
    summary: "Store what exists now, while it is made.",
    credential: "daemon",
    access: "daemon",
    params: jobParams,
    body: JobStateVersion,
    response: Empty,
  },
  adoptState: {
    method: "POST",
    path: "/api/v1/provisioner/workspaces/:workspaceId/state",
    tag: "provisioner",
    summary: "Deliver what exists according to a lost attempt. Refused once a later job has begun.",
    credential: "daemon",
    access: "daemon",
    params: Type.Object({ workspaceId: Uuid }),
    body: StateAdoption,
    response: Empty,
  },
  reportResources: {
    method: "POST",
    path: "/api/v1/provisioner/resources",
    tag: "provisioner",
    summary: "Tell what exists of this deployment; learn what of it must be removed.",
    credential: "daemon",
    access: "daemon",
    body: ResourceReport,
    response: ResourceVerdict,
  },
  reportGone: {
    method: "POST",
    path: "/api/v1/provisioner/gone",
    tag: "provisioner",
    summary: "Tell that what a workspace consists of was removed behind the daemon's back, as soon as it is seen.",
    credential: "daemon",
    access: "daemon",
    body: GoneReport,
    response: Empty,
  },
  completeJob: {
    method: "POST",
    path: "/api/v1/provisioner/jobs/:jobId/complete",
    tag: "provisioner",
    summary: "Report a job's end. A late report of a lost lease is refused.",
    credential: "daemon",
    access: "daemon",
    params: jobParams,
    body: JobResult,
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;

export const agentRoutes = {
  agentManifest: {
    method: "GET",
    path: "/api/v1/agent/manifest",
    tag: "agent",
    summary: "What the agent is to run.",
    credential: "agent",
    access: "agent_itself",
    response: AgentManifest,
  },
  agentClaim: {
    method: "GET",
    path: "/api/v1/agent/claim",
    tag: "agent",
    summary: "The claim record: who the workspace belongs to now.",
    credential: "agent",
    access: "agent_itself",
    response: ClaimRecord,
  },
  agentSecrets: {
    method: "GET",
    path: "/api/v1/agent/secrets",
    tag: "agent",
    summary: "What the owner and the template give to hooks and commands; refused while nobody owns the workspace.",
    credential: "agent",
    access: "agent_itself",
    response: AgentSecrets,
  },
  acknowledgeClaim: {
    method: "POST",
    path: "/api/v1/agent/claim",
    tag: "agent",
    summary: "Acknowledge a claim generation after its hook has run.",
    credential: "agent",
    access: "agent_itself",
    body: ClaimAcknowledgement,
    response: Empty,
  },
  agentGitCredential: {
    method: "POST",
    path: "/api/v1/agent/git",
    tag: "agent",
    summary: "The owner's token for one git host; refused while nobody owns the workspace.",
    credential: "agent",
    access: "agent_itself",
    body: GitCredentialAsk,
    response: GitCredential,
  },
  reportGitCredential: {
    method: "POST",
    path: "/api/v1/agent/git/report",
    tag: "agent",
    summary: "Say whether a git host took a token of the owner.",
    credential: "agent",
    access: "agent_itself",
    body: GitCredentialReport,
    response: Empty,
  },
  reportImage: {
    method: "POST",
    path: "/api/v1/agent/image",
    tag: "agent",
    summary: "Tell what a prebuild's image is like, where the manifest asks for it. Kept once for each pool and agent.",
    credential: "agent",
    access: "agent_itself",
    body: ImageFacts,
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
