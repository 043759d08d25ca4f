import { createHash } from "node:crypto";
import type { Manifest } from "../../src/contracts/manifest.ts";
import type { JobLogLine, JobResult, LeasedJob, ResourceReport } from "../../src/contracts/provisioner-protocol.ts";
import { testDeploymentId } from "./build-context.ts";
import { type ScriptedAnswer, type ScriptedRequest, ScriptedServer } from "./scripted-server.ts";

type BuildWork = Extract<LeasedJob["work"], { readonly kind: "build" }>;

export interface JobDraft {
  readonly manifest?: Partial<Manifest>;
  readonly work?: LeasedJob["work"];
  readonly build?: Partial<BuildWork>;
  readonly archive?: Buffer;
}

const owner = { id: "user-1", username: "ada", name: "Ada", email: "ada@example.com" };

/** The server as a provisioner daemon sees it. */
export class ScriptedProvisionerServer {
  leaseMs = 600;
  readonly registrations: unknown[] = [];
  readonly heartbeats: string[] = [];
  readonly lines: JobLogLine[] = [];
  readonly states: { readonly serial: number; readonly state: unknown }[] = [];
  /** What a daemon found on its disk and delivered, with its workspace's id. */
  readonly adoptions: unknown[] = [];
  readonly results = new Map<string, JobResult["outcome"]>();
  /** Job ids whose cancellation is asked for. */
  readonly canceled = new Set<string>();
  /** Job ids whose lease is gone. */
  readonly lost = new Set<string>();
  /** Requests to answer with an error instead, by a part of their path. */
  readonly failing = new Map<string, "database_unavailable" | "not_found" | "conflict">();
  /** What was answered with an error for that reason. */
  readonly refusals: string[] = [];
  readonly signOffs: unknown[] = [];
  /** What happens before a sign-off is answered. */
  onSignOff: () => void | Promise<void> = () => {};
  downloads = 0;
  readonly reports: ResourceReport[] = [];
  /** Workspace ids that are answered to be strangers, when they are reported. */
  readonly strangers = new Set<string>();
  readonly #pending: LeasedJob[] = [];
  readonly #archives = new Map<string, Buffer>();
  readonly #http = new ScriptedServer((request) => this.#answer(request));
  #jobs = 0;

  get url(): string {
    return this.#http.url;
  }

  start(): Promise<void> {
    return this.#http.start();
  }

  stop(): Promise<void> {
    return this.#http.stop();
  }

  /** Puts a job into the queue and answers its id. */
  add(draft: JobDraft = {}): string {
    this.#jobs += 1;
    const archive = draft.archive ?? Buffer.from("never fetched");
    const archiveHash = createHash("sha256").update(archive).digest("hex");
    this.#archives.set(archiveHash, archive);
    const jobId = `job-${this.#jobs}`;
    const manifest = { driver: "fake" as const, ...draft.manifest };
    const build: BuildWork = {
      kind: "build",
      buildId: `build-${this.#jobs}`,
      buildNumber: 1,
      transition: "start",
      stage: "prebuild",
      workspaceId: `workspace-${this.#jobs}`,
      workspaceName: "dev",
      owner,
      parameters: {},
      agents: [],
      state: null,
      ...draft.build,
    };
    this.#pending.push({
      jobId,
      manifest,
      archiveHash,
      driver: manifest.driver,
      attempt: 1,
      templateVersionId: "version-1",
      templateName: "starter",
      work: draft.work ?? build,
    });
    return jobId;
  }

  async #answer(request: ScriptedRequest): Promise<ScriptedAnswer> {
    for (const [part, error] of this.failing) {
      if (!request.path.includes(part)) continue;
      this.refusals.push(part);
      return { error };
    }
    const [, jobId = "", verb = ""] = /^\/api\/v1\/provisioner\/jobs\/([^/]+)\/(\w+)$/.exec(request.path) ?? [];
    if (jobId !== "") return this.lost.has(jobId) ? { error: "lease_lost" } : this.#answerJob(jobId, verb, request);
    const [, workspaceId = ""] = /^\/api\/v1\/provisioner\/workspaces\/([^/]+)\/state$/.exec(request.path) ?? [];
    if (workspaceId !== "") {
      this.adoptions.push({ workspaceId, registrations: this.registrations.length, body: request.body });
      return { json: {} };
    }
    if (request.path.endsWith("/register")) {
      this.registrations.push(request.body);
      const identity = { daemonId: "daemon-1", deploymentId: testDeploymentId };
      return { json: { ...identity, leaseMs: this.leaseMs, accessUrl: this.url } };
    }
    if (request.path.endsWith("/resources")) {
      const report = request.body as ResourceReport; // the daemon is typed by the same contract
      this.reports.push(report);
      const ids = report.resources.map((resource) => resource.workspaceId);
      return { json: { strangers: ids.filter((id) => this.strangers.has(id)) } };
    }
    if (request.path.endsWith("/sign-off")) {
      this.signOffs.push(request.body);
      await this.onSignOff();
      return { json: {} };
    }
    if (request.path.endsWith("/lease")) return this.#lease(request);
    this.downloads += 1;
    const archive = this.#archives.get(request.path.split("/").at(-1) ?? "");
    return archive === undefined ? { error: "not_found" } : { bytes: archive };
  }

  #answerJob(jobId: string, verb: string, request: ScriptedRequest): ScriptedAnswer {
    const body = request.body as Readonly<Record<string, unknown>>; // every call about a job has one
    switch (verb) {
      case "heartbeat":
        this.heartbeats.push(jobId);
        return { json: { isCancelRequested: this.canceled.has(jobId) } };
      case "logs":
        this.lines.push(...(body["lines"] as JobLogLine[])); // the daemon is typed by the same contract
        return { json: {} };
      case "state":
        this.states.push({ serial: body["serial"] as number, state: body["state"] }); // as above
        return { json: {} };
      default:
        this.results.set(jobId, body["outcome"] as JobResult["outcome"]); // as above
        return { json: {} };
    }
  }

  /** Holds the call open as long as there is no job, as the real one does. */
  async #lease(request: ScriptedRequest): Promise<ScriptedAnswer> {
    const { waitMs } = request.body as { readonly waitMs: number }; // the daemon is typed by the same contract
    const untilMs = performance.now() + waitMs;
    while (this.#pending.length === 0 && performance.now() < untilMs && !request.gone.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return { json: { job: request.gone.aborted ? null : (this.#pending.shift() ?? null) } };
  }
}
