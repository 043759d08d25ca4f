import type { BuiltAgent } from "../contracts/agent-settings.ts";
import type { ErrorReport } from "../contracts/api/error-response.ts";
import { CodedError, type ErrorCode } from "../contracts/errors.ts";
import type { Manifest } from "../contracts/manifest.ts";
import type { ManifestParameter } from "../contracts/manifest-parameter.ts";
import type {
  JobLogLine,
  LeasedJob,
  PhaseTiming,
  PlanReport,
  ProvisionedResource,
} from "../contracts/provisioner-protocol.ts";

export type BuildWork = Extract<LeasedJob["work"], { readonly kind: "build" }>;
export type LogLevel = JobLogLine["level"];

/** What every verb of a driver is given. */
export interface DriverContext {
  readonly jobId: string;
  /** Under which the job was leased: with `jobId` it names this try, and no other. */
  readonly attempt: number;
  /** Hex SHA-256 of the template's archive: the same for all jobs of a version. */
  readonly archiveHash: string;
  /** What `parse` answered for this version; undefined when it answered nothing. */
  readonly versionState?: unknown;
  /** Values that were given at the push of the version: secret, each of them. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Names of those that the push has taken over from the version before. */
  readonly carriedVariables?: readonly string[];
  readonly manifest: Manifest;
  readonly templateName: string;
  /** Absent when the server is of the release before. */
  readonly templateId?: string;
  /** Of the version, for people; absent when the server is of the release before. */
  readonly versionName?: string;
  /** URL that agents are to connect to. */
  readonly accessUrl: string;
  /** The deployment that the workspace belongs to: what is made carries it as a mark. */
  readonly deploymentId: string;
  /**
   * Fires when the work must stop: it was cancelled, its time is over, its lease is lost, or the daemon stops.
   * The driver then leaves things as they are and throws; a later `destroy` removes what there is.
   */
  readonly abort: AbortSignal;
  /** `stage` is the phase of the work, for example `apply`. Never give it a secret. */
  readonly log: (level: LogLevel, stage: string, line: string) => void;
  /**
   * The unpacked template, to be read and not written; fetched when it is first asked for, so that a delete does
   * not depend on it. Errors: `invalid_archive`, `transient`.
   */
  readonly templateFolder: () => Promise<string>;
}

export interface BuildContext extends DriverContext {
  readonly work: BuildWork;
  /**
   * Stores what exists (or is about to) on the server and resolves when it is stored. Call it before each effect:
   * what is made must be known while it is made. Replaces what was stored before.
   */
  readonly saveState: (state: unknown) => Promise<void>;
  /**
   * Says what a claim has done to what exists so far, for the case that it does not come to its end. Replaces what was
   * said before.
   */
  readonly notePlan?: (plan: PlanReport) => void;
}

/** What a driver tells of a template that it accepts. */
export interface ParseReport {
  /** Stored with the version, and given to each of its jobs. */
  readonly versionState?: unknown;
  /** What its configuration says of parameters, presets, agents and tags, in the shape of a manifest. */
  readonly manifestParts?: Partial<Manifest>;
  /** Whether each start of this version tells of its agents (`ApplyReport`). */
  readonly tellsAgentSettings?: boolean;
  /** Whether its form differs by what was chosen, by the person or by the workspace: then `evaluate` tells. */
  readonly hasDynamicForm?: boolean;
  /** Which of the variables that it was given the template declares. */
  readonly usedVariables?: readonly string[];
}

/** For whom, and with what, a form is evaluated. */
export interface FormContext extends DriverContext {
  readonly owner: BuildWork["owner"];
  /** What has been chosen so far. */
  readonly parameters: Readonly<Record<string, string>>;
  /**
   * Ends what has to be done once for a version, such as fetching its providers. It fires later than `abort`: a form that
   * is too late for whoever asked has at least prepared the next one.
   */
  readonly preparing: AbortSignal;
}

export interface FormReport {
  /** All parameters of the form as it is now, in the shape of a manifest. */
  readonly parameters: readonly ManifestParameter[];
  readonly phases?: readonly PhaseTiming[];
}

/** What exists according to an attempt that could not store it: its daemon or its lease has ended. */
export interface UndeliveredState {
  readonly workspaceId: string;
  readonly jobId: string;
  readonly attempt: number;
  /** Greater than that of each version that `saveState` stored in this attempt. */
  readonly serial: number;
  readonly state: unknown;
}

/** `refused`: a later job has begun from what was stored before, so the server wants it no more. */
export type Delivery = "stored" | "refused";

