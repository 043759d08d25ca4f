import { copyFile, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { isWorkspaceId } from "../../host/workspace-id.ts";
import { CodedError } from "../../../contracts/errors.ts";
import { fieldsOf, itemsOf, numberOf, parseJson, textOf } from "./json-fields.ts";
import { readRecordedBuild, type RecordedBuild } from "./recorded-build.ts";
import { readTerraformState, type TerraformState, type UnfinishedCreation } from "./terraform-state.ts";
import { makeFolder } from "../../../platform/make-folder.ts";

/** Where everything of one workspace lies, and what stands in it while a job works on it. */
export interface WorkspaceFolder {
  readonly folder: string;
  /**
   * Terraform's working directory: a copy of the template, and what resources have made beside it. Its path is the
   * same in each build of a workspace, since paths get into attributes and would replace what has another one.
   */
  readonly run: string;
  readonly record: string;
  /** The deployment that the workspace belongs to, by its id. */
  readonly mark: string;
  readonly tfstate: string;
  readonly variables: string;
  readonly plan: string;
  /** Prefix of the files with the output of a command. */
  readonly output: (command: string) => string;
}

export function folderIn(folder: string): WorkspaceFolder {
  return {
    folder,
    run: path.join(folder, "run"),
    record: path.join(folder, "record.json"),
    mark: path.join(folder, "deployment-id"),
    tfstate: path.join(folder, tfstateName),
    variables: path.join(folder, "variables.tfvars.json"),
    plan: path.join(folder, "plan.bin"),
    output: (command) => path.join(folder, command),
  };
}

const tfstateName = "terraform.tfstate";
/** As the working directory sees its state: in the backend that `prepared-versions.ts` sets. */
export const tfstateFromRun = `../${tfstateName}`;
const copiedName = ".prewarm-copied.json";
const terraformFolderName = ".terraform";

/** Errors: `invalid_request` for an id that is no plain name, before it becomes a path. */
export function workspaceFolder(workspacesRoot: string, workspaceId: string): WorkspaceFolder {
  if (isWorkspaceId(workspaceId)) return folderIn(path.join(workspacesRoot, workspaceId));
  throw new CodedError("invalid_request", `"${workspaceId}" cannot be the id of a workspace.`);
}

/**
 * Has the files of a prepared version in the working directory, in place of those of the version before; what
 * resources have made there stays.
 */
export async function fillRunFolder(folder: WorkspaceFolder, prepared: string): Promise<void> {
  makeFolder(folder.run, 0o700);
  const copiedFile = path.join(folder.run, copiedName);
  const before = itemsOf(parseJson(await readFile(copiedFile, "utf8").catch(() => "[]"))).map(textOf);
  for (const name of before) await rm(path.join(folder.run, name), { force: true });
  const names = (await readdir(prepared, { withFileTypes: true, recursive: true }))
    .filter((child) => child.isFile())
    .map((child) => path.relative(prepared, path.join(child.parentPath, child.name)))
    .filter((name) => name.split(path.sep)[0] !== terraformFolderName);
  await writeFile(copiedFile, JSON.stringify(names), { mode: 0o600 });
  for (const name of names) {
    const target = path.join(folder.run, name);
    makeFolder(path.dirname(target), 0o700);
    await copyFile(path.join(prepared, name), target);
  }
  const link = path.join(folder.run, terraformFolderName);
  await rm(link, { recursive: true, force: true });
  await symlink(path.join(prepared, terraformFolderName), link);
}

/** The template's files in the working directory, put into a folder of their own, which must not exist yet. */
export async function takeTemplate(folder: WorkspaceFolder, target: string): Promise<string> {
  const copied = parseJson(await readFile(path.join(folder.run, copiedName), "utf8").catch(() => "[]"));
  for (const name of itemsOf(copied).map(textOf)) {
    makeFolder(path.dirname(path.join(target, name)), 0o700);
    await copyFile(path.join(folder.run, name), path.join(target, name));
  }
  return target;
}

/** Removes what holds secrets or is of one run only. The working directory stays, with what resources have made. */
export async function removeTraces(folder: WorkspaceFolder): Promise<void> {
  const kept = [folder.run, folder.record, folder.mark].map((file) => path.basename(file));
  for (const name of await readdir(folder.folder).catch(() => [])) {
    if (!kept.includes(name)) {
      await rm(path.join(folder.folder, name), { recursive: true, force: true });
    }
  }
}

/** What a restarted daemon must know of a job that worked on a workspace. There is none when nothing is open. */
export interface WorkspaceRecord {
  readonly workspaceId: string;
  readonly jobId: string;
  readonly attempt: number;
  /** How many versions of the state were offered to the server. */
  readonly serial: number;
  /** The server does not want it: kept for whoever looks for what is left over. */
  readonly isRefused: boolean;
  /** Of the Terraform that was started last; its process group has the same number. */
  readonly processId: number | null;
  /** What the present apply is going to create. */
  readonly planned: readonly UnfinishedCreation[];
  /**
   * What the server may know to exist, as `instanceKeys` names it: all that the attempt began with or has offered, but
   * for what was refused for certain. What is in `state` and not here, nobody else can know.
   */
  readonly mayBeKnown: readonly string[];
  /** What it takes to destroy without a job; null in records of earlier releases. */
  readonly build: RecordedBuild | null;
  readonly state: TerraformState;
}

/** Null when there is none. */
export async function readRecord(folder: WorkspaceFolder): Promise<WorkspaceRecord | null> {
  const fields = fieldsOf(parseJson(await readFile(folder.record, "utf8").catch(() => "")));
  const state = readTerraformState(fields["state"]);
  if (state === null) return null;
  // Its entries have the same shape as those of the state, which reads them.
  const { unfinished: planned } = readTerraformState({ ...state, unfinished: fields["planned"] }) ?? state;
  return {
    workspaceId: textOf(fields["workspaceId"]),
    jobId: textOf(fields["jobId"]),
    attempt: numberOf(fields["attempt"]) ?? 0,
    serial: numberOf(fields["serial"]) ?? 0,
    isRefused: fields["isRefused"] === true,
    processId: numberOf(fields["processId"]) ?? null,
    planned,
    mayBeKnown: itemsOf(fields["mayBeKnown"]).map(textOf),
    build: readRecordedBuild(fields["build"]),
    state,
  };
}

export async function writeRecord(folder: WorkspaceFolder, record: WorkspaceRecord): Promise<void> {
  makeFolder(folder.folder, 0o700);
  await writeFile(`${folder.record}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${folder.record}.new`, folder.record);
}
