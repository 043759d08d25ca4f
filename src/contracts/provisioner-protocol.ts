import { type Static, Type } from "typebox";
import { BuiltAgent } from "./agent-settings.ts";
import { Uuid } from "./api/common-schemas.ts";
import { ErrorReport } from "./api/error-response.ts";
import {
  agentsMax,
  logBatchLinesMax,
  reportedResourcesMax,
  resourceDetailLengthMax,
  templateVariablesMax,
} from "./limits.ts";
import { Manifest } from "./manifest.ts";

/**
 * What a provisioner daemon and the server say to each other, all of it over HTTP.
 * A job is leased (long poll), kept by heartbeat, and fenced: every call about a job names the `attempt`
 * under which it was leased, and is answered `lease_lost` (409) once that attempt is over.
 */

/** A driver that a daemon cannot use, and why. */
export const UnavailableDriver = Type.Object({
  driver: Type.String({ maxLength: 64 }),
  reason: Type.String({ maxLength: 1_000 }),
  /** What to do about it; empty when nobody knows. */
  next: Type.String({ maxLength: 1_000 }),
  /** Whether somebody asked for it by its name; else it was only looked for. */
  isWanted: Type.Boolean(),
});
export type UnavailableDriver = Static<typeof UnavailableDriver>;

/** A driver of a daemon whose workspaces can reach each other and the daemon's own secrets, and why. */
export const UnisolatedDriver = Type.Object({
  driver: Type.String({ maxLength: 64 }),
  reason: Type.String({ maxLength: 1_000 }),
});
export type UnisolatedDriver = Static<typeof UnisolatedDriver>;

export const DaemonRegistration = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  incarnation: Type.String({ format: "uuid" }),
  drivers: Type.Array(Type.String()),
  /** Drivers that it would have, and cannot use now. */
  unavailable: Type.Optional(Type.Array(UnavailableDriver, { maxItems: 16 })),
  /** Absent in what a daemon of the release before says: its `process` keeps nothing apart. */
  unisolated: Type.Optional(Type.Array(UnisolatedDriver, { maxItems: 16 })),
  tags: Type.Record(Type.String(), Type.String()),
  concurrency: Type.Integer({ minimum: 1, maximum: 256 }),
  version: Type.String(),
});
export type DaemonRegistration = Static<typeof DaemonRegistration>;

export const DaemonRegistered = Type.Object({
  daemonId: Type.String(),
  /** Of the deployment: what is made for it is marked with this, and what is marked otherwise is never touched. */
  deploymentId: Type.String(),
  /** How long a lease lasts without a heartbeat. */
  leaseMs: Type.Integer(),
  /** URL that agents are to connect to. */
  accessUrl: Type.String(),
});
export type DaemonRegistered = Static<typeof DaemonRegistered>;

/**
 * A daemon stops on purpose, and has ended or handed back what it ran. Its incarnation is over from then on: every later
 * call of it is `lease_lost`, and it is neither waited for nor missed until it registers again.
 */
export const DaemonSignOff = Type.Object({
  daemonId: Type.String({ format: "uuid" }),
  incarnation: Type.String({ format: "uuid" }),
});
export type DaemonSignOff = Static<typeof DaemonSignOff>;

export const LeaseRequest = Type.Object({
  daemonId: Type.String({ format: "uuid" }),
  incarnation: Type.String({ format: "uuid" }),
  /** How long the server may hold the call open while there is no job. */
  waitMs: Type.Integer({ minimum: 0 }),
});
export type LeaseRequest = Static<typeof LeaseRequest>;

export const JobIdentity = Type.Object({
  id: Type.String(),
  username: Type.String(),
  name: Type.String(),
  email: Type.String(),
  /** Names of the groups that he belongs to; absent means none. */
  groups: Type.Optional(Type.Array(Type.String())),
});

export const JobAgent = Type.Object({
  id: Type.String(),
  name: Type.String(),
  /** Present in `start` builds only, never in a claim: the agent that runs keeps its token. */
  token: Type.Union([Type.String(), Type.Null()]),
});
export type JobAgent = Static<typeof JobAgent>;

const buildWork = {
  buildId: Type.String(),
  buildNumber: Type.Integer(),
  transition: Type.Union([Type.Literal("start"), Type.Literal("stop"), Type.Literal("delete")]),
  stage: Type.Union([Type.Literal("prebuild"), Type.Literal("claim"), Type.Literal("ordinary")]),
  workspaceId: Type.String(),
  workspaceName: Type.String(),
  owner: JobIdentity,
  parameters: Type.Record(Type.String(), Type.String()),
  agents: Type.Array(JobAgent),
  /** What the driver stored last for this workspace; null when nothing was ever made. */
  state: Type.Union([Type.Null(), Type.Unknown()]),
};

