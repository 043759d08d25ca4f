import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { PlanReport } from "../../../contracts/provisioner-protocol.ts";
import { mapBounded } from "../../../platform/bounded.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Logger } from "../../../platform/logger.ts";
import type { Random } from "../../../platform/random.ts";
import type {
  ApplyReport,
  BuildContext,
  Delivery,
  Driver,
  DriverContext,
  DriverResource,
  FormContext,
  FormReport,
  ParseReport,
  UndeliveredState,
} from "../../driver.ts";
import { ownRootId } from "../../host/root-id.ts";
import { KeyedLock } from "../../host/keyed-lock.ts";
import { removeTree } from "../../host/remove-tree.ts";
import { isWorkspaceId } from "../../host/workspace-id.ts";
import { applyBuild, judgedPlan } from "./apply-build.ts";
import { knownState, type SessionDeps, tfstateOf, withSession } from "./build-session.ts";
import { type CoderSupport, removeDeadSockets } from "./coder/coder-session.ts";
import { checkTemplate } from "./check-template.ts";
import { evaluateForm } from "./evaluate-form.ts";
import { endLeftBehind, stateLeftBehind } from "./left-behind.ts";
import { destroyLeftOver, type LeftOverOptions } from "./left-over.ts";
import { ModuleMirror } from "./modules/module-mirror.ts";
import { PreparedVersions } from "./prepared-versions.ts";
import type { TerraformState } from "./terraform-state.ts";
import { TerraformTool } from "./terraform-tool.ts";
import { hasManagedResources } from "./tfstate-file.ts";
import { canBeDestroyedUnseen, tfstateToDestroy } from "./unfinished.ts";
import type { BootstrapScript } from "./variables.ts";
import {
  readRecord,
  removeTraces,
  type WorkspaceFolder,
  workspaceFolder,
  type WorkspaceRecord,
  writeRecord,
} from "./workspace-folder.ts";
import { makeFolder } from "../../../platform/make-folder.ts";

export const terraformDriverName = "terraform";

export interface TerraformDriverOptions {
  /** Absolute; belongs to one daemon alone. */
  readonly root: string;
  /** `terraform`, `tofu`, or an absolute path. */
  readonly binary: string;
  /** The daemon's environment; providers find their credentials in it. */
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** The script by which an agent gets into what a template makes. */
  readonly bootstrap: BootstrapScript;
  /** What it takes to run templates that are written for Coder; null: they are refused. */
  readonly coder: CoderSupport | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How long an interrupted Terraform may take to end in order; 20 s unless said. */
  readonly interruptGraceMs?: number;
  /** Folder with archives of modules, for registries that are out of reach; null or absent for none. */
  readonly moduleMirror?: string | null;
}

/** Below the time that a daemon gives a driver to stop, so that the last state is stored within it. */
const interruptGraceMsDefault = 20_000;
const recoveriesAtOnce = 8;
const rootFileName = "root-id";
const formsName = "forms";

/**
 * A workspace is what a template's Terraform configuration makes. Terraform runs in a scratch directory with a local
 * state file, which it rewrites after every resource; each version goes to the server while the command runs, and
 * what a killed daemon could not send is found at its next start and delivered. See docs/terraform.md.
 *
 * The root: `plugins/` (cache of providers), `versions/` (initialized templates), `workspaces/<id>/`, `imports/`, `forms/`.
 */
export class TerraformDriver implements Driver {
  readonly name = terraformDriverName;
  readonly #options: TerraformDriverOptions;
  readonly #interruptGraceMs: number;
  readonly #locks = new KeyedLock();
  readonly #tool: TerraformTool;
  readonly #versions: PreparedVersions;
  readonly #mirror: ModuleMirror | null;
  /** Workspaces of which the server does not know all. */
  readonly #undelivered = new Set<string>();
  #rootId = "";

  constructor(options: TerraformDriverOptions) {
    this.#options = options;
    this.#interruptGraceMs = options.interruptGraceMs ?? interruptGraceMsDefault;
    const pluginCache = path.join(options.root, "plugins");
    const configFile = path.join(options.root, "terraform.rc");
    const folder = options.moduleMirror ?? null;
    const { hostEnvironment } = options;
    this.#mirror = folder === null ? null : new ModuleMirror({ folder, configFile, hostEnvironment });
    const cliConfigFile = folder === null ? null : configFile;
    const interruptGraceMs = this.#interruptGraceMs;
    this.#tool = new TerraformTool({ ...options, pluginCache, cliConfigFile, interruptGraceMs });
    this.#versions = new PreparedVersions({ root: path.join(options.root, "versions"), tool: this.#tool });
  }

  /** Whether a claim changes something is known by its plan alone, of each version: the rehearsal tells. */
  capabilities(): { readonly claimEffect: "unknown" } {
    return { claimEffect: "unknown" };
  }

