import { createHash } from "node:crypto";
import { cp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../../contracts/errors.ts";
import { initEnvironment } from "./coder/coder-session.ts";
import { type CoderProviderChoice, withCoderProvider } from "./coder/provider-choice.ts";
import { KeyedLock } from "../../host/keyed-lock.ts";
import { validationErrors, diagnosticError } from "./diagnostics.ts";
import { movedModule, type ModulePin, modulePinsOf, pinFiles } from "./modules/module-pins.ts";
import type { TerraformTool } from "./terraform-tool.ts";
import { tfstateFromRun } from "./workspace-folder.ts";
import { makeFolder } from "../../../platform/make-folder.ts";

/** Initialized versions kept on disk; beyond it those used longest ago go. */
export const preparedVersionsMax = 32;

/** Modules call modules so deep at most, each level of which takes a turn of its own. */
const initTurnsMax = 8;

const lockFileName = ".terraform.lock.hcl";
const readyName = ".prewarm-ready.json";
/** Terraform merges files of this ending over the others: wherever a template keeps its state, here it is kept by us. */
const overrideName = "prewarm_override.tf.json";
const override = { terraform: { backend: { local: { path: tfstateFromRun } } } };

export interface PrepareInput {
  readonly archiveHash: string;
  readonly templateFolder: () => Promise<string>;
  /** The lock file of the version, from its import; null when it is not known. */
  readonly lockFile: string | null;
  /** Versions of modules, from its import. */
  readonly modules: readonly ModulePin[];
  /** With `registry` the original provider of coder/coder is installed like any other. */
  readonly coderProvider: CoderProviderChoice;
  readonly log: (line: string) => void;
  readonly abort: AbortSignal;
}

export interface PreparedVersion {
  /** The template's files with `.terraform` and the lock file. Not to be written. */
  readonly folder: string;
  readonly lockFile: string | null;
  readonly modules: readonly ModulePin[];
}

/**
 * Template versions after `terraform init`, one folder for each archive and lock file: a version is initialized once
 * on a daemon, whatever number of workspaces is made from it, and with the same providers each time.
 */
export class PreparedVersions {
  readonly #root: string;
  readonly #tool: TerraformTool;
  readonly #locks = new KeyedLock();
  readonly #users = new Map<string, number>();

  constructor(options: { readonly root: string; readonly tool: TerraformTool }) {
    this.#root = options.root;
    this.#tool = options.tool;
  }

  /** Removes what an interrupted daemon has left half done. */
  async open(): Promise<void> {
    makeFolder(this.#root, 0o700);
    for (const name of await readdir(this.#root)) {
      if (name.endsWith(".new")) await rm(path.join(this.#root, name), { recursive: true, force: true });
    }
  }

  /** Lets `work` use the prepared version, which stays meanwhile. Errors: `invalid_template`, `transient`. */
  async use<Value>(input: PrepareInput, work: (version: PreparedVersion) => Promise<Value>): Promise<Value> {
    const names = namesOf(input);
    for (const name of names) this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
    try {
      // One at a time for the whole daemon: Terraform's plugin cache is not safe for two `init`s at once.
      return await work((await this.#find(input)) ?? (await this.#locks.run("init", () => this.#prepare(input))));
    } finally {
      for (const name of names) this.#leave(name);
    }
  }

  #leave(name: string): void {
    const users = (this.#users.get(name) ?? 1) - 1;
    if (users > 0) this.#users.set(name, users);
    else this.#users.delete(name);
  }

  async #find(input: PrepareInput): Promise<PreparedVersion | null> {
    for (const name of namesOf(input)) {
      const folder = path.join(this.#root, name);
      const ready = await readFile(path.join(folder, readyName), "utf8").catch(() => null);
      const lockFile = await readLockFile(folder);
      if (ready !== this.#readyText() || (input.lockFile !== null && input.lockFile !== lockFile)) continue;
      const modules = await modulePinsOf(folder);
      if (movedModule(input.modules, modules) !== null) continue;
      const now = new Date();
      // The folder's time says when it was used last.
      await utimes(folder, now, now);
      return { folder, lockFile, modules };
    }
    return null;
  }

  /** Another release may want another shape of `.terraform`. */
  #readyText(): string {
    return JSON.stringify({ binary: this.#tool.binary, version: this.#tool.version });
  }

  async #prepare(input: PrepareInput): Promise<PreparedVersion> {
    const made = await this.#find(input);
    if (made !== null) return made;
    const template = await input.templateFolder();
    const folder = path.join(this.#root, namesOf(input)[0]);
    const fresh = `${folder}.new`;
    await rm(fresh, { recursive: true, force: true });
    await cp(template, fresh, { recursive: true, filter: (file) => !isWorkingFile(path.relative(template, file)) });
    await writeFile(path.join(fresh, overrideName), JSON.stringify(override, null, 2));
    if (input.lockFile !== null) await writeFile(path.join(fresh, lockFileName), input.lockFile);
    await this.#initializePinned(fresh, input);
    await writeFile(path.join(fresh, readyName), this.#readyText());
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
    await this.#removeOldest();
    return { folder, lockFile: await readLockFile(folder), modules: await modulePinsOf(folder) };
  }

  /** A module that is called by another is seen once that is there, and then asked for in its own version. */
  async #initializePinned(folder: string, input: PrepareInput): Promise<void> {
    for (let turn = 0; turn < initTurnsMax; turn += 1) {
      for (const { file, content } of await pinFiles(folder, input.modules)) {
        await writeFile(path.join(folder, file), content);
      }
      await this.#initialize(folder, input).catch((error: unknown) => {
        throw withPins(error, input.modules);
      });
      if (movedModule(input.modules, await modulePinsOf(folder)) === null) return;
    }
    const moved = movedModule(input.modules, await modulePinsOf(folder));
    if (moved !== null) throw cannotPin(moved);
  }

  async #initialize(folder: string, { log, abort, coderProvider }: PrepareInput): Promise<void> {
    const call = { cwd: folder, environment: coderProvider === "registry" ? {} : initEnvironment, abort };
    const output = `${folder}-init`;
    try {
      const args = ["init", "-input=false", "-no-color"];
      const init = await this.#tool.read({ ...call, args, output });
      abort.throwIfAborted();
      for (const line of init.text.split("\n")) if (line.startsWith("- ")) log(line.slice(2));
      if (init.exitCode === 0) return;
      // `validate` names file and line, where `init` prints a text for people.
      const validation = await this.#tool.read({ ...call, args: ["validate", "-json"], output });
      const printed = `${init.standardError}\n${init.exitCode === null ? "It was killed." : ""}`;
      const error = initError(printed, validation.text);
      throw coderProvider === "registry" ? withCoderProvider(error, printed) : error;
    } finally {
      for (const ending of ["out", "err"]) await rm(`${output}.${ending}`, { force: true });
    }
  }

  async #removeOldest(): Promise<void> {
    const names = (await readdir(this.#root)).filter((name) => !name.endsWith(".new"));
    if (names.length <= preparedVersionsMax) return;
    const idle = names.filter((name) => !this.#users.has(name));
    const used = await Promise.all(
      idle.map(async (name) => ({ name, atMs: (await stat(path.join(this.#root, name))).mtimeMs })),
    );
    const surplus = used.toSorted((one, other) => one.atMs - other.atMs).slice(0, names.length - preparedVersionsMax);
    for (const { name } of surplus) await rm(path.join(this.#root, name), { recursive: true, force: true });
  }
}

/** Where a version may lie: under its archive and lock file, or as its import made it, before there was a lock file. */
function namesOf({
  archiveHash,
  lockFile,
  modules,
  coderProvider,
}: Omit<PrepareInput, "log" | "abort" | "templateFolder">): readonly [string, ...string[]] {
  const unlocked = coderProvider === "builtin" ? archiveHash : `${archiveHash}-${coderProvider}`;
  if (lockFile === null && modules.length === 0) return [unlocked];
  const pinned = `${lockFile ?? ""}${modules.length === 0 ? "" : JSON.stringify(modules)}`;
  return [`${unlocked}-${createHash("sha256").update(pinned).digest("hex").slice(0, 12)}`, unlocked];
}

async function readLockFile(folder: string): Promise<string | null> {
  return readFile(path.join(folder, lockFileName), "utf8").catch(() => null);
}

function cannotPin({ pin, version }: { readonly pin: ModulePin; readonly version: string }): CodedError {
  return new CodedError(
    "build_failed",
    `The module ${pin.key} (${pin.source}) is ${version} here, and the version was imported with ${pin.version}.`,
    { next: "Have that version where modules come from, or push the template again." },
  );
}

/** Where no registry has what a version was imported with, its error names what that is. */
function withPins(error: unknown, pins: readonly ModulePin[]): unknown {
  if (!(error instanceof CodedError) || pins.length === 0 || !/module version/i.test(error.message)) return error;
  const named = pins.map(({ key, version }) => `${key} ${version}`).join(", ");
  return new CodedError(error.code, `${error.message} The version was imported with ${named}.`, {
    cause: error,
    next: "Have these where modules come from, or push the template again.",
  });
}

/** Words of an `init` that could not reach where providers and modules come from. */
const unreachable =
  /could not connect|failed to query available provider packages|failed to request|timeout|no such host|connection refused/i;
/** What `validate` says because `init` has failed, and not of the template. */
const notInstalled =
  /required provider|module not installed|missing required provider|initiali[sz]ation required|failed to load plugin schemas/i;

function initError(standardError: string, validation: string): CodedError {
  const diagnostics = validationErrors(validation).filter(({ summary }) => !notInstalled.test(summary));
  const isUnreachable = diagnostics.length === 0 && unreachable.test(standardError);
  const action = "terraform init";
  const options = { action, diagnostics, otherwise: standardError, mask: (text: string) => text };
  return diagnosticError({ ...options, code: isUnreachable ? "transient" : "invalid_template" });
}

/**
 * What an author who has tried the template by hand may have pushed along, whatever packed it: his state would be taken
 * for what every workspace consists of.
 */
function isWorkingFile(file: string): boolean {
  return /^(\.terraform|[^/]*\.tfstate(\.[^/]*)?)$/.test(file);
}
