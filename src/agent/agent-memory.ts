import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import path from "node:path";
import type { ClaimRecord } from "../contracts/agent-protocol.ts";
import { makeFolder } from "../platform/make-folder.ts";

/** The newest hand-over that this workspace knows of. */
export interface RememberedClaim {
  readonly generation: number;
  /** The start in which it was taken over; absent in what an older agent has written. */
  readonly startId?: string;
  /** `started`: the hook was interrupted, if nobody is running it now. */
  readonly phase: "started" | "done";
  readonly isAcknowledged: boolean;
  readonly error: string | null;
  readonly record: ClaimRecord;
}

/** How the hooks of a start ended. */
export interface RememberedStart {
  readonly startId: string;
  /** The run of the machine in which it was; absent in what an older agent has written. */
  readonly machineRun?: string;
  readonly state: "ready" | "start_error" | "start_timeout";
  readonly detail: string;
  /** Of the claim record whose scripts it has run, or had to; absent where builds tell of none. */
  readonly settingsGeneration?: number;
}

/** The newest run of the owner's dotfiles. */
export interface RememberedDotfiles {
  readonly generation: number;
  readonly ownerId: string;
  readonly startId: string;
  /** How often a run had been asked for by then. */
  readonly runs: number;
  /** Repository, branch and folder as one text; null when there were none. */
  readonly source: string | null;
  /** `started`: it was interrupted, if it does not run now. */
  readonly phase: "started" | "done";
  readonly error: string | null;
}

/** What the agent must not forget when it is restarted. Each file is replaced as a whole, or not at all. */
export class AgentMemory {
  readonly #folder: string;

  constructor(folder: string) {
    makeFolder(folder, 0o700);
    this.#folder = folder;
  }

  claim(): RememberedClaim | null {
    // Only this class writes the file, and renames it into place when it is complete.
    return this.#read("claim.json") as RememberedClaim | null;
  }

  rememberClaim(claim: RememberedClaim): void {
    this.#write("claim.json", claim);
  }

  dotfiles(): RememberedDotfiles | null {
    return this.#read("dotfiles.json") as RememberedDotfiles | null; // as above
  }

  rememberDotfiles(dotfiles: RememberedDotfiles): void {
    this.#write("dotfiles.json", dotfiles);
  }

  start(): RememberedStart | null {
    return this.#read("start.json") as RememberedStart | null; // as above
  }

  /** Whether the `prewarm` hook has ended well on the disk that this memory lies on. */
  isPrewarmed(): boolean {
    if (this.#read("prewarm.json") !== null) return true;
    // An agent of before ran the hook at each start, and remembered nothing but the start.
    const start = this.start();
    return start !== null && start.machineRun === undefined && start.state === "ready";
  }

  rememberPrewarmed(startId: string): void {
    this.#write("prewarm.json", { startId });
  }

  rememberStart(start: RememberedStart): void {
    this.#write("start.json", start);
  }

  #read(name: string): unknown {
    try {
      return JSON.parse(readFileSync(path.join(this.#folder, name), "utf8"));
    } catch {
      return null;
    }
  }

  #write(name: string, value: unknown): void {
    const target = path.join(this.#folder, name);
    const descriptor = openSync(`${target}.new`, "w", 0o600);
    try {
      writeSync(descriptor, JSON.stringify(value));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(`${target}.new`, target);
  }
}
