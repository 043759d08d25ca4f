/** Units that one agent keeps, what one may wait for, and a name: scripts of a template have a handful. */
export const unitsMax = 256;
export const unitDependenciesMax = 64;
export const unitNameLengthMax = 128;

export type UnitStatus = "pending" | "started" | "completed";

interface Unit {
  status: UnitStatus;
  readonly dependencies: Set<string>;
}

export interface UnitReport {
  readonly unit: string;
  readonly status: UnitStatus;
  /** Whether all that it waits for is complete. */
  readonly isReady: boolean;
  readonly dependencies: readonly { readonly unit: string; readonly status: UnitStatus }[];
}

/**
 * What scripts of a workspace tell each other of how far they are: names that they choose, each with the names that it waits
 * for. In the agent's memory alone. Errors: a sentence, where a name cannot be taken or would wait for itself.
 */
export class Units {
  readonly #units = new Map<string, Unit>();

  /** Has a unit wait for others, also such that nobody has named yet. */
  want(name: string, dependencies: readonly string[]): void {
    const known = this.#units.get(name)?.dependencies ?? new Set<string>();
    const fresh = dependencies.filter((each) => !known.has(each));
    for (const each of [name, ...fresh]) checkName(each);
    if (new Set([...known, ...fresh]).size > unitDependenciesMax) {
      throw new Error(`${name} cannot wait for more than ${unitDependenciesMax} units`);
    }
    for (const each of fresh) {
      const way = this.#way(each, name);
      if (way !== null) throw new Error(`${name} would wait for itself: ${[name, ...way].join(" -> ")}`);
    }
    const newcomers = new Set([name, ...fresh].filter((each) => !this.#units.has(each)));
    this.#checkRoom(newcomers.size);
    for (const each of [name, ...fresh]) this.#of(each);
    for (const each of fresh) this.#of(name).dependencies.add(each);
  }

  /** @returns the units that it still waits for; none: it has started. One that is complete starts again. */
  start(name: string): readonly string[] {
    checkName(name);
    if (!this.#units.has(name)) this.#checkRoom(1);
    const unit = this.#of(name);
    const lacking = [...unit.dependencies].filter((each) => this.#units.get(each)?.status !== "completed");
    if (lacking.length === 0) unit.status = "started";
    return lacking;
  }

  /** What they are done by runs again. Who waits goes on to wait, for the new run. */
  renew(): void {
    for (const unit of this.#units.values()) unit.status = "pending";
  }

  complete(name: string): void {
    checkName(name);
    if (!this.#units.has(name)) this.#checkRoom(1);
    this.#of(name).status = "completed";
  }

  status(name: string): UnitReport {
    const unit = this.#units.get(name);
    if (unit === undefined) throw new Error(`there is no unit ${name}: nobody has named it yet`);
    const dependencies = [...unit.dependencies].map((each) => ({ unit: each, status: this.#of(each).status }));
    const isReady = dependencies.every(({ status }) => status === "completed");
    return { unit: name, status: unit.status, isReady, dependencies };
  }

  /** In the order in which they were named. */
  list(): readonly UnitReport[] {
    return [...this.#units.keys()].map((name) => this.status(name));
  }

  #of(name: string): Unit {
    const unit = this.#units.get(name) ?? { status: "pending", dependencies: new Set<string>() };
    this.#units.set(name, unit);
    return unit;
  }

  #checkRoom(newcomers: number): void {
    if (this.#units.size + newcomers > unitsMax)
      throw new Error(`there are ${unitsMax} units already, and no more are kept`);
  }

  /** By which units one waits for another; null where it does not. */
  #way(from: string, to: string): readonly string[] | null {
    const seen = new Set<string>();
    const look = (name: string): readonly string[] | null => {
      if (name === to) return [name];
      if (seen.has(name)) return null;
      seen.add(name);
      for (const next of this.#units.get(name)?.dependencies ?? []) {
        const way = look(next);
        if (way !== null) return [name, ...way];
      }
      return null;
    };
    return look(from);
  }
}

function checkName(name: string): void {
  if (name.length > 0 && name.length <= unitNameLengthMax && !/[\s\p{Cc}]/u.test(name)) return;
  throw new Error(`a unit's name has 1 to ${unitNameLengthMax} characters, and no spaces`);
}