/** What a driver tells of a build that went well; nothing of it is needed to go on. */
export interface ApplyReport {
  readonly resources?: readonly ProvisionedResource[];
  /** Of a claim: what its plan said before it was applied, or was found to change nothing. */
  readonly plan?: PlanReport;
  readonly phases?: readonly PhaseTiming[];
  /** Of a start: what its agents are to run, in templates where the version does not say it. */
  readonly agents?: readonly BuiltAgent[];
}

export interface DriverCapabilities {
  /** `none`: a claim needs nothing applied, so the hand-over happens at its commit (spec §4.1). */
  readonly claimEffect: "none" | "unknown";
}

/** Something that a driver finds to exist, for comparison with what the database knows. */
export interface DriverResource {
  readonly workspaceId: string;
  readonly detail: string;
  /** The deployment whose mark it carries; undefined without a mark: then nobody removes it but a delete. */
  readonly deploymentId?: string | undefined;
  /** Only what a stopped workspace consists of is there, such as its volumes: one that should run is gone. */
  readonly isPartial?: boolean;
}

/** Something that a driver has seen to be removed, and not by its own doing. */
export interface GoneThing {
  readonly workspaceId: string;
  /** The build that had made it. */
  readonly buildId: string;
  /** For people: `its container`. */
  readonly detail: string;
}

/**
 * The few verbs of a driver (architecture §5). All are idempotent: after a crash anywhere, the same call again
 * reaches the same end. Errors are `CodedError`s: `invalid_template`, `capacity`, `transient`, `build_failed`;
 * what is not there any more counts as gone and is no error of `destroy`.
 */
export interface Driver {
  readonly name: string;
  capabilities(manifest: Manifest): DriverCapabilities;
  /** Checks what only the driver knows of a template. Errors: `invalid_template`, with the reason. */
  parse(context: DriverContext): Promise<ParseReport | void>;
  /**
   * The form of a template whose parameters are dynamic. Makes nothing. Only drivers that may report such templates have it.
   * Errors: `invalid_template` when it cannot be evaluated with these inputs; `transient`.
   */
  evaluate?(context: FormContext): Promise<FormReport>;
  /** Brings the workspace to what `work` asks for: `start` (of any stage) or `stop`. */
  apply(context: BuildContext): Promise<ApplyReport | void>;
  /**
   * What a claim by `work.owner` would change of what exists; changes nothing itself. Only drivers whose claims may
   * change something have it.
   */
  planClaim?(context: BuildContext): Promise<PlanReport>;
  /** Removes all that exists of the workspace, and resolves only when nothing is left. */
  destroy(context: BuildContext): Promise<void>;
  /** All that exists here, whoever knows of it. */
  list(): Promise<readonly DriverResource[]>;
  /**
   * Removes all that exists here of a workspace that the server does not have any more, without a job and its state.
   * Only drivers whose `list` tells the deployment have it. Resolves when nothing is left. What carries the mark of
   * another deployment than `deploymentId` is not touched.
   */
  remove?(workspaceId: string, abort: AbortSignal, deploymentId: string): Promise<void>;
  /** Called once after `open`: tells what is removed behind our back as soon as it is seen, if the driver can see it. */
  watch?(onGone: (gone: GoneThing) => void): void;
  /**
   * Removes what earlier attempts have made and could tell nobody, because the server refused it: no job will. Called
   * by each sweep, before `list`. Only drivers that keep state outside of `saveState` have it.
   */
  tidy?(abort: AbortSignal): Promise<void>;
  /**
   * Called before the first job, until it succeeds once: takes up what an earlier daemon has left running.
   * Errors: `driver_unavailable` when its tool is not on this host, or does not work now; the daemon then goes on
   * without it, and tries again later.
   * @returns what was found, in words for the log: `Docker Engine 28.2 at unix:///var/run/docker.sock`
   */
  open(): Promise<string | void>;
  /**
   * Offers what earlier attempts could not store to the server, before the daemon takes its first job, and again
   * after each job that went wrong. Only drivers that keep state outside of `saveState` have it.
   */
  deliver?(adopt: (state: UndeliveredState) => Promise<Delivery>): Promise<void>;
  /**
   * Why its workspaces can reach each other and the daemon's own secrets; null when they cannot. Asked for after `open`.
   * Drivers without it keep them apart by what they are made of.
   */
  unisolatedBecause?(): string | null;
  /** Called once at the end. Workspaces go on. */
  close(): Promise<void>;
}

/** Which code a failure of a driver is reported with: its own, if it gave one. */
export function errorReportOf(error: unknown, fallback: ErrorCode): ErrorReport {
  if (error instanceof CodedError) {
    return {
      code: error.code,
      message: error.message,
      next: error.next,
      ...(error.problems.length === 0 ? {} : { problems: error.problems.map((problem) => ({ ...problem })) }),
    };
  }
  return { code: fallback, message: error instanceof Error ? error.message : String(error) };
}
