import { rm, writeFile } from "node:fs/promises";
import type { BuildContext, DriverContext } from "../../driver.ts";
import { folderVariable } from "./left-behind.ts";
import { type ModulePin, readModulePins } from "./modules/module-pins.ts";
import { newerState } from "./newer-state.ts";
import { Phases } from "./phases.ts";
import type { PreparedVersions } from "./prepared-versions.ts";
import { maskOf } from "./secrets.ts";
import { recordedBuild } from "./recorded-build.ts";
import { StateKeeper, withKeys } from "./state-keeper.ts";
import { type AgentSecret, readTerraformState, type TerraformState, unpackTfstate } from "./terraform-state.ts";
import { TerraformRun } from "./terraform-run.ts";
import type { TerraformTool } from "./terraform-tool.ts";
import type { DeclaredVariable } from "./declared-variables.ts";
import { secretsIn, usedVariables, valuesGiven } from "./given-variables.ts";
import { fieldsOf, textOf } from "./json-fields.ts";
import { agentsOf, type BootstrapScript, environmentOf, variablesOf } from "./variables.ts";
import { fillRunFolder, readRecord, removeTraces, type WorkspaceFolder, writeRecord } from "./workspace-folder.ts";
import { type CoderSupport, openProvider } from "./coder/coder-session.ts";
import { type CoderProviderChoice, coderProviderOf } from "./coder/provider-choice.ts";
import { factsOf } from "./coder/job-facts.ts";
import { type IgnoredChanges, overridesOf, writeOverrides } from "./coder/override-files.ts";
import { readOutline } from "./configuration-outline.ts";
import { outlineOfFiles } from "./outline-of-files.ts";
import { CodedError } from "../../../contracts/errors.ts";
import type { Random } from "../../../platform/random.ts";
import type { Clock } from "../../../platform/clock.ts";
import { makeFolder } from "../../../platform/make-folder.ts";

export interface SessionDeps {
  readonly tool: TerraformTool;
  readonly versions: PreparedVersions;
  readonly bootstrap: BootstrapScript;
  /** Null where templates that are written for Coder are not run. */
  readonly coder: CoderSupport | null;
  readonly random: Random;
  readonly clock: Clock;
  readonly rootId: string;
}

export interface SessionInput {
  readonly context: BuildContext;
  readonly folder: WorkspaceFolder;
  /**
   * `none`: nothing may come of it, so nothing is stored; a rehearsal, or the plan of an import. `record`: on disk
   * alone, for what is done without a job.
   */
  readonly keeping: "state" | "record" | "none";
  readonly failure: "build_failed" | "invalid_template";
  /** A plan that answers a person's form: see `evaluate-form.ts`. */
  readonly isForm?: boolean;
  /** Who answers for coder/coder, where that is another than the template says. */
  readonly provider?: CoderProviderChoice;
  /** Ends the preparation of the version, where that may take longer than the work; as the work unless said. */
  readonly preparing?: AbortSignal;
}

export interface BuildSession {
  readonly run: TerraformRun;
  readonly keeper: StateKeeper | null;
  readonly phases: Phases;
  readonly mask: (text: string) => string;
  readonly lockFile: string | null;
  readonly modules: readonly ModulePin[];
  /** Which changes of which blocks are not looked at by the plans from now on. */
  readonly ignore: (ignored: IgnoredChanges) => Promise<void>;
  readonly declared: readonly DeclaredVariable[];
  /** At an import: names of the variables given at the push that the template declares. */
  readonly used: readonly string[];
}

/** What is known of the workspace: by the server, or here and not delivered yet. */
export async function knownState(context: BuildContext, folder: WorkspaceFolder): Promise<TerraformState | null> {
  return newerState(readTerraformState(context.work.state), await readRecord(folder));
}

/** Writes the intent down, before the first effect: which attempt works on the workspace, and where (spec §7). */
async function openKeeper(
  input: Omit<SessionInput, "failure"> & {
    readonly deps: SessionDeps;
    readonly known: TerraformState | null;
  },
): Promise<StateKeeper> {
  const { context, folder, deps, known } = input;
  if (input.keeping === "record") return await openRecord(input);
  const state: TerraformState = {
    driver: "terraform",
    formatVersion: 1,
    exists: true,
    attempt: `${context.jobId}/${context.attempt}`,
    rootId: deps.rootId,
    folder: `workspaces/${context.work.workspaceId}`,
    tfstate: known?.tfstate ?? null,
    lockFile: known?.lockFile ?? versionLockFile(context),
    agents: agents(input),
    unfinished: known?.unfinished ?? [],
    kept: known?.kept ?? null,
  };
  const record = {
    workspaceId: context.work.workspaceId,
    jobId: context.jobId,
    attempt: context.attempt,
    serial: 0,
    isRefused: false,
    processId: null,
    planned: [],
    mayBeKnown: withKeys([], state.tfstate),
    build: recordedBuild(context),
    state,
  };
  const keeper = new StateKeeper({ folder, record, saveState: context.saveState });
  const before = await readRecord(folder);
  await writeFile(folder.mark, context.deploymentId, { mode: 0o600 });
  keeper.update(state);
  try {
    await keeper.flush();
  } catch (error) {
    // Nothing was made: what lay here undelivered before is still all there is to tell.
    if (before === null) await rm(folder.record, { force: true });
    else await writeRecord(folder, before);
    throw error;
  }
  return keeper;
}

