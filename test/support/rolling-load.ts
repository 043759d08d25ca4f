// People who use a deployment while its servers are restarted, and remember what they were told.
import { setMaxListeners } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { watchPatiently } from "../../src/cli/follow/watch-patiently.ts";
import { runExecSession } from "../../src/cli/exec/exec-session.ts";
import type { Client } from "../../src/client/client.ts";
import { execPath } from "../../src/contracts/agent-protocol.ts";
import type { CreatedWorkspace, Workspace } from "../../src/contracts/api/workspaces.ts";
import { CodedError, isPassingCode } from "../../src/contracts/errors.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { sleep } from "../../src/platform/sleep.ts";

const monotonicMs = (): number => performance.now();
const world = { random: systemRandom, monotonicMs };
const retryMs = 200;
/** For one creation, all of its tries together. */
const patienceMs = 30_000;
const waitMs = 20_000;
const betweenMs = 700;
const lookMs = 5;
const listenersMax = 100;

export interface Told {
  readonly name: string;
  readonly workspaceId: string;
  readonly outcome: CreatedWorkspace["outcome"];
}

/** Errors that a request met before it succeeded. */
export interface Setback {
  readonly what: string;
  readonly code: string;
  readonly message: string;
}

/** Does a thing again while it fails by an error that passes. */
export async function insist<Value>(
  send: () => Promise<Value>,
  onSetback: (error: CodedError) => void = () => undefined,
): Promise<Value> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof CodedError) || performance.now() > endMs) throw error;
      // One that was built cold is still being built when it is to go.
      if (error.code !== "build_in_progress") {
        if (!isPassingCode(error.code)) throw error;
        onSetback(error);
      }
      await sleep(retryMs);
    }
  }
}

export class RollingLoad {
  readonly #template: string;
  readonly #client: Client;
  readonly #over = new AbortController();
  readonly #work: Promise<void>[] = [];
  readonly told: Told[] = [];
  readonly setbacks: Setback[] = [];
  /** What must not be: an error that does not pass, an answer to nobody. */
  readonly faults: string[] = [];
  #number = 0;

  constructor(client: Client, template: string) {
    setMaxListeners(listenersMax, this.#over.signal);
    this.#client = client;
    this.#template = template;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Goes on beside everything else until the load stops. */
  beside(what: string, work: () => Promise<void>): void {
    this.#work.push(
      work().catch((error: unknown) => {
        this.faults.push(`${what}: ${describe(error)}`);
      }),
    );
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#work);
  }

  /** Somebody who creates a workspace, deletes it again, and creates the next. */
  comeAndGo(prefix: string, mode: "prefer_warm" | "wait"): void {
    this.beside(`${prefix} creates and deletes`, async () => {
      while (!this.signal.aborted) {
        const told = await this.create(`${prefix}-${(this.#number += 1)}`, mode);
        await sleep(betweenMs, this.signal);
        await this.#remove(told);
        this.told.splice(this.told.indexOf(told), 1);
      }
    });
  }

  /** Somebody whose dashboard asks all the time. */
  look(): void {
    this.beside("a list", async () => {
      while (!this.signal.aborted) {
        await this.#insist("list", async () => await this.#client.call("listWorkspaces", {}));
        await sleep(lookMs, this.signal);
      }
    });
  }

  /** Creates one as the command line does: with a key, and again with it while an error passes. */
  async create(name: string, mode: "prefer_warm" | "wait"): Promise<Told> {
    const body = { name, template: this.#template, mode, waitMs, idempotencyKey: systemRandom.uuid() };
    const send = (): Promise<CreatedWorkspace> => this.#client.call("createWorkspace", { body });
    const { workspace, outcome } = await this.#insist(`create ${mode}`, send);
    const told = { name, workspaceId: workspace.id, outcome };
    this.told.push(told);
    return told;
  }

  /** Holds a command open that says something twice a second; it may end by a code that passes, and is begun again. */
  keepCommand(told: Told, onOutput: () => void): void {
    this.beside(`a command in ${told.name}`, async () => {
      while (!this.signal.aborted) {
        const ended = await this.#session(told, ["sh", "-c", "while echo alive; do sleep 0.5; done"], onOutput);
        if (ended.kind === "exited" && !this.signal.aborted) throw new Error(`it ended with ${ended.code}`);
        await sleep(retryMs, this.signal);
      }
    });
  }

  /** Runs a command to its end, and again when its session is lost. */
  async run(told: Told, script: string): Promise<string> {
    let text = "";
    for (;;) {
      const ended = await this.#session(told, ["sh", "-c", script], (piece) => (text += piece));
      if (ended.kind === "exited") return text;
      text = "";
      await sleep(retryMs);
    }
  }

  /** Follows a workspace as `prewarm create` and the dashboard do; each stream that is open has said something. */
  follow(told: Told, onEvent: (workspace: Workspace) => void): void {
    const { signal } = this;
    const open = () => this.#client.watch("watchWorkspace", { params: { workspace: told.workspaceId }, signal });
    this.beside(`a stream of ${told.name}`, async () => {
      // The server sends what its schema says.
      for await (const { data } of watchPatiently({ open, signal, world })) onEvent(data as Workspace);
    });
  }

  async #remove({ workspaceId }: Told): Promise<void> {
    const params = { workspace: workspaceId };
    await this.#insist("delete", async () => {
      await this.#client.call("createBuild", { params, body: { transition: "delete" } }).catch((error: unknown) => {
        // It has no key: what was answered to nobody may have been done.
        if (!(error instanceof CodedError && ["not_found", "conflict"].includes(error.code))) throw error;
      });
    });
  }

  async #insist<Value>(what: string, send: () => Promise<Value>): Promise<Value> {
    return await insist(send, ({ code, message }) => this.setbacks.push({ what, code, message }));
  }

  async #session(
    told: Told,
    command: readonly string[],
    onOutput: (text: string) => void,
  ): Promise<{ readonly kind: "exited"; readonly code: number } | { readonly kind: "lost" }> {
    const stdin = new PassThrough();
    const interrupts: (() => void)[] = [];
    const leave = (): void => {
      for (let nth = 0; nth < 4; nth += 1) for (const interrupt of interrupts) interrupt();
    };
    const sink = (): Writable =>
      new Writable({
        write: (chunk: Buffer, _, done) => {
          onOutput(chunk.toString());
          done();
        },
      });
    const url = new URL(execPath(told.workspaceId), this.#client.url);
    url.protocol = "ws:";
    const onSignal = (_: unknown, listener: () => void) => {
      interrupts.push(listener);
      return () => undefined;
    };
    this.signal.addEventListener("abort", leave, { once: true });
    try {
      const options = { url: url.href, token: this.#client.token ?? "", command, env: {}, agent: null };
      const code = await runExecSession({ ...options, world: { stdin, stdout: sink(), stderr: sink(), onSignal } });
      return { kind: "exited", code };
    } catch (error) {
      const isCoded = error instanceof CodedError && (isPassingCode(error.code) || error.code === "agent_unavailable");
      if (!isCoded) throw error;
      this.setbacks.push({ what: "exec", code: error.code, message: error.message });
      return { kind: "lost" };
    } finally {
      this.signal.removeEventListener("abort", leave);
    }
  }
}

function describe(error: unknown): string {
  return error instanceof CodedError ? `${error.code}: ${error.message}` : String(error);
}
