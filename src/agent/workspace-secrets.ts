import type { AgentManifest, AgentSecrets, ClaimRecord } from "../contracts/agent-protocol.ts";
import { backoffDelayMs } from "../platform/backoff.ts";
import { sleep } from "../platform/sleep.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentLog } from "./agent-log.ts";
import { GitCredentials } from "./git/git-credentials.ts";
import type { GitAnswer, GitAsk } from "./git/git-words.ts";
import { helperCommand } from "./git/git-variables.ts";
import { KeyAgent } from "./keys/key-agent.ts";
import { SecretMasks } from "./secret-mask.ts";
import { ServerRefusal, type ServerHttp } from "./server-http.ts";

type Variables = Readonly<Record<string, string>>;

/** What hooks and commands get, as far as is known. */
export type GivenSecrets = GivenAsSecrets & {
  /** What has git ask for the owner's tokens; undefined while nobody owns the workspace. */
  readonly gitHelper?: string | undefined;
};

type GivenAsSecrets =
  /** The workspace waits in its pool, or nobody can say whose it is. */
  | { readonly kind: "nobody" }
  | { readonly kind: "known"; readonly values: Variables }
  /** There are some; why they are not here, as a sentence's second half. */
  | { readonly kind: "unknown"; readonly reason: string };

export interface WorkspaceSecretsInput {
  readonly config: AgentConfig;
  readonly http: Pick<ServerHttp, "secrets" | "gitCredential" | "reportGitCredential">;
  readonly log: AgentLog;
  readonly isConnected: () => boolean;
}

/**
 * The secrets of the workspace's owner and template. They are in this process's memory alone: nothing here writes, and
 * none of it is an argument or a variable of the agent. They are asked for whenever the claim record is, and never
 * while that says that nobody owns the workspace.
 */
export class WorkspaceSecrets {
  readonly masks = new SecretMasks();
  readonly #keyAgent = new KeyAgent();
  readonly #git: GitCredentials;
  readonly #input: WorkspaceSecretsInput;
  #given: GivenAsSecrets | null = null;
  #waiting = new Set<() => void>();
  #isBehind = false;
  #isTrouble = false;
  #toldUnopened = "";
  #isGitTold = false;

  constructor(input: WorkspaceSecretsInput) {
    this.#input = input;
    const tell = (text: string): void => this.#tell(text);
    this.#git = new GitCredentials({ http: input.http, masks: this.masks, tell });
  }

