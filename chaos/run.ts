import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { seededRandom } from "../src/platform/random.ts";
import { sleep } from "../src/platform/sleep.ts";
import { AgentWatch } from "./checks/agent-watch.ts";
import { requirementsAtRest } from "./checks/at-rest.ts";
import type { CheckDeps } from "./checks/check-deps.ts";
import { DatabaseLook } from "./checks/database-look.ts";
import { checkHandOvers } from "./checks/hand-overs.ts";
import { nothingLeft } from "./checks/leaks.ts";
import { probe } from "./checks/probe.ts";
import { Sampler } from "./checks/sampler.ts";
import { RecoveryTimes, settle } from "./checks/settle.ts";
import { FaultRunner } from "./faults/fault-runner.ts";
import { healAll } from "./faults/inject.ts";
import { Touched } from "./faults/touched.ts";
import { Facts } from "./load/facts.ts";
import { Tally } from "./load/outcomes.ts";
import { assembleCrew } from "./load/people.ts";
import { Requests } from "./load/requests.ts";
import { describeMachine } from "./output/describe-machine.ts";
import { EventLog } from "./output/event-log.ts";
import type { Results } from "./output/results.ts";
import type { FaultName } from "./plan/fault-kinds.ts";
import { planRound, type RoundPlan } from "./plan/round-plan.ts";
import { findPossible } from "./system/possible.ts";
import { createRunFolder, type RunFolder } from "./system/run-folder.ts";
import { System } from "./system/system.ts";

export interface RunOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Where the log, the programs' logs and the results go. */
  readonly out: string;
  /** Only these kinds of faults. */
  readonly only?: readonly FaultName[];
  /** Ends the run after the first violation: what a mutation's run is for. */
  readonly stopsAtViolation: boolean;
  readonly abort: AbortSignal;
}

const lookEveryMs = 1_500;
const progressEveryMs = 5_000;
const restLimitMs = 90_000;
const lastRestLimitMs = 240_000;

/** Runs chaos for as long as asked, ends everything that it has started, and answers what was seen. */
export async function runChaos(options: RunOptions): Promise<Results> {
  rmSync(options.out, { recursive: true, force: true });
  mkdirSync(options.out, { recursive: true });
  const log = new EventLog(path.join(options.out, "events.jsonl"));
  const folder = createRunFolder();
  try {
    return await runIn(folder, options, log);
  } finally {
    const left = await folder.remove();
    log.write("over", { processesLeft: left });
  }
}

async function runIn(folder: RunFolder, options: RunOptions, log: EventLog): Promise<Results> {
  const possible = findPossible();
  log.write("begin", { seed: options.seed, minutes: options.minutes, possible });
  const system = await System.start({
    folder,
    logFolder: options.out,
    possible,
    onSurprise: (what, hasServed) => {
      log.write("ended by itself", { what, hasServed });
      if (hasServed) log.violation("no program ends by itself", what, { what, evidence: null });
    },
  });
  const crew = await assembleCrew(system, folder.path);
  const touched = new Touched();
  const context = { system, possible, touched, folder: folder.path, nowMs: () => log.elapsedMs };
  const faults = new FaultRunner(context, log);
  const facts = new Facts(log);
  const tally = new Tally();
  const random = seededRandom(options.seed);
  const isCalm = (): boolean => faults.open.length === 0;
  const requests = new Requests({ crew, facts, log, tally, random, folder: folder.path, isCalm });
  const database = new DatabaseLook(system.postgres.url);
  const deps: CheckDeps = {
    system,
    crew,
    facts,
    requests,
    touched,
    faults,
    log,
    database,
    folder: folder.path,
    logFolder: options.out,
  };
  const run = new Run({ deps, tally, options });
  try {
    await run.rounds();
    return run.results();
  } finally {
    run.end();
    for (const { watcher } of crew.people) watcher.close();
    await database.close();
    await healAll(context).catch((error: unknown) => log.write("heal failed", { error: String(error) }));
    await system.stop();
  }
}

interface RunParts {
  readonly deps: CheckDeps;
  readonly tally: Tally;
  readonly options: RunOptions;
}