export const LeasedJob = Type.Object({
  jobId: Type.String(),
  attempt: Type.Integer(),
  driver: Type.String(),
  manifest: Manifest,
  templateVersionId: Type.String(),
  templateName: Type.String(),
  /** Absent in what a server of the release before says, like the version's name. */
  templateId: Type.Optional(Type.String()),
  versionName: Type.Optional(Type.String()),
  /** Hex SHA-256 of the template archive; fetch it with `getTemplateArchive`. */
  archiveHash: Type.String(),
  /** What the driver answered when it imported the version (`JobResult`); absent or null when it answered nothing. */
  versionState: Type.Optional(Type.Unknown()),
  /** Values that were given at the push of the version: secret. Absent means none. */
  variables: Type.Optional(Type.Record(Type.String(), Type.String())),
  /** Names of those that the push has taken over from the version before, which the template need not declare. */
  carriedVariables: Type.Optional(Type.Array(Type.String())),
  work: Type.Union([
    Type.Object({ kind: Type.Literal("import") }),
    Type.Object({ kind: Type.Literal("build"), ...buildWork }),
    /** Plan a claim by a made-up owner, and change nothing (spec §5). */
    Type.Object({ kind: Type.Literal("rehearsal"), ...buildWork }),
  ]),
});
export type LeasedJob = Static<typeof LeasedJob>;

export const JobHeartbeat = Type.Object({ attempt: Type.Integer() });
export const JobHeartbeatAnswer = Type.Object({
  /** Whether somebody asked for the job to be cancelled. */
  isCancelRequested: Type.Boolean(),
});

export const JobLogLine = Type.Object({
  at: Type.String(),
  level: Type.Union([Type.Literal("info"), Type.Literal("warn"), Type.Literal("error"), Type.Literal("debug")]),
  /** Phase of the work, for example `unpack`, `apply`, `agent`. */
  stage: Type.String({ maxLength: 64 }),
  line: Type.String(),
});
export type JobLogLine = Static<typeof JobLogLine>;

export const JobLogBatch = Type.Object({
  attempt: Type.Integer(),
  lines: Type.Array(JobLogLine, { maxItems: logBatchLinesMax }),
});

const Serial = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** One version of what a driver knows to exist. `serial` goes up by at least one with each version. */
export const JobStateVersion = Type.Object({ attempt: Type.Integer(), serial: Serial, state: Type.Unknown() });

/**
 * What a daemon found on its disk after its own restart, or could not store because its lease was lost: the newest
 * that is known of what the attempt `attempt` of the job `jobId` made for a workspace. The server takes it
 *  - while `provider_states` names the same job and attempt, and a smaller `serial`; or
 *  - while it names an earlier job, or none, and the job is the workspace's latest and leased by this attempt last;
 * whatever the job's status is, an ended lease included. An equal serial of the same attempt is answered as stored,
 * so that a retry is harmless. Anything else is `conflict`: a later job has gone on from an older state, and what
 * is only in this one may be left over.
 */
export const StateAdoption = Type.Object({
  jobId: Uuid,
  attempt: Type.Integer(),
  serial: Serial,
  state: Type.Unknown(),
});
export type StateAdoption = Static<typeof StateAdoption>;

/**
 * What a driver of a daemon finds to exist, without what carries the mark of another deployment. A daemon that has more than fit sends
 * several, each with `isComplete: false`: strangers are found in each, but nothing is taken for missing.
 */
export const ResourceReport = Type.Object({
  daemonId: Type.String({ format: "uuid" }),
  incarnation: Type.String({ format: "uuid" }),
  driver: Type.String({ maxLength: 64 }),
  isComplete: Type.Boolean(),
  resources: Type.Array(
    Type.Object({
      workspaceId: Type.String({ format: "uuid" }),
      detail: Type.String({ maxLength: resourceDetailLengthMax }),
      /** Whether it carries this deployment's mark; what carries none is never a stranger. */
      isMarked: Type.Boolean(),
      /** Only what a stopped workspace consists of is there: one that should run counts as gone. */
      isPartial: Type.Optional(Type.Boolean()),
    }),
    { maxItems: reportedResourcesMax },
  ),
});
export type ResourceReport = Static<typeof ResourceReport>;

/**
 * A daemon has seen, at this moment and by no doing of its own, that what the build `buildId` made to run is not there
 * any more. It counts while that build is the workspace's last start: late or twice, it does no harm.
 */
export const GoneReport = Type.Object({
  daemonId: Type.String({ format: "uuid" }),
  incarnation: Type.String({ format: "uuid" }),
  driver: Type.String({ maxLength: 64 }),
  workspaceId: Type.String({ format: "uuid" }),
  buildId: Type.String({ format: "uuid" }),
  /** What is gone, for people: `its container`. */
  detail: Type.String({ maxLength: resourceDetailLengthMax }),
});
export type GoneReport = Static<typeof GoneReport>;

export const ResourceVerdict = Type.Object({
  /** Of those that were reported: workspaces that are unknown, or were deleted, for long enough. To be removed. */
  strangers: Type.Array(Type.String()),
});
export type ResourceVerdict = Static<typeof ResourceVerdict>;

