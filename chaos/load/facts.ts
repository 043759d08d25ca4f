import type { EventLog } from "../output/event-log.ts";

/** What an acknowledged request made true. `uncertain`: a later request got no answer, and may have been done or not. */
export type Wanted = "running" | "stopped" | "deleted";

export interface Fact {
  readonly workspaceId: string;
  readonly person: string;
  readonly name: string;
  readonly key: string;
  readonly outcome: "claimed" | "cold";
  readonly createdAtMs: number;
  /** By the latest answered request. */
  wanted: Wanted;
  /** By a request that got no answer. */
  maybe: Wanted | null;
  /** Whether its owner has done anything to it since. */
  isTouched: boolean;
  /** A request about it is under way: nobody else may choose it. */
  isBusy: boolean;
}

/** What people were told, which the system is held to. */
export class Facts {
  readonly #log: EventLog;
  readonly #byId = new Map<string, Fact>();
  /** Names of creations that got no answer: a workspace may be there or not. */
  readonly unanswered = new Set<string>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  all(): readonly Fact[] {
    return [...this.#byId.values()];
  }

  of(workspaceId: string): Fact | undefined {
    return this.#byId.get(workspaceId);
  }

  /** Notes an answered creation; two that were answered with one workspace break the first promise of all. */
  add(fact: Fact): void {
    const known = this.#byId.get(fact.workspaceId);
    if (known === undefined) {
      this.#byId.set(fact.workspaceId, fact);
      return;
    }
    if (known.key === fact.key && known.person === fact.person) return;
    this.#log.violation("I1", fact.workspaceId, {
      what: `one workspace was given to ${known.person} (${known.name}) and to ${fact.person} (${fact.name})`,
      evidence: { known, fact },
    });
  }

  /** Those of a person that a request may choose, oldest first. */
  choice(person: string, wanted: readonly Wanted[]): readonly Fact[] {
    return this.all().filter(
      (fact) => fact.person === person && !fact.isBusy && fact.maybe === null && wanted.includes(fact.wanted),
    );
  }

  /** How many of a person's live, at most. */
  countLiving(person: string): number {
    return this.all().filter((fact) => fact.person === person && fact.wanted !== "deleted").length;
  }
}