  async open(): Promise<string> {
    makeFolder(this.#options.root, 0o700);
    await this.#mirror?.open();
    await this.#tool.open();
    for (const name of ["plugins", "workspaces"]) {
      makeFolder(path.join(this.#options.root, name), 0o700);
    }
    await rm(this.#importsFolder(), { recursive: true, force: true });
    await rm(path.join(this.#options.root, formsName), { recursive: true, force: true });
    this.#rootId = await ownRootId(this.#options.root, { name: rootFileName, random: this.#options.random });
    await this.#versions.open();
    await removeDeadSockets();
    const outcomes = await mapBounded(await this.#workspaces(), recoveriesAtOnce, (id) => this.#recover(id));
    for (const outcome of outcomes) if (outcome.kind === "error") throw outcome.error;
    return `${this.#tool.binary} ${this.#tool.version}`;
  }

  async close(): Promise<void> {
    await this.#mirror?.close();
  }

  async parse(context: DriverContext): Promise<ParseReport> {
    const folder = path.join(this.#importsFolder(), context.jobId);
    try {
      return await checkTemplate(this.#deps(), { context, folder });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  evaluate(context: FormContext): Promise<FormReport> {
    const folder = path.join(this.#options.root, formsName, this.#options.random.uuid());
    return evaluateForm(this.#deps(), { context, folder });
  }

  async apply(context: BuildContext): Promise<ApplyReport> {
    return await this.#locked(context, async (folder) => {
      await this.#settleRefused(context, folder);
      const known = await knownState(context, folder);
      const input = { context, folder, known, tfstate: tfstateOf(known) };
      return await withSession(this.#deps(), { ...input, keeping: "state", failure: "build_failed" }, (session) =>
        applyBuild(session, context),
      );
    });
  }

  async planClaim(context: BuildContext): Promise<PlanReport> {
    return await this.#locked(context, async (folder) => {
      const isOurs = (await this.#workspaces()).includes(context.work.workspaceId);
      const known = await knownState(context, folder);
      const input = {
        context,
        folder,
        known,
        tfstate: tfstateOf(known),
        keeping: "none",
        failure: "build_failed",
      } as const;
      try {
        const { judged } = await withSession(this.#deps(), input, (session) => judgedPlan(session, context));
        return judged.report;
      } finally {
        // Made by another daemon, it is not to be listed here.
        if (!isOurs) await removeTree(folder.folder);
      }
    });
  }

  async destroy(context: BuildContext): Promise<void> {
    await this.#locked(context, async (folder) => {
      await this.#settleRefused(context, folder);
      const known = await knownState(context, folder);
      if (known !== null && mayHold(known)) await this.#destroyKnown(context, { folder, known });
      await this.#forget(context, { folder, known });
    });
  }

  async list(): Promise<readonly DriverResource[]> {
    const workspaces = await this.#workspaces();
    return await Promise.all(
      workspaces.map(async (workspaceId) => {
        const mark = await readFile(this.#folder(workspaceId).mark, "utf8").catch(() => "");
        const deploymentId = mark === "" ? undefined : mark;
        return { workspaceId, detail: "a folder of Terraform", deploymentId };
      }),
    );
  }

  async remove(workspaceId: string, abort: AbortSignal): Promise<void> {
    const folder = this.#folder(workspaceId);
    await this.#locks.run(workspaceId, async () => {
      const record = await readRecord(folder);
      if (record !== null) await this.#destroyLeftOver(record, { folder, scope: "all", abort });
      await removeTree(folder.folder);
      this.#undelivered.delete(workspaceId);
    });
  }

  async tidy(abort: AbortSignal): Promise<void> {
    for (const workspaceId of await this.#workspaces()) {
      // Somebody is at work on it, and settles what lies here.
      if (this.#locks.isHeld(workspaceId)) continue;
      await this.#locks.run(workspaceId, () => this.#settle(this.#folder(workspaceId), { abort }));
    }
  }

  async #settleRefused({ abort, log }: BuildContext, folder: WorkspaceFolder): Promise<void> {
    await this.#settle(folder, { abort, log });
  }

  /** Removes what the server refused to hear of, as far as nobody else can know it; then the record of it. */
  async #settle(
    folder: WorkspaceFolder,
    options: Pick<DriverContext, "abort"> & Partial<DriverContext>,
  ): Promise<void> {
    const record = await readRecord(folder);
    if (record === null || !record.isRefused) return;
    await this.#destroyLeftOver(record, { ...options, folder, scope: "unknown" });
    await rm(folder.record, { force: true });
  }

  async #destroyLeftOver(
    record: WorkspaceRecord,
    options: Pick<LeftOverOptions, "folder" | "scope" | "abort"> & Partial<Pick<LeftOverOptions, "log">>,
  ): Promise<void> {
    const { random, logger } = this.#options;
    const { workspaceId } = record;
    await destroyLeftOver(this.#deps(), {
      log: (level, stage, line) => logger[level](line, { workspaceId, stage }),
      ...options,
      record,
      random,
      scratch: path.join(this.#importsFolder(), random.uuid()),
    });
  }

  async deliver(adopt: (state: UndeliveredState) => Promise<Delivery>): Promise<void> {
    for (const workspaceId of Array.from(this.#undelivered)) {
      // Somebody is at work on it, and takes up what lies here.
      if (this.#locks.isHeld(workspaceId)) continue;
      await this.#locks.run(workspaceId, () => this.#deliverOne(workspaceId, adopt));
    }
  }

  async #deliverOne(workspaceId: string, adopt: (state: UndeliveredState) => Promise<Delivery>): Promise<void> {
    const folder = this.#folder(workspaceId);
    const record = await readRecord(folder);
    if (record !== null && !record.isRefused) {
      const { jobId, attempt, serial, state } = record;
      const delivery = await adopt({ workspaceId, jobId, attempt, serial: serial + 1, state });
      if (delivery === "stored") await rm(folder.record, { force: true });
      else await writeRecord(folder, { ...record, isRefused: true });
    }
    this.#undelivered.delete(workspaceId);
  }

  async #destroyKnown(
    context: BuildContext,
    { folder, known }: { readonly folder: WorkspaceFolder; readonly known: TerraformState },
  ): Promise<void> {
    const { random } = this.#options;
    const tfstate = tfstateToDestroy({
      tfstate: tfstateOf(known),
      unfinished: known.unfinished,
      newId: () => random.uuid(),
      terraformVersion: this.#tool.version,
    });
    for (const { address } of known.unfinished.filter(({ type }) => !canBeDestroyedUnseen(type))) {
      const line = `${address} was being created when Terraform was killed. Terraform does not know whether it exists: look for it at its provider.`;
      context.log("error", "destroy", line);
    }
    const input = { context, folder, known, tfstate };
    await withSession(this.#deps(), { ...input, keeping: "state", failure: "build_failed" }, async ({ run }) => {
      await run.destroy();
    });
  }

  /** The last word on a workspace: nothing is left of it, here and in what the server has. */
  async #forget(
    context: BuildContext,
    { folder, known }: { readonly folder: WorkspaceFolder; readonly known: TerraformState | null },
  ): Promise<void> {
    context.log("info", "destroy", "nothing is left of the workspace");
    const attempt = `${context.jobId}/${context.attempt}`;
    const nothing = { attempt, exists: false, tfstate: null, agents: [], unfinished: [], kept: null };
    if (known !== null) await context.saveState({ ...known, ...nothing });
    await removeTree(folder.folder);
    this.#undelivered.delete(context.work.workspaceId);
  }

  /** One job at a time for each workspace; what it could not deliver is remembered. */
  async #locked<Value>(context: BuildContext, work: (folder: WorkspaceFolder) => Promise<Value>): Promise<Value> {
    const { workspaceId } = context.work;
    const folder = this.#folder(workspaceId);
    return await this.#locks.run(workspaceId, async () => {
      try {
        return await work(folder);
      } finally {
        if ((await readRecord(folder)) !== null) this.#undelivered.add(workspaceId);
        else this.#undelivered.delete(workspaceId);
      }
    });
  }

