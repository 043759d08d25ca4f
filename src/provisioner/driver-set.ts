import { CodedError } from "../contracts/errors.ts";
import type { UnavailableDriver, UnisolatedDriver } from "../contracts/provisioner-protocol.ts";
import type { Logger } from "../platform/logger.ts";
import { sleep } from "../platform/sleep.ts";
import type { Driver } from "./driver.ts";

/** A daemon's start waits so long for a driver that nobody asked for by name; it may still join later. */
const optionalWaitMs = 2_000;
const textLengthMax = 1_000;

export interface DriverSetOptions {
  readonly drivers: readonly Driver[];
  /** Names of those that are only looked for: one that does not work is no fault. */
  readonly optional: ReadonlySet<string>;
  readonly logger: Logger;
  readonly onOpened: (driver: Driver) => void;
}

/**
 * The drivers of a daemon, of which some may not work on its host: those are left out of its registration, with their
 * reason, so that the server gives their jobs to another daemon or says why they wait. They are tried again now and
 * then, and join once they work.
 */
export class DriverSet {
  readonly #options: DriverSetOptions;
  readonly #usable: Driver[] = [];
  readonly #unavailable = new Map<string, UnavailableDriver>();
  /** Those whose `open` has yet to end. */
  readonly #opening = new Set<Driver>();
  #hasChanged = false;

  constructor(options: DriverSetOptions) {
    this.#options = options;
  }

  /** In the order in which they were named. */
  get usable(): readonly Driver[] {
    return this.#options.drivers.filter((driver) => this.#usable.includes(driver));
  }

  /** Those in use that keep their workspaces apart from nothing. */
  get unisolated(): UnisolatedDriver[] {
    return this.usable.flatMap((driver) => {
      const reason = driver.unisolatedBecause?.() ?? null;
      return reason === null ? [] : [{ driver: driver.name, reason: reason.slice(0, textLengthMax) }];
    });
  }

  get unavailable(): readonly UnavailableDriver[] {
    return [...this.#unavailable.values()];
  }

  /**
   * Opens all, at the same time; waits for those that were asked for, and not long for the others.
   * Errors: whatever but `driver_unavailable` the `open` of one throws that was asked for.
   */
  async open(): Promise<void> {
    await Promise.all(this.#options.drivers.map((driver) => this.#attempt(driver)));
    this.#hasChanged = false;
  }

  /** Tries those again that did not work. @returns whether one has joined since this was last asked. */
  async retry(): Promise<boolean> {
    const closed = this.#options.drivers.filter(
      (driver) => !this.#usable.includes(driver) && !this.#opening.has(driver),
    );
    await Promise.all(closed.map((driver) => this.#attempt(driver)));
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  async close(): Promise<void> {
    for (const driver of this.#usable) await driver.close();
  }

  async #attempt(driver: Driver): Promise<void> {
    this.#opening.add(driver);
    const opened = this.#openOne(driver).finally(() => this.#opening.delete(driver));
    if (!this.#isOptional(driver)) return await opened;
    const over = new AbortController();
    const late = sleep(optionalWaitMs, over.signal).then(() => "late" as const);
    const isLate = (await Promise.race([opened, late])) === "late";
    over.abort();
    if (isLate) this.#refuse(driver, new Error(`It did not answer within ${optionalWaitMs / 1_000} s.`));
  }

  async #openOne(driver: Driver): Promise<void> {
    try {
      const found = await driver.open();
      this.#usable.push(driver);
      this.#unavailable.delete(driver.name);
      this.#hasChanged = true;
      this.#options.logger.info("a driver can be used", { driver: driver.name, ...(found ? { found } : {}) });
      this.#options.onOpened(driver);
    } catch (error) {
      const isExpected = error instanceof CodedError && error.code === "driver_unavailable";
      if (!isExpected && !this.#isOptional(driver)) throw error;
      this.#refuse(driver, error);
    }
  }

  /** Said once for each reason: a Docker that is away for a day is one line. */
  #refuse(driver: Driver, error: unknown): void {
    const isWanted = !this.#isOptional(driver);
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, textLengthMax);
    const next = (error instanceof CodedError ? error.next : "").slice(0, textLengthMax);
    const isNew = this.#unavailable.get(driver.name)?.reason !== reason;
    this.#unavailable.set(driver.name, { driver: driver.name, reason, next, isWanted });
    if (!isNew) return;
    const { logger } = this.#options;
    if (isWanted) logger.error("a driver cannot be used here, and is left out", { driver: driver.name, reason, next });
    else logger.info("a driver cannot be used here, and nobody asked for it", { driver: driver.name, reason });
  }

  #isOptional(driver: Driver): boolean {
    return this.#options.optional.has(driver.name);
  }
}
