import { isDeepStrictEqual } from "node:util";
import { type AgentManifest, type ClaimRecord, handedOverBefore } from "../contracts/agent-protocol.ts";
import { createSignal } from "../platform/signal.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentLog } from "./agent-log.ts";
import type { AgentMemory, RememberedClaim } from "./agent-memory.ts";
import type { BuildSettings } from "./build-settings.ts";
import { Dotfiles } from "./dotfiles/dotfiles.ts";
import { withGitHelper } from "./git/git-variables.ts";
import { commonEnvironment, ownerEnvironment } from "./hook-environment.ts";
import { type HookOutcome, hookErrorText, runHook } from "./run-hook.ts";
import { failureText, runScripts } from "./scripts/run-scripts.ts";
import { scriptPlace } from "./scripts/script-place.ts";
import { type ServerHttp, ServerRefusal } from "./server-http.ts";
import { type GivenSecrets, secretsForHook, type WorkspaceSecrets } from "./workspace-secrets.ts";
import { workFolder } from "./work-folder.ts";

export interface HandOverInput {
  readonly config: AgentConfig;
  readonly http: ServerHttp;
  readonly memory: AgentMemory;
  readonly log: AgentLog;
  readonly secrets: WorkspaceSecrets;
  /** Whether the server can poke at this moment. */
  readonly isConnected: () => boolean;
  /** Resolves when the `prewarm` hook has ended, however it did: a claim waits for it. */
  readonly started: () => Promise<AgentManifest>;
  readonly settings: BuildSettings;
  /** The server contradicts what this workspace remembers: nothing is handed over any more. Called once. */
  readonly onContradiction: (why: string) => void;
  /** Something that does not keep it from being used is worth knowing; empty: not any more. */
  readonly onNote: (text: string) => void;
  /** The workspace is its owner's now, and what his claim hook starts was started. */
  readonly onHandedOver: () => void;
}

const errorLengthMax = 4_096;

/** How a look ended: whether there is something that it has to look for again, and how soon. */
type Found =
  /** It knows its owner and has said so, and he has nothing to give: it is told when that changes. */
  | "settled"
  /** Nobody has claimed it yet, or there are secrets or dotfiles, whose news may be lost: looked after now and then. */
  | "told"
  | "unfinished";

/**
 * Takes the workspace over for its owner, once per generation of the claim record (spec §4.1).
 * The record is pulled: a wake-up may be lost or repeated without harm, and the newest generation is remembered
 * on disk, so that no restart of agent or server repeats a hand-over. An interrupted hook is run again.
 */
export class HandOver {
  readonly #input: HandOverInput;
  readonly #look = createSignal();
  #waiting = new Set<() => void>();
  /** Who wants to know that the server's record does not contradict what is remembered. */
  #comparing = new Set<() => void>();
  #contradiction: string | null = null;
  /** The generation whose claim was answered by the contradiction. */
  #refused = 0;
  #newest: RememberedClaim | null;
  /** The server's newest word. */
  #record: ClaimRecord | null = null;
  readonly #dotfiles: Dotfiles;

  constructor(input: HandOverInput) {
    this.#input = input;
    this.#dotfiles = new Dotfiles(input);
    const known = input.memory.claim();
    // Acknowledged anew at each start: after a stop and a start it is another agent to the server, which then waits
    // for a word of this one. The hook is not run again, unless it had failed: what it failed by may be gone, and what the
    // server is told has to be true of this start.
    const isTriedAgain = known !== null && known.error !== null && known.startId !== input.config.startId;
    this.#newest =
      known === null ? null : { ...known, isAcknowledged: false, phase: isTriedAgain ? "started" : known.phase };
  }

  /** Says that a look is worth it. */
  poke(): void {
    this.#look.notify();
  }