  /** Whether what is given may be old, because the server did not answer. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** What is known now; waits for the first look where there was none. */
  async given(abort: AbortSignal): Promise<GivenSecrets> {
    if (this.#given === null && !abort.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        abort.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    return this.now();
  }

  /** For who cannot wait. */
  now(): GivenSecrets {
    const { path } = this.#git;
    return {
      ...(this.#given ?? { kind: "unknown", reason: "the server has not been heard yet" }),
      gitHelper: path === undefined ? undefined : helperCommand(this.#input.config.program, path),
    };
  }

  /**
   * Gets what the record says that there is. Tried again until it is here: for `secretsWaitMs` where the server can be
   * reached, and else until it can. What was known before stays meanwhile.
   */
  async look(record: ClaimRecord, abort: AbortSignal): Promise<void> {
    if (record.generation === 0) return this.withdraw();
    await this.#openGit();
    if (record.hasSecrets !== true) {
      this.masks.include([]);
      this.#keyAgent.close();
      return this.#settle({ kind: "known", values: {} });
    }
    const { timing, random } = this.#input.config;
    const { reconnectBaseMs: baseMs, reconnectCapMs: capMs } = timing;
    let failingSinceMs: number | null = null;
    for (let attempt = 1; !abort.aborted; attempt += 1) {
      try {
        return await this.#take(record, await this.#input.http.secrets(abort));
      } catch (error) {
        if (abort.aborted) return;
        const nowMs = performance.now();
        failingSinceMs = this.#input.isConnected() ? (failingSinceMs ?? nowMs) : null;
        const isRefused = error instanceof ServerRefusal && (error.status === 401 || error.status === 403);
        const isOver = failingSinceMs !== null && nowMs - failingSinceMs >= timing.secretsWaitMs;
        this.#tellTrouble(reasonOf(error));
        if (isRefused) return this.forget();
        if (isOver) return this.#fallBehind(reasonOf(error));
        await sleep(backoffDelayMs({ attempt, baseMs, capMs, random }), abort);
      }
    }
  }

  /** What the owner has for a git host, as git would be answered. */
  async gitCredential(ask: GitAsk): Promise<GitAnswer> {
    if (this.#git.path !== undefined) return await this.#git.answer(ask);
    return { credential: null, notice: "nobody owns this workspace yet: it waits in its pool" };
  }

  /** Nobody can say any more whose workspace it is. What they printed stays masked: it may be printed again. */
  withdraw(): void {
    this.#close();
    this.#settle({ kind: "nobody" });
  }

  /** The server knows this agent no longer, or refuses it. Nothing is left here that refers to a value. */
  forget(): void {
    this.#close();
    this.masks.shut();
    this.#settle({ kind: "unknown", reason: "the server refuses to give them" });
  }

  async #take(record: ClaimRecord, given: AgentSecrets): Promise<void> {
    const { generation, secrets, sshKey, unopened = [] } = given;
    if (generation !== record.generation) throw new Error("they belong to another claim by now");
    const values = Object.fromEntries(
      secrets.map(({ name, value }) => [name, Buffer.from(value, "base64").toString("utf8")]),
    );
    this.masks.include(Object.values(values));
    this.#settle({ kind: "known", values: { ...(await this.#offered(sshKey)), ...values } });
    const names = unopened.join(", ");
    if (names !== "" && names !== this.#toldUnopened) {
      this.#tell(`These secrets cannot be opened, as their key is gone, and are left out: ${names}. Set them anew.`);
    }
    this.#toldUnopened = names;
  }

  /** Where the socket cannot be had, everything else is given. */
  async #offered(sshKey: string | undefined): Promise<Variables> {
    try {
      await this.#keyAgent.offer(sshKey === undefined ? null : Buffer.from(sshKey, "base64").toString("utf8"));
    } catch {
      this.#keyAgent.close();
      this.#tell(
        "The owner's SSH key cannot be offered: no socket could be opened for it in the folder for temporary files.",
      );
    }
    const { path } = this.#keyAgent;
    return path === undefined ? {} : { SSH_AUTH_SOCK: path };
  }

  /** Where the socket cannot be had, git is as it would be without. */
  async #openGit(): Promise<void> {
    try {
      await this.#git.open();
    } catch {
      if (this.#git.path !== undefined || this.#isGitTold) return;
      this.#isGitTold = true;
      this.#tell("Git cannot ask for tokens: no socket could be opened for it in the folder for temporary files.");
    }
  }

  #close(): void {
    this.#keyAgent.close();
    this.#git.close();
  }

  #settle(given: GivenAsSecrets): void {
    this.#given = given;
    this.#isBehind = false;
    if (given.kind !== "unknown") this.#isTrouble = false;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = new Set();
  }

  #fallBehind(reason: string): void {
    if (this.#given?.kind !== "known") this.#settle({ kind: "unknown", reason });
    this.#isBehind = true;
  }

  /** Once, until they were here again. */
  #tellTrouble(reason: string): void {
    if (this.#isTrouble) return;
    this.#isTrouble = true;
    this.#tell(`The workspace's secrets could not be fetched: ${reason}. It is tried again.`);
  }

  #tell(text: string): void {
    this.#input.log.add({ level: "error", source: "agent", text });
  }
}

export type HookSecrets =
  | { readonly values: Variables; readonly gitHelper?: string | undefined }
  | { readonly refusal: string };

/** What a hook gets, or why it must not run: one that finds nothing where its secret should be may do anything. */
export function secretsForHook(given: GivenSecrets, manifest: AgentManifest): HookSecrets {
  if (given.kind === "nobody") return { values: {} };
  if (given.kind === "unknown") return { refusal: `the workspace's secrets could not be fetched: ${given.reason}` };
  const lacking = (manifest.requiredSecrets ?? []).filter((name) => given.values[name] === undefined);
  if (lacking.length === 0) return { values: given.values, gitHelper: given.gitHelper };
  return {
    refusal:
      `the template requires the secret ${lacking.join(", ")}, and the workspace is not given it ` +
      "(`prewarm secrets list` shows why; once it is set, stop and start the workspace)",
  };
}

/** An answer may repeat what it was about: of a refusal its number is enough. */
function reasonOf(error: unknown): string {
  if (error instanceof ServerRefusal) return `the server answered ${error.status}`;
  return error instanceof Error ? error.message : String(error);
}