  /** Takes up what a killed daemon has left of a job: its Terraform is ended, and what it had made is kept to deliver. */
  async #recover(workspaceId: string): Promise<void> {
    const folder = this.#folder(workspaceId);
    const record = await readRecord(folder);
    if (record === null) return await removeTraces(folder);
    await endLeftBehind({ folder, record, interruptGraceMs: this.#interruptGraceMs });
    const state = await stateLeftBehind(folder, record);
    await writeRecord(folder, { ...record, processId: null, planned: [], state });
    await removeTraces(folder);
    // Nobody is to be told: what it holds is removed by the next sweep.
    if (record.isRefused) return;
    this.#undelivered.add(workspaceId);
    this.#options.logger.warn("a job was cut off by the end of its provisioner; what it had made is kept", {
      workspaceId,
      jobId: record.jobId,
      unfinished: state.unfinished.map(({ address }) => address),
    });
  }

  #deps(): SessionDeps {
    const { bootstrap, clock, coder, random } = this.#options;
    return { bootstrap, clock, coder, random, tool: this.#tool, versions: this.#versions, rootId: this.#rootId };
  }

  #importsFolder(): string {
    return path.join(this.#options.root, "imports");
  }

  #workspacesRoot(): string {
    return path.join(this.#options.root, "workspaces");
  }

  #folder(workspaceId: string): WorkspaceFolder {
    return workspaceFolder(this.#workspacesRoot(), workspaceId);
  }

  async #workspaces(): Promise<readonly string[]> {
    return (await readdir(this.#workspacesRoot()).catch(() => [])).filter(isWorkspaceId);
  }
}

/** Whether there is anything to destroy, known or possible. */
function mayHold(state: TerraformState): boolean {
  const tfstate = tfstateOf(state);
  return state.unfinished.length > 0 || (tfstate !== null && hasManagedResources(tfstate));
}
