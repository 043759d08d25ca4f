import { existsSync } from "node:fs";
import path from "node:path";
import type { AgentManifest, ClaimRecord } from "../../contracts/agent-protocol.ts";
import type { AgentConfig } from "../agent-config.ts";
import type { AgentLog } from "../agent-log.ts";
import type { AgentMemory, RememberedDotfiles } from "../agent-memory.ts";
import { withGitHelper } from "../git/git-variables.ts";
import { commonEnvironment, ownerEnvironment } from "../hook-environment.ts";
import { type HookOutcome, lastLineText, runHook } from "../run-hook.ts";
import type { WorkspaceSecrets } from "../workspace-secrets.ts";
import { dotfilesLinker, dotfilesScript } from "./dotfiles-script.ts";

/** For cloning and installing: a person's packages may take minutes. */
export const dotfilesMs = 900_000;

/** Lines of one run that are stored; a person's own script may print without end. */
export const dotfilesLinesMax = 2_000;

export interface DotfilesInput {
  readonly config: AgentConfig;
  readonly memory: AgentMemory;
  readonly log: AgentLog;
  readonly secrets: WorkspaceSecrets;
  readonly started: () => Promise<AgentManifest>;
  /** What is worth knowing of a workspace that is ready all the same; empty when there is nothing any more. */
  readonly onNote: (text: string) => void;
}

type Wish = NonNullable<ClaimRecord["dotfiles"]>;

/**
 * Runs the owner's dotfiles beside the workspace, which is his and usable by then: once for each claim, and again where
 * somebody asks for it, or a start finds them changed, failed, or gone with the home. What it has done is remembered on disk, so
 * that an agent that is restarted repeats only what was cut off.
 */
export class Dotfiles {
  readonly #input: DotfilesInput;
  #record: ClaimRecord | null = null;
  #running: Promise<void> | null = null;
  #isNoted = false;

  constructor(input: DotfilesInput) {
    this.#input = input;
  }

