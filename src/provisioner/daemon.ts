import path from "node:path";
import type { Client } from "../client/client.ts";
import { CodedError } from "../contracts/errors.ts";
import type { DaemonRegistered, LeasedJob } from "../contracts/provisioner-protocol.ts";
import { backoffDelayMs } from "../platform/backoff.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Random } from "../platform/random.ts";
import { sleep } from "../platform/sleep.ts";
import { makeNamedFolder } from "../platform/make-folder.ts";
import { type DaemonTiming, daemonTiming } from "./daemon-timing.ts";
import { deliverStates } from "./deliver-states.ts";
import type { Driver, GoneThing } from "./driver.ts";
import { DriverSet } from "./driver-set.ts";
import { untilAnswered } from "./retry.ts";
import { sweep } from "./sweep.ts";
import { evaluateForms } from "./evaluate-forms.ts";
import { runJob } from "./run-job.ts";
import { TemplateFolders } from "./template-folders.ts";

export interface DaemonOptions {
  readonly client: Client;
  /** Stays the same over restarts; unique among the deployment's daemons. */
  readonly name: string;
  /** New with each start: the server ends what an earlier incarnation was doing. */
  readonly incarnation: string;
  readonly drivers: readonly Driver[];
  /** Names of drivers that are only looked for; none unless said. */
  readonly optionalDrivers?: ReadonlySet<string>;
  /** Jobs at once. */
  readonly concurrency: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Folder of this daemon alone: unpacked templates. */
  readonly scratchDir: string;
  readonly version: string;
  readonly logger: Logger;
  readonly random: Random;
  readonly clock: Clock;
  readonly timing?: Partial<DaemonTiming>;
}

