import { chmod, cp, readdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../../contracts/errors.ts";
import type { Logger } from "../../../platform/logger.ts";
import type { Random } from "../../../platform/random.ts";
import { makeFolder } from "../../../platform/make-folder.ts";
import type { BuildContext, Driver, DriverContext, DriverResource } from "../../driver.ts";
import { endProcesses } from "./end-processes.ts";
import { ownRootId } from "../../host/root-id.ts";
import { KeyedLock } from "../../host/keyed-lock.ts";
import { agentVariable } from "./launch-agent.ts";
import { leadsSession, processesMarked } from "../../host/process-table.ts";
import { removeTree } from "../../host/remove-tree.ts";
import { Supervisor } from "./supervisor.ts";
import { stopGraceSeconds } from "../../stop-grace.ts";
import { isWorkspaceId } from "../../host/workspace-id.ts";
import {
  type AccountRange,
  freeAccount,
  giveOnce,
  giveTo,
  letPass,
  prepareAccounts,
  type PreparedAccounts,
  type WorkspaceAccount,
} from "./workspace-accounts.ts";
import {
  readRecord,
  type WorkspacePaths,
  workspacePaths,
  type WorkspaceRecord,
  writeRecord,
} from "./workspace-record.ts";

export const processDriverName = "process";

export interface ProcessDriverOptions {
  /** Absolute; belongs to one daemon alone. One folder in it for each workspace. */
  readonly root: string;
  /** Program and arguments that start an agent, for example Node with `agentNodeFlags` and the bundled agent. */
  readonly agentCommand: readonly string[];
  /** The daemon's environment: `PATH`, `LANG` and `TERM` are handed on. */
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** Accounts for workspaces where the daemon is root; null, or absent: they run as the daemon does. */
  readonly accounts?: AccountRange | null;
  readonly logger: Logger;
  readonly random: Random;
  /** How long an agent may take to end its sessions; 5 s unless said. */
  readonly stopGraceMs?: number;
  /** Between two looks at the agents; 5 s unless said. */
  readonly superviseMs?: number;
}

/** Names the folder of workspaces in each stored state, so that no other host takes itself for this one. */
const rootFileName = "root-id";

/**
 * A workspace is a folder and its supervised agents on the daemon's host: nothing needs to be installed. Where the daemon
 * is root each runs as an account of its own, which is all that separates it from the others and from the host; else
 * nothing does, and it is for trying out, and for people who trust each other. Needs Linux: what a workspace has started is found through /proc.
 *
 * The folder: `workspace.json` (what a restarted daemon must know), `home/` (the owner's, survives a stop),
 * `template/` (the template's files, read-only; `PREWARM_TEMPLATE_FOLDER` names it), `agents/<name>/` (token,
 * memory and log of each agent).
 */
export class ProcessDriver implements Driver {
  readonly name = processDriverName;
  readonly #options: ProcessDriverOptions;
  readonly #locks = new KeyedLock();
  readonly #supervisor: Supervisor;
  #rootId = "";
  #prepared: PreparedAccounts;
  /** Of workspaces that are here. */
  readonly #accounts = new Map<string, WorkspaceAccount>();

  constructor(options: ProcessDriverOptions) {
    this.#options = options;
    this.#prepared = { command: options.agentCommand, unisolatedBecause: "it is not open" };
    this.#supervisor = new Supervisor({
      ...options,
      agentCommand: () => this.#prepared.command,
      locks: this.#locks,
      superviseMs: options.superviseMs ?? 5_000,
    });
  }

  capabilities(): { readonly claimEffect: "none" } {
    return { claimEffect: "none" };
  }

  unisolatedBecause(): string | null {
    return this.#prepared.unisolatedBecause;
  }

  async open(): Promise<string> {
    const { root, agentCommand: command, accounts: range = null } = this.#options;
    makeFolder(root, 0o700);
    this.#prepared = prepareAccounts({ root, range, command });
    this.#rootId = await ownRootId(this.#options.root, { name: rootFileName, random: this.#options.random });
    for (const workspaceId of await this.#workspaces()) {
      const record = await readRecord(this.#paths(workspaceId));
      if (record?.account !== undefined) this.#accounts.set(workspaceId, record.account);
      if (record !== null) this.#supervisor.watch(record);
    }
    this.#supervisor.start();
    const because = this.#prepared.unisolatedBecause;
    return because === null
      ? `each workspace runs as an account of its own (${range?.first}-${range?.last})`
      : `workspaces run as the daemon's account, with no wall between them: ${because}`;
  }

  async close(): Promise<void> {
    await this.#supervisor.stop();
  }

  async parse(context: DriverContext): Promise<void> {
    requireLinux();
    if ((context.manifest.agents ?? []).length > 0) return;
    throw new CodedError(
      "invalid_template",
      "A template of the process driver needs an agent: there is nothing else.",
      {
        next: "Add to template.yaml: `agents: [{ name: main }]`.",
      },
    );
  }

  async apply(context: BuildContext): Promise<void> {
    requireLinux();
    const { work } = context;
    await this.#locks.run(work.workspaceId, async () => {
      if (work.transition === "stop") return this.#stop(context);
      return work.stage === "claim" ? this.#claim(context) : this.#start(context);
    });
  }

  async destroy(context: BuildContext): Promise<void> {
    requireLinux();
    const { workspaceId } = context.work;
    const paths = this.#paths(workspaceId);
    await this.#locks.run(workspaceId, async () => {
      await this.#requireHere(context, paths);
      await this.#end(paths, workspaceId);
      context.log("info", "destroy", "removing the workspace's folder");
      await removeTree(paths.folder);
      this.#accounts.delete(workspaceId);
      await context.saveState({ exists: false, rootId: this.#rootId });
    });
  }

  async list(): Promise<readonly DriverResource[]> {
    const workspaceIds = await this.#workspaces();
    const found = new Map(workspaceIds.map((workspaceId) => [workspaceId, "a folder"]));
    const records = await Promise.all(workspaceIds.map((workspaceId) => readRecord(this.#paths(workspaceId))));
    const marks = new Map(records.map((record) => [record?.workspaceId, record?.deploymentId]));
    const prefix = `${agentVariable}=${this.#options.root}${path.sep}`;
    for (const { processId, settings } of await processesMarked((setting) => setting.startsWith(prefix))) {
      if (!leadsSession(processId)) continue;
      const workspaceId = settings[0]?.slice(prefix.length).split(path.sep)[0] ?? "";
      found.set(workspaceId, `${found.get(workspaceId) ?? "no folder"}, agent ${processId}`);
    }
    return [...found].map(([workspaceId, detail]) => ({ workspaceId, detail, deploymentId: marks.get(workspaceId) }));
  }

  async remove(workspaceId: string): Promise<void> {
    const paths = this.#paths(workspaceId);
    await this.#locks.run(workspaceId, async () => {
      await this.#end(paths, workspaceId);
      await removeTree(paths.folder);
      this.#accounts.delete(workspaceId);
    });
  }

  async #start(context: BuildContext): Promise<void> {
    const { work, abort, log } = context;
    const paths = this.#paths(work.workspaceId);
    await this.#requireHere(context, paths);
    const earlier = await readRecord(paths);
    if (earlier?.wanted === "running" && isOf(earlier, work)) {
      // The same start again: what it has made is taken up.
      await this.#supervisor.ensure(earlier);
      return;
    }
    // Stored before anything is made: whatever interrupts this, a later destroy knows of it.
    await context.saveState({ exists: true, rootId: this.#rootId, workspaceId: work.workspaceId });
    if (earlier !== null) await this.#end(paths, work.workspaceId);
    const account = await this.#accountFor(work.workspaceId, earlier?.account);
    const record = {
      workspaceId: work.workspaceId,
      ...(account === undefined ? {} : { account }),
      deploymentId: context.deploymentId,
      workspaceName: work.workspaceName,
      templateName: context.templateName,
      startId: work.buildId,
      buildStage: work.stage,
      accessUrl: context.accessUrl,
      stopGraceMs: stopGraceSeconds(context.manifest, 0) * 1_000,
      agents: work.agents.map(({ id, name }) => ({ id, name, process: null })),
    };
    await writeRecord(paths, { ...record, wanted: "making" });
    log("info", "apply", "preparing the workspace's folder");
    makeFolder(paths.home, 0o700);
    await copyTemplate(await context.templateFolder(), paths.template);
    for (const agent of work.agents) {
      if (agent.token === null)
        throw new CodedError("build_failed", `The agent "${agent.name}" came without its token.`);
      const own = paths.agent(agent.name);
      makeFolder(own.folder, 0o700);
      await writeFile(own.token, agent.token, { mode: 0o600 });
    }
    if (account !== undefined) await giveFolder(paths, { account, agents: record.agents.map(({ name }) => name) });
    abort.throwIfAborted();
    log("info", "agent", `starting ${work.agents.length === 1 ? "the agent" : `${work.agents.length} agents`}`);
    const ready = { ...record, wanted: "running" as const };
    await writeRecord(paths, ready);
    await this.#supervisor.ensure(ready, { isFresh: true });
  }

  /** A claim changes nothing here: the agent that runs learns of its owner from the server. */
  async #claim(context: BuildContext): Promise<void> {
    const record = await readRecord(this.#paths(context.work.workspaceId));
    if (record?.wanted !== "running") {
      throw new CodedError("build_failed", "The prebuild that was claimed is no longer there.", {
        next: "Start the workspace: it is made anew.",
      });
    }
    await this.#supervisor.ensure(record);
    context.log("info", "apply", "nothing to change for the new owner");
  }

  async #stop(context: BuildContext): Promise<void> {
    const paths = this.#paths(context.work.workspaceId);
    await this.#requireHere(context, paths);
    await this.#end(paths, context.work.workspaceId);
    context.log("info", "apply", "stopped; the home folder is kept");
  }

  /** Ends all processes. The wish is written down first, so that nobody starts them again. */
  async #end(paths: WorkspacePaths, workspaceId: string): Promise<void> {
    this.#supervisor.forget(workspaceId);
    const record = await readRecord(paths);
    if (record !== null) await writeRecord(paths, { ...record, wanted: "stopped" });
    const graceMs = Math.max(this.#options.stopGraceMs ?? 5_000, record?.stopGraceMs ?? 0);
    const account = record?.account ?? null;
    await endProcesses({ workspaceId, folder: paths.folder, agents: record?.agents ?? [], account, graceMs });
    if (record === null) return;
    const agents = record.agents.map((agent) => ({ ...agent, process: null }));
    await writeRecord(paths, { ...record, wanted: "stopped", agents });
  }

  /** One that it had is kept, as its files are of it. Undefined: the daemon's own. Errors: `capacity`. */
  async #accountFor(workspaceId: string, earlier: WorkspaceAccount | undefined): Promise<WorkspaceAccount | undefined> {
    const range = this.#options.accounts ?? null;
    if (range === null || this.#prepared.unisolatedBecause !== null) return undefined;
    return await this.#locks.run("accounts", async () => {
      const account = earlier ?? (await freeAccount({ range, workspaceId, taken: new Set(this.#accounts.values()) }));
      if (account === undefined) {
        throw new CodedError("capacity", "Every account that workspaces of the process driver may have is taken.", {
          next: "Delete workspaces, or widen `provisioner.process_accounts`.",
        });
      }
      this.#accounts.set(workspaceId, account);
      return account;
    });
  }

  /** Refuses to call a workspace gone that lives on another daemon's host. */
  async #requireHere(context: BuildContext, paths: WorkspacePaths): Promise<void> {
    const rootId = rootIdIn(context.work.state);
    if (rootId === null || rootId === this.#rootId || (await readRecord(paths)) !== null) return;
    throw new CodedError("transient", "The workspace's files lie on the host of another provisioner daemon.", {
      next: "Start that daemon, or give this template and its daemon a tag that no other has.",
    });
  }

  async #workspaces(): Promise<readonly string[]> {
    const children = await readdir(this.#options.root, { withFileTypes: true }).catch(() => []);
    return children.flatMap((child) => (child.isDirectory() && isWorkspaceId(child.name) ? [child.name] : []));
  }

  #paths(workspaceId: string): WorkspacePaths {
    return workspacePaths(this.#options.root, workspaceId);
  }
}

/**
 * Whether the record is of this very start, agents included. A database that was restored from a backup gives a build out
 * again that was made since, with agents and tokens of its own: those that run could never connect.
 */
function isOf(record: WorkspaceRecord, work: BuildContext["work"]): boolean {
  const agents = new Set(record.agents.map(({ id }) => id));
  return record.startId === work.buildId && work.agents.every(({ id }) => agents.has(id));
}

/**
 * Gives a workspace what is its own, before anything runs as it. The folders in which the daemon itself writes stay the
 * daemon's: in a folder of its own the workspace could put a link in the place of the daemon's file.
 */
async function giveFolder(
  paths: WorkspacePaths,
  { account, agents }: { readonly account: WorkspaceAccount; readonly agents: readonly string[] },
): Promise<void> {
  await giveOnce(account, paths.home);
  await giveTo(account, paths.template);
  for (const name of agents) {
    const own = paths.agent(name);
    makeFolder(own.state, 0o700);
    await giveOnce(account, own.state);
    await giveTo(account, own.token);
    await letPass(account, own.folder);
  }
  await letPass(account, paths.agents);
  await letPass(account, paths.folder);
}

function requireLinux(): void {
  if (process.platform === "linux") return;
  throw new CodedError("invalid_template", "The process driver works on Linux only.", {
    next: "Run this daemon on Linux, or use a template with another driver.",
  });
}

function rootIdIn(state: unknown): string | null {
  if (typeof state !== "object" || state === null || !("rootId" in state)) return null;
  if ("exists" in state && state.exists === false) return null;
  return typeof state.rootId === "string" ? state.rootId : null;
}

/** A copy of the template for one workspace: files are read-only, so that a hook does not change them by mistake. */
async function copyTemplate(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
  for (const child of await readdir(to, { withFileTypes: true, recursive: true })) {
    if (!child.isFile()) continue;
    const file = path.join(child.parentPath, child.name);
    await chmod(file, (await stat(file)).mode & 0o555);
  }
}