/** The rounds of one run, with somebody who looks all the time. */
class Run {
  readonly #parts: RunParts;
  readonly #agents: AgentWatch;
  readonly #sampler: Sampler;
  readonly #times = new RecoveryTimes();
  readonly #over = new AbortController();
  #round = 0;
  #phase = "start";
  #waitsFor = "";

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#agents = new AgentWatch(parts.deps);
    this.#sampler = new Sampler(parts.deps);
    void this.#repeat(lookEveryMs, async () => {
      await this.#agents.look();
      await this.#sampler.look();
    });
    void this.#repeat(progressEveryMs, async () => this.#progress());
  }

  end(): void {
    this.#over.abort();
  }

  async rounds(): Promise<void> {
    const { options, deps } = this.#parts;
    await this.#rest(deps.log.elapsedMs, restLimitMs);
    const endMs = deps.log.elapsedMs + options.minutes * 60_000;
    for (this.#round = 0; deps.log.elapsedMs < endMs && !this.#isStopped(); this.#round += 1) {
      await this.#oneRound(planRound(options.seed, this.#round, options.only));
    }
    if (this.#isStopped()) return;
    this.#phase = "last rest";
    await this.#rest(deps.log.elapsedMs, lastRestLimitMs, true);
  }

  results(): Results {
    const { deps, tally, options } = this.#parts;
    const { log, faults } = deps;
    return {
      seed: options.seed,
      minutes: options.minutes,
      at: new Date().toISOString(),
      machine: describeMachine(),
      rounds: this.#round,
      elapsedMs: log.elapsedMs,
      faults: faults.done,
      skipped: Object.fromEntries(faults.skipped),
      requests: tally.rows(),
      recoveryMs: Object.fromEntries(this.#times.rows()),
      violations: log.violations,
    };
  }

  #isStopped(): boolean {
    const { options, deps } = this.#parts;
    return options.abort.aborted || (options.stopsAtViolation && deps.log.violations.length > 0);
  }

  async #oneRound(plan: RoundPlan): Promise<void> {
    const { deps } = this.#parts;
    const { log, faults, requests } = deps;
    this.#phase = "load";
    const names = plan.faults.map((fault) => fault.name);
    log.write("round", { number: plan.number, faults: names, lastsMs: plan.lastsMs });
    console.log(`round ${plan.number}: ${names.length === 0 ? "no faults" : names.join(", ")}`);
    const begunMs = performance.now();
    const wounds = plan.faults.map(async (fault) => await faults.run(fault));
    for (const request of plan.requests) {
      await sleep(Math.max(0, request.atMs - (performance.now() - begunMs)));
      if (this.#isStopped()) break;
      requests.begin(request);
    }
    await Promise.all(wounds);
    await requests.settled();
    await requests.resume();
    if (this.#isStopped()) return;
    this.#phase = "rest";
    await this.#rest(Math.max(faults.healedAtMs, log.elapsedMs), restLimitMs);
    await probe(deps);
  }

  async #rest(sinceMs: number, limitMs: number, isLast = false): Promise<void> {
    const { deps } = this.#parts;
    const requirements = [...requirementsAtRest(deps, isLast), ...(isLast ? [nothingLeft(deps)] : [])];
    const isInOrder = (): boolean => this.#agents.isInOrder || this.#isStopped();
    const onWait = (what: string): void => {
      this.#waitsFor = what;
    };
    await settle(requirements, { log: deps.log, sinceMs, times: this.#times, isInOrder, limitMs, onWait });
    this.#waitsFor = "";
    checkHandOvers(deps);
    deps.log.setFaults(deps.faults.done.slice(-2).map((fault) => `after ${fault.name}`));
  }

  async #repeat(everyMs: number, work: () => Promise<void>): Promise<void> {
    while (!this.#over.signal.aborted) {
      // While the database is away there is nothing to be seen, which is not what these looks are for.
      await work().catch(() => undefined);
      await sleep(everyMs, this.#over.signal).catch(() => undefined);
    }
  }

  #progress(): void {
    const { deps, tally } = this.#parts;
    const { log, faults, requests, system } = deps;
    const { connected, shown } = this.#agents.count;
    const healthy = system.balancer.healthy.filter(Boolean).length;
    const parts = [
      `${String(Math.round(log.elapsedMs / 1_000)).padStart(4)} s`,
      `round ${this.#round} ${this.#phase}`,
      `servers ${healthy}/${system.servers.length}`,
      `agents ${connected} (shown ${shown})`,
      `requests ${tally.total} (${tally.count("ok")} ok, ${requests.open} open)`,
      `violations ${log.violations.length}`,
      faults.open.join(", "),
      this.#waitsFor === "" ? "" : `waits for: ${this.#waitsFor.slice(0, 120)}`,
    ];
    console.log(parts.filter((part) => part !== "").join(" | "));
  }
}

export function writeResults(out: string, results: Results): void {
  writeFileSync(path.join(out, "results.json"), `${JSON.stringify(results, undefined, 2)}\n`);
}
