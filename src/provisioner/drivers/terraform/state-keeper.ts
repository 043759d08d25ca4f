import { readFile, rm } from "node:fs/promises";
import { CodedError } from "../../../contracts/errors.ts";
import { sleep } from "../../../platform/sleep.ts";
import type { TerraformState, UnfinishedCreation } from "./terraform-state.ts";
import { packTfstate, unpackTfstate } from "./terraform-state.ts";
import { instanceKeys, tfstateAddresses, tfstateMark } from "./tfstate-file.ts";
import { type WorkspaceFolder, type WorkspaceRecord, writeRecord } from "./workspace-folder.ts";

/** Between two looks at Terraform's state file. */
const lookMs = 100;

export interface StateKeeperOptions {
  readonly folder: WorkspaceFolder;
  readonly record: WorkspaceRecord;
  /** Null: nobody is to be told, and the record stays, for what is done without a job. */
  readonly saveState: ((state: unknown) => Promise<void>) | null;
}

/**
 * Keeps a workspace's state while a job works on it: first on disk, then on the server, in order, one at a time; of
 * versions that come faster than the server takes them, the latest is sent. What the server did not take stays on
 * disk, for `deliver`.
 */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  #record: WorkspaceRecord;
  #isDirty = false;
  #failure: { readonly error: unknown } | null = null;
  #sending: Promise<void> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #lastText: string | null = null;
  readonly #begun = new Set<string>();

  constructor(options: StateKeeperOptions) {
    this.#options = options;
    this.#record = options.record;
  }

  get state(): TerraformState {
    return this.#record.state;
  }

  /** Whether the server has the latest version. */
  get isDelivered(): boolean {
    return this.#failure === null && !this.#isDirty && this.#sending === null;
  }

  /** Changes the state, and has it stored soon. */
  update(change: Partial<TerraformState>): void {
    this.#record = { ...this.#record, state: { ...this.#record.state, ...change } };
    this.#isDirty = true;
    this.#startSending();
  }

  /** Resolves when the server has the latest version. Errors: those of `saveState`. */
  async flush(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Writes down what only a restarted daemon needs. */
  note(change: Partial<Pick<WorkspaceRecord, "processId" | "planned">>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    return this.#write();
  }

  /** A creation that Terraform has begun; it may exist from now on. */
  creationBegun(address: string): void {
    this.#begun.add(address);
    this.#updateUnfinished();
  }

  /** A creation that has failed in order: what there is of it is in the state. */
  creationFailed(address: string): void {
    this.#begun.delete(address);
    this.#updateUnfinished();
  }

  /** Terraform has ended by itself: its state is whole, and nothing is between begun and known. */
  allRecorded(): void {
    this.#begun.clear();
    this.#updateUnfinished();
  }

  /** Has each version of Terraform's state file stored, until `over` fires. */
  async watch(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.look();
      await sleep(lookMs, over);
    }
  }

  /** Takes the state file as it is now. One that is being written is left for the next look. */
  async look(): Promise<void> {
    const text = await readFile(this.#options.folder.tfstate, "utf8").catch(() => null);
    if (text === null || text === this.#lastText || tfstateMark(text) === null) return;
    this.#lastText = text;
    this.update({ tfstate: packTfstate(text), unfinished: this.#unfinished(text) });
  }

  /** The last word: what the server has needs no record here any more. */
  async close(): Promise<void> {
    if (this.isDelivered && this.#options.saveState !== null) await rm(this.#options.folder.record, { force: true });
    else await this.note({ processId: null });
  }

  #updateUnfinished(): void {
    const unfinished = this.#unfinished(this.#lastText);
    const known = this.state.unfinished;
    const isSame = unfinished.length === known.length && unfinished.every((item, index) => item === known[index]);
    if (!isSame) this.update({ unfinished });
  }

  /** What had been left unfinished before or has begun since, and is not in the state. */
  #unfinished(tfstate: string | null): readonly UnfinishedCreation[] {
    const known = tfstate === null ? new Set<string>() : tfstateAddresses(tfstate);
    const { planned } = this.#record;
    const before = this.#options.record.state.unfinished.filter(({ address }) => !this.#begun.has(address));
    const begun = planned.filter(({ address }) => this.#begun.has(address));
    return [...before, ...begun].filter(({ address }) => !known.has(address));
  }

  #startSending(): void {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
      // A change that came after the last look of the loop, and before this.
      if (this.#isDirty) this.#startSending();
    });
  }

  async #send(): Promise<void> {
    while (this.#isDirty) {
      this.#isDirty = false;
      const { state, serial, mayBeKnown } = this.#record;
      const { saveState } = this.#options;
      if (saveState !== null) {
        this.#record = { ...this.#record, serial: serial + 1, mayBeKnown: withKeys(mayBeKnown, state.tfstate) };
      }
      try {
        await this.#write();
        await saveState?.(state);
        this.#failure = null;
      } catch (error) {
        this.#failure = { error };
        // Refused for certain; after any other answer the server may have it.
        if (error instanceof CodedError && error.code === "lease_lost") this.#record = { ...this.#record, mayBeKnown };
      }
    }
  }

  #write(): Promise<void> {
    const record = this.#record;
    const written = this.#writing.then(() => writeRecord(this.#options.folder, record));
    this.#writing = written.catch(() => {});
    return written;
  }
}

/** What may be known once a state was offered: all that was before, and all that it holds. */
export function withKeys(known: readonly string[], tfstate: string | null): readonly string[] {
  return tfstate === null ? known : [...new Set([...known, ...instanceKeys(unpackTfstate(tfstate))])];
}