  /**
   * The claim under which a command may run now. While nobody is known to own the workspace, or a hand-over is
   * under way, it looks (again) and waits for the hook. Null: nobody owns the workspace.
   */
  async owner(): Promise<ClaimRecord | null> {
    if (this.#newest?.phase !== "done") {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        this.#look.notify();
      });
    }
    return this.#newest?.phase === "done" && this.#contradiction === null ? this.#newest.record : null;
  }

  /**
   * Whose the workspace is by the server's newest word, also before it is handed over; null: nobody's, or the server
   * contradicts what this workspace remembers. Known once the secrets are.
   */
  get record(): ClaimRecord | null {
    return this.#contradiction !== null || this.#record?.generation === 0 ? null : this.#record;
  }

  /** Whether the workspace was handed over to somebody. */
  get isOwned(): boolean {
    return this.#newest?.phase === "done";
  }

  /** What a command gets. Where the server could not be asked of late, it is asked again for the next one. */
  async secrets(abort: AbortSignal): Promise<GivenSecrets> {
    const { secrets } = this.#input;
    const given = await secrets.given(abort);
    if (given.kind === "unknown") this.#look.notify();
    return given;
  }

  /**
   * Resolves once the server's claim record has been compared with what this workspace remembers of its hand-over, at
   * once where it remembers none. Until then it must not be called ready: a server whose database was restored from a
   * backup takes a workspace for a prebuild that somebody has had since.
   */
  async compared(): Promise<void> {
    if (this.#newest?.phase !== "done") return;
    await new Promise<void>((resolve) => {
      this.#comparing.add(resolve);
      this.#look.notify();
    });
  }

  async run(abort: AbortSignal): Promise<void> {
    while (!abort.aborted) {
      const found = await this.#lookOnce(abort);
      // Polls only while a claim may still come or be unacknowledged: an owned workspace at rest asks nothing.
      await this.#look.wait(found === "settled" ? { abort } : { abort, timeoutMs: this.#pollMs(found) });
    }
    this.#release(this.#waiting);
    this.#release(this.#comparing);
    await this.#dotfiles.ended();
  }

  /** The jitter is downwards only, so that a lost wake-up costs one poll at most. */
  #pollMs(found: Exclude<Found, "settled">): number {
    const { timing, random } = this.#input.config;
    const isTold = found === "told" && this.#input.isConnected();
    return (isTold ? timing.claimPollConnectedMs : timing.claimPollMs) * (0.75 + random.float() / 4);
  }

  async #lookOnce(abort: AbortSignal): Promise<Found> {
    const { secrets } = this.#input;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    const comparing = this.#comparing;
    this.#comparing = new Set();
    try {
      const record = await this.#input.http.claim(abort);
      this.#compare(record);
      this.#record = record;
      this.#release(comparing);
      if (this.#contradiction !== null) return await this.#refuse(record, abort);
      await secrets.look(record, abort);
      if (this.#isNew(record)) await this.#handOver(record, abort);
      // A start may have changed parameters, a rename the name, and the owner his: commands get what is true now.
      else if (record.generation === this.#newest?.generation) this.#renew(this.#newest, record);
      if (this.#newest?.phase === "done" && !this.#newest.isAcknowledged) await this.#acknowledge(this.#newest, abort);
      if (record.generation === 0) return "told";
      // Beside the workspace, which is usable now, and once the server knows that.
      if (this.#newest?.isAcknowledged === true && this.#newest.generation === record.generation) {
        this.#dotfiles.look(record, abort);
      }
      if (this.#newest?.isAcknowledged !== true || secrets.isBehind) return "unfinished";
      const hasDotfiles = (record.dotfiles?.source ?? null) !== null;
      return record.hasSecrets === true || hasDotfiles ? "told" : "settled";
    } catch (error) {
      if (error instanceof ServerRefusal && error.status === 401) secrets.forget();
      if (!abort.aborted) this.#input.config.logger.warn("the claim record could not be looked after", { error });
      for (const resolve of comparing) this.#comparing.add(resolve);
      return "unfinished";
    } finally {
      this.#release(waiting);
    }
  }

  #renew(known: RememberedClaim, record: ClaimRecord): void {
    this.#newest = { ...known, record };
    // The stop hook goes by what is remembered; and after a restart it says whether what is still running may print a
    // secret before the server has been asked.
    if (!isDeepStrictEqual(record, known.record)) this.#input.memory.rememberClaim(this.#newest);
  }

  #compare(record: ClaimRecord): void {
    const known = this.#newest;
    if (known?.phase !== "done" || this.#contradiction !== null) return;
    const { owner, claimedAt } = known.record;
    const isOlder = record.generation < known.generation;
    const isOther =
      record.generation === known.generation && (record.owner?.id !== owner?.id || record.claimedAt !== claimedAt);
    if (!isOlder && !isOther) return;
    this.#contradiction =
      `${handedOverBefore}${owner?.username ?? "somebody"} (claimed at ${claimedAt ?? "an unknown time"}), ` +
      "and the server does not know of it: its database is older than that, as after a backup was restored. " +
      "It is not handed over again, and runs no commands.";
    this.#input.secrets.withdraw();
    this.#input.log.add({ level: "error", source: "agent", text: this.#contradiction });
    this.#input.onContradiction(this.#contradiction);
  }

  /** Whoever claimed it is told, so that he does not wait for ever. */
  async #refuse(record: ClaimRecord, abort: AbortSignal): Promise<"settled" | "told"> {
    if (record.generation === 0) return "told";
    if (record.generation === this.#refused) return "settled";
    const error = (this.#contradiction ?? "").slice(0, errorLengthMax);
    await this.#input.http.acknowledge({ generation: record.generation, error }, abort);
    this.#refused = record.generation;
    return "settled";
  }

  #isNew(record: ClaimRecord): boolean {
    const known = this.#newest;
    if (record.generation === 0) return false;
    return (
      known === null ||
      record.generation > known.generation ||
      (record.generation === known.generation && known.phase === "started")
    );
  }

  async #handOver(record: ClaimRecord, abort: AbortSignal): Promise<void> {
    const { memory, log } = this.#input;
    const { startId } = this.#input.config;
    const claim = { generation: record.generation, record, startId, isAcknowledged: false, error: null };
    // Nobody's commands run from here on, until the hook is done.
    this.#newest = { ...claim, phase: "started" };
    await this.#input.started();
    const areScriptsDue = this.#areScriptsDue(record);
    // Remembered as begun: cut off, they run again; done, never again for this generation.
    if (areScriptsDue) memory.rememberClaim(this.#newest);
    // What was started while nobody owned it begins anew for whoever does; an ordinary workspace is its owner's from the first.
    if (areScriptsDue || this.#input.config.buildStage === "prebuild") this.#input.config.coder?.runsAgain();
    let error = await this.#renewSettings(record, abort);
    const manifest = await this.#input.started();
    const hook = manifest.hooks.claim;
    if (hook !== undefined) {
      memory.rememberClaim(this.#newest);
      const outcome = await this.#runHook(manifest, { record, hook, abort });
      if (outcome.kind === "aborted") throw new Error("the hand-over was interrupted; it will be repeated");
      if (outcome.kind !== "succeeded") error = hookErrorText("claim", outcome);
    }
    if (areScriptsDue && error === null) error = await this.#runScripts(manifest, record, abort);
    if (abort.aborted) return;
    this.#newest = { ...claim, phase: "done", error };
    memory.rememberClaim(this.#newest);
    const text = error ?? `Handed over to ${record.owner?.username ?? "nobody"} (generation ${record.generation}).`;
    log.add({ level: error === null ? "info" : "error", source: "agent", text });
    this.#input.onHandedOver();
  }

  /** Whether the start has run the scripts for somebody else than whom the workspace belongs to now. */
  #areScriptsDue({ generation }: ClaimRecord): boolean {
    const { memory, settings } = this.#input;
    return settings.generation !== null && (memory.start()?.settingsGeneration ?? 0) < generation;
  }

  /** Waits for what the claim's build tells, as long as that build goes on. Answers why it was not told. */
  async #renewSettings({ generation }: ClaimRecord, abort: AbortSignal): Promise<string | null> {
    const { settings } = this.#input;
    if (settings.generation === null || settings.generation >= generation) return null;
    if (await settings.reach(generation, abort)) return null;
    if (abort.aborted) throw new Error("the hand-over was interrupted; it will be repeated");
    return "The build of the claim has told nothing of this agent, so its scripts were not run for the owner: see how it ended.";
  }

  async #runScripts(manifest: AgentManifest, record: ClaimRecord, abort: AbortSignal): Promise<string | null> {
    const { secrets, settings } = this.#input;
    const place = scriptPlace(this.#input, { manifest, record, given: secrets.now() });
    if ("refusal" in place) return `The scripts were not run: ${place.refusal}.`;
    const { failed } = await runScripts({ scripts: settings.scripts, when: "start", ...place, abort });
    if (abort.aborted) throw new Error("the hand-over was interrupted; it will be repeated");
    return failed.length === 0 ? null : failureText(failed);
  }

  async #runHook(
    manifest: AgentManifest,
    claim: {
      readonly record: ClaimRecord;
      readonly hook: { run: string; timeoutMs: number };
      readonly abort: AbortSignal;
    },
  ): Promise<HookOutcome> {
    const { config, log, secrets } = this.#input;
    const given = secretsForHook(secrets.now(), manifest);
    const common = commonEnvironment(config, manifest);
    if ("refusal" in given) return { kind: "failed", reason: `it was not run: ${given.refusal}`, lastLine: null };
    return runHook({
      name: "claim",
      script: claim.hook.run,
      timeoutMs: claim.hook.timeoutMs,
      folder: workFolder(config, manifest),
      environment: withGitHelper(
        {
          ...common,
          ...ownerEnvironment(claim.record, common),
          ...given.values,
          // The hook can tell the claim of a prebuild from the first start of an ordinary workspace (spec §4.1).
          PREWARM_BUILD_STAGE: config.buildStage === "prebuild" ? "claim" : config.buildStage,
        },
        given.gitHelper,
      ),
      stateFolder: config.stateFolder,
      killGraceMs: config.timing.killGraceMs,
      abort: claim.abort,
      masks: secrets.masks,
      onLine: (level, text) => log.add({ level, source: "claim", text }),
    });
  }

  async #acknowledge(claim: RememberedClaim, abort: AbortSignal): Promise<void> {
    const error = claim.error === null ? null : claim.error.slice(0, errorLengthMax);
    await this.#input.http.acknowledge({ generation: claim.generation, error }, abort);
    this.#newest = { ...claim, isAcknowledged: true };
    this.#input.memory.rememberClaim(this.#newest);
  }

  #release(waiting: ReadonlySet<() => void>): void {
    for (const resolve of waiting) resolve();
  }
}