/** Something that exists for a workspace, for people. Values that are sensitive never travel. */
export const ProvisionedResource = Type.Object({
  /** Unique in the workspace, for example `docker_container.main` or `terraform_data.home[0]`. */
  address: Type.String({ maxLength: 512 }),
  type: Type.String({ maxLength: 128 }),
  name: Type.String({ maxLength: 256 }),
  icon: Type.Optional(Type.String({ maxLength: 256 })),
  /** Cost units a day. */
  dailyCost: Type.Optional(Type.Integer({ minimum: 0 })),
  /** What people may see of it; sensitive ones masked. */
  attributes: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type ProvisionedResource = Static<typeof ProvisionedResource>;

/** A resource that a plan deletes and makes again, and the attributes that are the reason (spec §5). */
export const Replacement = Type.Object({
  address: Type.String({ maxLength: 512 }),
  /** For example `root_block_device.0.volume_size`. */
  reasons: Type.Array(
    Type.Object({
      path: Type.String(),
      /** Rendered; `(sensitive)` or `(known after apply)` where they are masked. */
      before: Type.String(),
      after: Type.String(),
    }),
  ),
});
export type Replacement = Static<typeof Replacement>;

/** What a claim would do, or did, to what exists. */
export const PlanReport = Type.Object({
  effect: Type.Union([Type.Literal("nothing"), Type.Literal("in_place"), Type.Literal("replaces")]),
  /** Resources that change in any way. */
  changes: Type.Integer({ minimum: 0 }),
  replacements: Type.Array(Replacement),
});
export type PlanReport = Static<typeof PlanReport>;

/** How long a phase of a build took, for its timeline. */
export const PhaseTiming = Type.Object({
  phase: Type.String({ maxLength: 64 }),
  startedAt: Type.String(),
  elapsedMs: Type.Number({ minimum: 0 }),
});
export type PhaseTiming = Static<typeof PhaseTiming>;

/** Of a claim that did not come to its end: what it had done by then, its replacements only as far as they were begun. */
const doneBefore = { plan: Type.Optional(PlanReport) };

const Named = Type.Array(Type.Object({ name: Type.String() }));
/** As far as merging needs it; the whole that comes of it is read like any other manifest. */
const ToldManifestParts = Type.Object({
  parameters: Type.Optional(Named),
  presets: Type.Optional(Named),
  agents: Type.Optional(Named),
  tags: Type.Optional(Type.Record(Type.String(), Type.String())),
});

export const JobResult = Type.Object({
  attempt: Type.Integer(),
  outcome: Type.Union([
    Type.Object({
      kind: Type.Literal("succeeded"),
      /** Of an import: whether a claim needs nothing applied (`none`), or it is not known. */
      claimEffect: Type.Optional(Type.Union([Type.Literal("none"), Type.Literal("unknown")])),
      /** Of an import: what the driver wants with each job of this version, on any daemon; 1 MiB of JSON at most. */
      versionState: Type.Optional(Type.Unknown()),
      /**
       * Of an import: parts of a manifest that the template's own configuration says (`parameters`, `presets`, `agents`,
       * `tags`), where the driver reads them. The server merges `template.yaml` over them and checks the whole.
       */
      manifestParts: Type.Optional(ToldManifestParts),
      /**
       * Of an import: each start of this version, a claim included, tells what its agents are to run (`agents`), and they
       * wait for it. A daemon of the release before does not say, and tells nothing.
       */
      tellsAgentSettings: Type.Optional(Type.Boolean()),
      /** Of a build of such a version: its agents, which may hold what an author has put into their scripts. */
      agents: Type.Optional(Type.Array(BuiltAgent, { maxItems: agentsMax })),
      /** Of an import: whether the form has to be evaluated for each person and input; absent means no. */
      hasDynamicForm: Type.Optional(Type.Boolean()),
      /** Of an import: names of the version's variables that the template declares; absent means all. */
      usedVariables: Type.Optional(Type.Array(Type.String(), { maxItems: templateVariablesMax })),
      /** Of a build: everything that exists now; absent when the driver does not know resources. */
      resources: Type.Optional(Type.Array(ProvisionedResource, { maxItems: 1_000 })),
      /** Of a claim or a rehearsal: what its plan said. */
      plan: Type.Optional(PlanReport),
      phases: Type.Optional(Type.Array(PhaseTiming, { maxItems: 100 })),
    }),
    Type.Object({ kind: Type.Literal("failed"), error: ErrorReport, ...doneBefore }),
    Type.Object({ kind: Type.Literal("canceled"), ...doneBefore }),
    /** The daemon stops and has undone nothing: the job fails as abandoned. */
    Type.Object({ kind: Type.Literal("abandoned"), ...doneBefore }),
  ]),
});
export type JobResult = Static<typeof JobResult>;
