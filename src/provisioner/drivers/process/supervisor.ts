import { backoffDelayMs } from "../../../platform/backoff.ts";
import type { Logger } from "../../../platform/logger.ts";
import type { Random } from "../../../platform/random.ts";
import { createSignal } from "../../../platform/signal.ts";
import { agentVariable, launchAgent, rotateLog } from "./launch-agent.ts";
import type { KeyedLock } from "../../host/keyed-lock.ts";
import { leadsSession, processesMarked, processIdentity } from "../../host/process-table.ts";
import { type AgentRecord, workspacePaths, type WorkspaceRecord, writeRecord } from "./workspace-record.ts";

export interface SupervisorOptions {
  readonly root: string;
  /** Asked for at each start of an agent. */
  readonly agentCommand: () => readonly string[];
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly random: Random;
  readonly locks: KeyedLock;
  readonly superviseMs: number;
}

const restartBaseMs = 250;
const restartCapMs = 30_000;
/** An agent that has run for so long is healthy: its next end is its first again. */
const healthyMs = 60_000;

/** Between two looks at the sizes of the agents' logs. */
const rotateMs = 60_000;

interface Restarts {
  count: number;
  notBeforeMs: number;
  startedAtMs: number;
}

/**
 * Keeps the agents of running workspaces running: those that ended are started again, later and later; those
 * that an earlier daemon started are taken up, so that its end harms nobody.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #watched = new Map<string, WorkspaceRecord>();
  readonly #restarts = new Map<string, Restarts>();
  readonly #look = createSignal();
  readonly #over = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  watch(record: WorkspaceRecord): void {
    if (record.wanted === "running") this.#watched.set(record.workspaceId, record);
  }

  forget(workspaceId: string): void {
    for (const agent of this.#watched.get(workspaceId)?.agents ?? []) this.#restarts.delete(agent.id);
    this.#watched.delete(workspaceId);
  }

  /**
   * Has all agents of the workspace running, and watches them. The caller holds the workspace's lock.
   * `isFresh`: none can be running yet, so none is looked for.
   */
  async ensure(record: WorkspaceRecord, options: { readonly isFresh?: boolean } = {}): Promise<void> {
    let current = this.#watched.get(record.workspaceId) ?? record;
    this.watch(current);
    for (const agent of record.agents) current = await this.#ensureAgent(current, agent.id, options);
  }

  async #run(): Promise<void> {
    const { superviseMs, locks, logger } = this.#options;
    let rotatedAtMs = performance.now();
    while (!this.#over.signal.aborted) {
      for (const [workspaceId, record] of this.#watched) {
        if (this.#over.signal.aborted) return;
        // Somebody is at work on it, and will ensure what he needs.
        if (locks.isHeld(workspaceId) || !this.#needsCare(record)) continue;
        try {
          await locks.run(workspaceId, () => this.#care(workspaceId));
        } catch (error) {
          logger.warn("a workspace's agents could not be looked after", { workspaceId, error });
        }
      }
      if (performance.now() - rotatedAtMs >= rotateMs) {
        await this.#rotateLogs();
        rotatedAtMs = performance.now();
      }
      await this.#look.wait({ timeoutMs: superviseMs, abort: this.#over.signal });
    }
  }

  #needsCare(record: WorkspaceRecord): boolean {
    return record.agents.some((agent) => !isAlive(agent) && this.#isDue(agent));
  }

  #isDue(agent: AgentRecord): boolean {
    return performance.now() >= (this.#restarts.get(agent.id)?.notBeforeMs ?? 0);
  }

  async #care(workspaceId: string): Promise<void> {
    const record = this.#watched.get(workspaceId);
    if (record === undefined) return;
    let current = record;
    for (const agent of record.agents) {
      if (this.#isDue(agent)) current = await this.#ensureAgent(current, agent.id);
    }
  }

  async #ensureAgent(
    record: WorkspaceRecord,
    agentId: string,
    options: { readonly isFresh?: boolean } = {},
  ): Promise<WorkspaceRecord> {
    const agent = record.agents.find(({ id }) => id === agentId);
    if (agent === undefined || isAlive(agent)) return record;
    // Without a process in the record, one may have been started just before a daemon ended.
    const isUnknown = agent.process === null && options.isFresh !== true;
    const orphan = isUnknown ? await this.#findOrphan(record, agent) : null;
    if (orphan !== null) return this.#write(record, { ...agent, process: orphan });
    this.#countRestart(agent);
    const unknown = agent.process === null ? record : await this.#write(record, { ...agent, process: null });
    const process = await launchAgent({
      paths: workspacePaths(this.#options.root, record.workspaceId),
      record,
      agent,
      command: this.#options.agentCommand(),
      hostEnvironment: this.#options.hostEnvironment,
      onExit: () => this.#look.notify(),
    });
    return this.#write(unknown, { ...agent, process });
  }

  async #findOrphan(record: WorkspaceRecord, agent: AgentRecord): Promise<AgentRecord["process"]> {
    const { token } = workspacePaths(this.#options.root, record.workspaceId).agent(agent.name);
    const found = await processesMarked((setting) => setting === `${agentVariable}=${token}`);
    const processId = found.find((marked) => leadsSession(marked.processId))?.processId;
    const identity = processId === undefined ? null : processIdentity(processId);
    return processId === undefined || identity === null ? null : { processId, identity };
  }

  /** Puts the next restart off: the more, the more often it was needed. */
  #countRestart(agent: AgentRecord): void {
    const nowMs = performance.now();
    const before = this.#restarts.get(agent.id);
    const count = before === undefined || nowMs - before.startedAtMs > healthyMs ? 0 : before.count + 1;
    const attempt = { attempt: count + 1, baseMs: restartBaseMs, capMs: restartCapMs, random: this.#options.random };
    const restMs = Math.round(backoffDelayMs(attempt));
    if (before !== undefined) {
      const fields = { agentId: agent.id, restarts: count, notAgainWithinMs: restMs };
      this.#options.logger.warn("an agent has ended and is started again", fields);
    }
    this.#restarts.set(agent.id, { count, startedAtMs: nowMs, notBeforeMs: nowMs + restMs });
  }

  async #write(record: WorkspaceRecord, agent: AgentRecord): Promise<WorkspaceRecord> {
    const agents = record.agents.map((other) => (other.id === agent.id ? agent : other));
    const changed = { ...record, agents };
    await writeRecord(workspacePaths(this.#options.root, record.workspaceId), changed);
    this.#watched.set(record.workspaceId, changed);
    return changed;
  }

  async #rotateLogs(): Promise<void> {
    for (const record of this.#watched.values()) {
      const paths = workspacePaths(this.#options.root, record.workspaceId);
      for (const agent of record.agents) {
        // A log that cannot be cut now is cut the next time.
        await rotateLog(paths.agent(agent.name).log).catch(() => {});
      }
    }
  }
}

function isAlive(agent: AgentRecord): boolean {
  return agent.process !== null && processIdentity(agent.process.processId) === agent.process.identity;
}