/** Goes on with what lies here: what is destroyed is taken out of the record, and nobody is told. */
async function openRecord({
  folder,
  known,
}: Pick<SessionInput, "folder"> & { readonly known: TerraformState | null }): Promise<StateKeeper> {
  const record = await readRecord(folder);
  if (record === null) throw new Error("There is no record to go on with.");
  return new StateKeeper({ folder, record: { ...record, state: known ?? record.state }, saveState: null });
}

/**
 * Has the working directory ready for Terraform's commands, and lets `work` run them. What holds secrets is removed
 * behind it, and so is the record, once the server has all of it.
 */
export async function withSession<Value>(
  deps: SessionDeps,
  input: SessionInput & { readonly known: TerraformState | null; readonly tfstate: string | null },
  work: (session: BuildSession) => Promise<Value>,
): Promise<Value> {
  const { context, folder, keeping, known } = input;
  const phases = new Phases(deps.clock);
  makeFolder(folder.folder, 0o700);
  await removeTraces(folder);
  const keeper = keeping === "none" ? null : await openKeeper({ context, folder, deps, known, keeping });
  const prepare = {
    archiveHash: context.archiveHash,
    templateFolder: context.templateFolder,
    lockFile: versionLockFile(context) ?? known?.lockFile ?? null,
    modules: readModulePins(context.versionState),
    coderProvider: coderProviderOf(context.manifest),
    log: (line: string) => context.log("info", "init", line),
    abort: input.preparing ?? context.abort,
  };
  try {
    return await deps.versions.use(prepare, async (version) => {
      await phases.time("init", () => fillRunFolder(folder, version.folder));
      if (input.tfstate !== null) await writeFile(folder.tfstate, input.tfstate, { mode: 0o600 });
      if (keeper !== null && keeper.state.lockFile !== version.lockFile) keeper.update({ lockFile: version.lockFile });
      const tokens = agents({ ...input, deps }).map(({ token }) => token);
      const mask = maskOf([...tokens, ...secretsIn(context.variables ?? {})]);
      return await withCommands(deps, input, async ({ environment, ...rest }) => {
        const run = new TerraformRun({ ...input, ...deps, environment, mask, phases, keeper });
        return await work({ run, keeper, phases, mask, lockFile: version.lockFile, modules: version.modules, ...rest });
      });
    });
  } finally {
    await keeper?.close();
    await removeTraces(folder);
  }
}

interface Commands {
  readonly environment: Readonly<Record<string, string>>;
  readonly ignore: BuildSession["ignore"];
  readonly declared: BuildSession["declared"];
  readonly used: BuildSession["used"];
}

/** Has the template's variables written, and, for a template that is written for Coder, its provider served meanwhile. */
async function withCommands<Value>(
  deps: SessionDeps,
  input: SessionInput & { readonly known: TerraformState | null },
  work: (commands: Commands) => Promise<Value>,
): Promise<Value> {
  const { folder, context, failure, isForm = false, provider: asked } = input;
  const provider = asked ?? coderProviderOf(context.manifest);
  const isImport = failure === "invalid_template" && !isForm;
  const outline = isImport ? await outlineOfFiles(folder.run) : readOutline(context.versionState);
  const variables = { ...context, agents: agents({ ...input, deps }) };
  // A template that does not declare it is warned of a variable that it is given all the same.
  const own = outline === null || outline.declaresPrewarm ? variablesOf(variables) : {};
  const declared = outline?.variables ?? [];
  const used = isImport ? usedVariables(context, declared) : [];
  const given = { ...valuesGiven(context.variables ?? {}, declared), ...own };
  await writeFile(folder.variables, JSON.stringify(given), { mode: 0o600 });
  const environment = { ...environmentOf(variables), [folderVariable]: folder.folder };
  const ignore = async (ignored: IgnoredChanges): Promise<void> =>
    writeOverrides(folder.run, overridesOf(outline?.blocks ?? [], ignored, { provider }));
  await ignore(new Map());
  if (outline === null || !outline.isForCoder) return await work({ environment, ignore, declared, used });
  if (deps.coder === null) throw withoutCoder();
  const { initScript } = deps.coder;
  const facts = factsOf({ context, agents: variables.agents, isImport, isForm, initScript });
  const token = variables.agents.find((agent) => agent.token !== "")?.token;
  const served = await openProvider(deps.coder, facts, { provider, token, random: deps.random });
  try {
    return await work({ environment: { ...environment, ...served.environment }, ignore, declared, used });
  } finally {
    await served.close();
  }
}

function withoutCoder(): CodedError {
  return new CodedError("invalid_template", "This provisioner does not run templates that are written for Coder.", {
    next: "Run the job on a provisioner of the present release.",
  });
}

function agents(input: {
  readonly context: BuildContext;
  readonly deps: SessionDeps;
  readonly known: TerraformState | null;
}): readonly AgentSecret[] {
  const { work, templateName, accessUrl, manifest } = input.context;
  const known = input.known?.agents ?? [];
  return agentsOf({ work, templateName, accessUrl, manifest, known, bootstrap: input.deps.bootstrap });
}

/** The lock file that the import of the version has made. */
function versionLockFile(context: DriverContext): string | null {
  return textOf(fieldsOf(context.versionState)["lockFile"]) || null;
}

/** Terraform's state as text. */
export function tfstateOf(state: TerraformState | null): string | null {
  return state === null || state.tfstate === null ? null : unpackTfstate(state.tfstate);
}