  /** Of a record whose claim is handed over. Never waits. */
  look(record: ClaimRecord, abort: AbortSignal): void {
    this.#record = record;
    this.#running ??= this.#runDue(abort).finally(() => {
      this.#running = null;
    });
  }

  async ended(): Promise<void> {
    await this.#running;
  }

  async #runDue(abort: AbortSignal): Promise<void> {
    try {
      const manifest = await this.#input.started();
      for (let due = this.#due(); due !== null && !abort.aborted; due = this.#due()) {
        await this.#run(due, manifest, abort);
      }
    } catch (error) {
      if (!abort.aborted) this.#tell(`The dotfiles could not be run: ${String(error)}`);
    }
  }

  /** The record whose dotfiles are to be run now. */
  #due(): ClaimRecord | null {
    const { config, memory } = this.#input;
    const record = this.#record;
    const wish = record?.dotfiles;
    if (record === null || record.generation === 0 || wish === undefined) return null;
    const known = memory.dotfiles();
    const isOfClaim = known !== null && known.generation === record.generation && known.ownerId === record.owner?.id;
    if (wish.source === null) {
      // So that those that he sets later wait for a start, or for his word.
      if (!isOfClaim)
        memory.rememberDotfiles(marked(record, wish, { startId: config.startId, phase: "done", error: null }));
      this.#note("");
      return null;
    }
    if (!isOfClaim || known.phase === "started" || wish.runs > known.runs) return record;
    const isOtherStart = known.startId !== config.startId;
    const isStale = known.error !== null || known.source !== sourceText(wish) || !existsSync(cloneOf(config));
    if (isOtherStart && isStale) return record;
    this.#note(known.error ?? "");
    return null;
  }

  async #run(record: ClaimRecord, manifest: AgentManifest, abort: AbortSignal): Promise<void> {
    const { config, memory, log } = this.#input;
    const wish = record.dotfiles;
    if (wish === undefined || wish.source === null) return;
    const { startId } = config;
    memory.rememberDotfiles(marked(record, wish, { startId, phase: "started", error: null }));
    const outcome = await this.#outcome(record, { manifest, source: wish.source, abort });
    // Said again by the next agent, which finds it begun.
    if (outcome.kind === "aborted") return;
    const error = outcome.kind === "succeeded" ? null : troubleText(outcome);
    memory.rememberDotfiles(marked(record, wish, { startId, phase: "done", error }));
    if (error === null) log.add({ level: "info", source: "dotfiles", text: "The dotfiles are there." });
    else this.#tell(error);
    this.#note(error ?? "");
  }

  async #outcome(
    record: ClaimRecord,
    run: {
      readonly manifest: AgentManifest;
      readonly source: NonNullable<Wish["source"]>;
      readonly abort: AbortSignal;
    },
  ): Promise<HookOutcome> {
    const { config, secrets } = this.#input;
    const given = await secrets.given(run.abort);
    if (run.abort.aborted) return { kind: "aborted" };
    if (given.kind !== "known") {
      const why = given.kind === "unknown" ? given.reason : "nobody owns the workspace";
      return {
        kind: "failed",
        reason: `they were not run, as the owner's secrets are not known: ${why}`,
        lastLine: null,
      };
    }
    const common = commonEnvironment(config, run.manifest);
    const environment = {
      ...common,
      ...ownerEnvironment(record, common),
      ...given.values,
      ...variablesOf(config, run.source),
    };
    const ssh =
      environment["GIT_SSH_COMMAND"] ?? "ssh -o BatchMode=yes -o ConnectTimeout=20 -o StrictHostKeyChecking=accept-new";
    return await runHook({
      name: "dotfiles",
      script: dotfilesScript,
      timeoutMs: dotfilesMs,
      folder: config.home,
      environment: withGitHelper({ ...environment, GIT_SSH_COMMAND: ssh }, given.gitHelper),
      stateFolder: config.stateFolder,
      killGraceMs: config.timing.killGraceMs,
      abort: run.abort,
      masks: secrets.masks,
      onLine: this.#lines(),
    });
  }

  #lines(): (level: "info" | "error", text: string) => void {
    const { log } = this.#input;
    let count = 0;
    return (level, text) => {
      count += 1;
      if (count <= dotfilesLinesMax) log.add({ level, source: "dotfiles", text });
      if (count === dotfilesLinesMax) {
        log.add({ level: "error", source: "dotfiles", text: `What they print after ${count} lines is not kept.` });
      }
    };
  }

  #tell(text: string): void {
    this.#input.log.add({ level: "error", source: "dotfiles", text });
  }

  #note(text: string): void {
    if (text === "" && !this.#isNoted) return;
    this.#isNoted = text !== "";
    this.#input.onNote(text);
  }
}

function cloneOf({ home }: AgentConfig): string {
  return path.join(home, ".local/share/prewarm/dotfiles");
}

function sourceText({ source }: Wish): string | null {
  return source === null ? null : JSON.stringify([source.repository, source.branch, source.folder]);
}

function marked(
  record: ClaimRecord,
  wish: Wish,
  how: Pick<RememberedDotfiles, "startId" | "phase" | "error">,
): RememberedDotfiles {
  const { generation, owner } = record;
  return { generation, ownerId: owner?.id ?? "", runs: wish.runs, source: sourceText(wish), ...how };
}

/** Nobody is there to be asked: git and ssh fail where they would ask. */
function variablesOf(config: AgentConfig, source: NonNullable<Wish["source"]>): Readonly<Record<string, string>> {
  return {
    PREWARM_DOTFILES: cloneOf(config),
    PREWARM_DOTFILES_REPOSITORY: source.repository,
    PREWARM_DOTFILES_BRANCH: source.branch,
    PREWARM_DOTFILES_FOLDER: source.folder,
    PREWARM_DOTFILES_LINKER: dotfilesLinker,
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS_REQUIRE: "never",
  };
}

function troubleText(outcome: Extract<HookOutcome, { readonly kind: "failed" | "timed_out" }>): string {
  const what = outcome.kind === "failed" ? "The dotfiles failed" : "The dotfiles were ended";
  return `${what}: ${outcome.reason}.${lastLineText(outcome.lastLine)}`;
}