export interface Daemon {
  /** Resolves when the server knows the daemon and its loops ask for jobs; rejects when the server refuses it. */
  readonly ready: Promise<void>;
  /** Jobs that run now. */
  running(): number;
  /**
   * Takes no more jobs, lets the running ones finish within `graceMs`, stops the others and reports them as
   * abandoned. Then it signs off, as far as the server can be reached within the limit. Workspaces go on.
   */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

/** Starts a provisioner daemon: it registers as soon as the server can be reached, and leases jobs. */
export function startDaemon(options: DaemonOptions): Daemon {
  return new RunningDaemon(options);
}

/** How long a stopping daemon tries to tell the server what it has abandoned. */
const farewellMs = 5_000;

class RunningDaemon implements Daemon {
  readonly ready: Promise<void>;
  readonly #options: DaemonOptions;
  readonly #timing: DaemonTiming;
  readonly #templates: TemplateFolders;
  readonly #leasing = new AbortController();
  readonly #working = new AbortController();
  readonly #jobs = new Set<Promise<void>>();
  readonly #drivers: DriverSet;
  #loops: Promise<unknown> = Promise.resolve();
  #registration: DaemonRegistered | null = null;
  /** Under which the server knows this incarnation, once it does. */
  #daemonId: string | null = null;
  #registering: Promise<DaemonRegistered> | null = null;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#timing = { ...daemonTiming, ...options.timing };
    this.#templates = new TemplateFolders({
      root: path.join(options.scratchDir, "templates"),
      random: options.random,
      download: (hash) => this.#download(hash),
    });
    this.#drivers = new DriverSet({
      drivers: options.drivers,
      optional: options.optionalDrivers ?? new Set(),
      logger: options.logger,
      onOpened: (driver) => driver.watch?.((gone) => void this.#tellGone(driver, gone)),
    });
    this.ready = this.#start();
    // Whoever does not wait for it learns of a failure from the log.
    this.ready.catch((error: unknown) => options.logger.error("the provisioner cannot start", { error }));
  }

  running(): number {
    return this.#jobs.size;
  }

  async stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#leasing.abort();
    await this.#idleWithin(graceMs);
    this.#working.abort();
    await this.#idleWithin(this.#timing.abortGraceMs + farewellMs);
    await this.#signOff();
    await this.#drivers.close();
  }

  /** Tells the server that nobody is to wait for this daemon, or to miss it. */
  async #signOff(): Promise<void> {
    const daemonId = this.#daemonId;
    if (daemonId === null) return;
    this.#daemonId = null;
    const { client, incarnation, logger } = this.#options;
    const signal = AbortSignal.timeout(this.#timing.signOffMs);
    const body = { daemonId, incarnation };
    try {
      await this.#untilAnswered(() => client.call("signOffDaemon", { body, signal }), signal);
    } catch (error) {
      // The server has forgotten it, or has another of its name, or heard of it the time before: nobody waits for it.
      if (error instanceof CodedError && (error.code === "not_found" || error.code === "lease_lost")) return;
      logger.warn("the server did not hear that this provisioner stops; it takes it for lost", { error });
    }
  }

  async #idleWithin(limitMs: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.#loops, sleep(limitMs, over.signal)]);
    over.abort();
  }

  async #start(): Promise<void> {
    makeNamedFolder(this.#options.scratchDir, 0o700);
    await this.#templates.open();
    await this.#drivers.open();
    // Before the server hears of this incarnation, ends the jobs of the one before, and gives others their work.
    await this.#deliver();
    await this.#registered();
    const loops = Array.from({ length: this.#options.concurrency }, () => this.#leaseLoop());
    this.#loops = Promise.all([...loops, this.#sweepLoop(), this.#formLoop()]);
  }

  #deliver(): Promise<void> {
    const { client, logger } = this.#options;
    return deliverStates(this.#drivers.usable, {
      client,
      logger,
      untilAnswered: (call) => this.#untilAnswered(call, this.#leasing.signal),
    });
  }

  /** The present registration; made once, whoever asks. */
  #registered(): Promise<DaemonRegistered> {
    if (this.#registration !== null) return Promise.resolve(this.#registration);
    this.#registering ??= this.#register().finally(() => {
      this.#registering = null;
    });
    return this.#registering;
  }

  async #register(): Promise<DaemonRegistered> {
    const { client, name, incarnation, concurrency, tags, version, logger } = this.#options;
    const body = {
      name,
      incarnation,
      concurrency,
      version,
      tags: { ...tags },
      drivers: this.#drivers.usable.map((driver) => driver.name),
      unisolated: this.#drivers.unisolated,
      ...(this.#drivers.unavailable.length === 0 ? {} : { unavailable: [...this.#drivers.unavailable] }),
    };
    const signal = this.#leasing.signal;
    const registered = await this.#untilAnswered(() => client.call("registerDaemon", { body, signal }), signal);
    this.#registration = registered;
    this.#daemonId = registered.daemonId;
    logger.info("the provisioner is registered", { name, daemonId: registered.daemonId, drivers: body.drivers });
    return registered;
  }

  #download(hash: string): Promise<Uint8Array> {
    // Not ended with the job that asked first: others may wait for the same archive.
    const signal = AbortSignal.any([this.#working.signal, AbortSignal.timeout(this.#timing.limitMs.import)]);
    const input = { params: { hash }, signal };
    return this.#untilAnswered(() => this.#options.client.download("getTemplateArchive", input), signal);
  }

  #untilAnswered<Value>(call: () => Promise<Value>, abort: AbortSignal): Promise<Value> {
    const { random, logger } = this.#options;
    return untilAnswered(call, {
      timing: this.#timing,
      random,
      abort,
      onRetry: (error, delayMs) => logger.warn("the server is not available", { error, delayMs: Math.round(delayMs) }),
    });
  }

  /** One of the daemon's slots: takes a job, works on it, takes the next. */
  async #leaseLoop(): Promise<void> {
    let failures = 0;
    while (!this.#leasing.signal.aborted) {
      try {
        const registered = await this.#registered();
        const job = await this.#lease(registered);
        failures = 0;
        if (job !== null) await this.#work(job, registered);
      } catch (error) {
        if (this.#leasing.signal.aborted) return;
        failures += 1;
        // The server has forgotten this daemon: it says so once, and is told again who this is.
        if (error instanceof CodedError && error.code === "not_found") this.#registration = null;
        await this.#pause(failures, error);
      }
    }
  }

  #formLoop(): Promise<void> {
    return evaluateForms({
      ...this.#options,
      registered: () => this.#registered(),
      drivers: () => this.#drivers.usable,
      templates: this.#templates,
      timing: this.#timing,
      leasing: this.#leasing.signal,
      working: this.#working.signal,
    });
  }

  /** Compares what exists with what the server knows, now and then; what goes wrong is for the next time. */
  async #sweepLoop(): Promise<void> {
    const { client, incarnation, logger } = this.#options;
    while (!this.#leasing.signal.aborted) {
      const abort = AbortSignal.any([this.#leasing.signal, AbortSignal.timeout(this.#timing.sweepLimitMs)]);
      try {
        const { daemonId, deploymentId } = await this.#registered();
        await sweep(this.#drivers.usable, { client, daemonId, incarnation, deploymentId, logger, abort });
      } catch (error) {
        if (!this.#leasing.signal.aborted) logger.warn("nothing could be swept", { error });
      }
      await sleep(this.#timing.sweepMs, this.#leasing.signal);
      await this.#lookForDrivers();
    }
  }

  /** One that has come to work joins: what it could not deliver is delivered first, as at a start. */
  async #lookForDrivers(): Promise<void> {
    if (this.#leasing.signal.aborted) return;
    try {
      if (!(await this.#drivers.retry())) return;
      await this.#deliver();
      this.#registration = null;
    } catch (error) {
      this.#options.logger.warn("a driver could not be opened; it is tried again", { error });
    }
  }

  /** The server decides what it means. It is offered until the server answers, and harmless when it comes late. */
  async #tellGone(driver: Driver, gone: GoneThing): Promise<void> {
    const { client, incarnation, logger } = this.#options;
    const signal = this.#leasing.signal;
    try {
      const { daemonId } = await this.#registered();
      const body = { ...gone, daemonId, incarnation, driver: driver.name };
      await this.#untilAnswered(() => client.call("reportGone", { body, signal }), signal);
    } catch (error) {
      if (!signal.aborted) logger.warn("the server did not take that something is gone", { ...gone, error });
    }
  }

  async #pause(failures: number, error: unknown): Promise<void> {
    const { random, logger } = this.#options;
    const { retryBaseMs: baseMs, retryCapMs: capMs } = this.#timing;
    const delayMs = backoffDelayMs({ attempt: failures, baseMs, capMs, random });
    logger.warn("no job could be leased", { error, delayMs: Math.round(delayMs) });
    await sleep(delayMs, this.#leasing.signal);
  }

  async #lease(registered: DaemonRegistered): Promise<LeasedJob | null> {
    const { client, incarnation } = this.#options;
    const body = { daemonId: registered.daemonId, incarnation, waitMs: this.#timing.leaseWaitMs };
    return (await client.call("leaseJob", { body, signal: this.#leasing.signal })).job;
  }

  async #work(job: LeasedJob, registered: DaemonRegistered): Promise<void> {
    const { client, random, logger, clock } = this.#options;
    const running = runJob(job, {
      client,
      random,
      logger,
      leaseMs: registered.leaseMs,
      accessUrl: registered.accessUrl,
      drivers: new Map(this.#drivers.usable.map((driver) => [driver.name, driver])),
      deploymentId: registered.deploymentId,
      templates: this.#templates,
      timing: this.#timing,
      now: () => clock.now(),
      stopping: this.#working.signal,
    });
    this.#jobs.add(running);
    await running.finally(() => this.#jobs.delete(running));
    await this.#deliver();
  }
}
