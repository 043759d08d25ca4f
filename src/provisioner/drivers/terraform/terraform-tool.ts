import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CodedError } from "../../../contracts/errors.ts";
import { withoutNpm } from "../../host/without-npm.ts";
import { type Diagnostic, diagnosticError } from "./diagnostics.ts";
import { fieldsOf, parseJson, textOf } from "./json-fields.ts";
import { type ProgressEvent, readProgress } from "./progress.ts";
import { type CommandEnd, runCommand } from "./run-command.ts";
import type { Mask } from "./secrets.ts";

/** The oldest release of Terraform and of OpenTofu that is known to do: both count alike up to here. */
export const versionMin = { major: 1, minor: 6 } as const;
const versionLimitMs = 30_000;

export interface TerraformToolOptions {
  /** `terraform`, `tofu`, or an absolute path. */
  readonly binary: string;
  /** What the daemon was started with; providers find their credentials in it. */
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** Folder of the provider plugins, for all versions and workspaces of this daemon. */
  readonly pluginCache: string;
  /** Terraform's own configuration in the place of the host's; null for the host's. */
  readonly cliConfigFile: string | null;
  readonly interruptGraceMs: number;
}

export interface TerraformCall {
  readonly args: readonly string[];
  readonly cwd: string;
  /** Prefix of the files with its output. */
  readonly output: string;
  /** Variables of this call, over those of the host. */
  readonly environment: Readonly<Record<string, string>>;
  readonly abort: AbortSignal;
  readonly onStart?: (processId: number) => Promise<void>;
}

/** The `terraform` or `tofu` of this host. */
export class TerraformTool {
  readonly #options: TerraformToolOptions;
  #version = "";

  constructor(options: TerraformToolOptions) {
    this.#options = options;
  }

  get binary(): string {
    return this.#options.binary;
  }

  /** For example `1.11.4`; empty before `open`. */
  get version(): string {
    return this.#version;
  }

  /** Errors: `driver_unavailable` when there is no such program, or one that is too old. */
  async open(): Promise<void> {
    const { binary } = this.#options;
    const folder = await mkdtemp(path.join(tmpdir(), "prewarm-terraform-"));
    try {
      const call = { args: ["version", "-json"], cwd: folder, output: path.join(folder, "version"), environment: {} };
      const { exitCode, text, standardError } = await this.read({
        ...call,
        abort: AbortSignal.timeout(versionLimitMs),
      });
      const version = textOf(fieldsOf(parseJson(text))["terraform_version"]);
      if (exitCode !== 0 || version === "") {
        throw unavailable(`"${binary} version -json" does not tell its version. ${standardError.trim()}`.trim());
      }
      requireVersion(binary, version);
      this.#version = version;
    } catch (cause) {
      if (cause instanceof CodedError && cause.message.includes("cannot be started")) {
        throw unavailable(`There is no program "${binary}" that this provisioner could start.`, cause);
      }
      throw cause;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs a command and answers all that it printed. */
  async read(call: TerraformCall): Promise<CommandEnd & { readonly text: string }> {
    const end = await this.#run(call);
    return { ...end, text: await readFile(`${call.output}.out`, "utf8") };
  }

  /** Runs a command with `-json`; each event is handed on while it runs, and the same diagnostic once. */
  async follow(call: TerraformCall, onEvent: (event: ProgressEvent) => void): Promise<FollowedEnd> {
    const diagnostics: Diagnostic[] = [];
    const told = new Set<string>();
    const end = await this.#run(call, (line) => {
      const event = readProgress(line);
      if (event === null) return;
      if (event.kind === "diagnostic") {
        // A plan validates first, and tells what it warns of in both steps.
        const text = JSON.stringify(event.diagnostic);
        if (told.has(text)) return;
        told.add(text);
        diagnostics.push(event.diagnostic);
      }
      onEvent(event);
    });
    return { ...end, diagnostics };
  }

  #run(call: TerraformCall, onLine: (line: string) => void = () => {}): Promise<CommandEnd> {
    const { binary, hostEnvironment, pluginCache, cliConfigFile, interruptGraceMs } = this.#options;
    return runCommand({
      program: binary,
      args: call.args,
      cwd: call.cwd,
      environment: {
        ...handedOn(hostEnvironment),
        TF_IN_AUTOMATION: "1",
        TF_PLUGIN_CACHE_DIR: pluginCache,
        ...(cliConfigFile === null ? {} : { TF_CLI_CONFIG_FILE: cliConfigFile }),
        // No call home for news of releases: a build must not wait for it.
        CHECKPOINT_DISABLE: "1",
        ...call.environment,
      },
      outputFile: call.output,
      onLine,
      abort: call.abort,
      interruptGraceMs,
      ...(call.onStart === undefined ? {} : { onStart: call.onStart }),
    });
  }
}

export interface FollowedEnd extends CommandEnd {
  readonly diagnostics: readonly Diagnostic[];
}

/** What a command came to that did not end well. */
export function commandError(
  end: CommandEnd & { readonly diagnostics?: readonly Diagnostic[] },
  options: { readonly code: "build_failed" | "invalid_template"; readonly action: string; readonly mask: Mask },
): CodedError {
  if (end.signal !== null) {
    return new CodedError(
      "build_failed",
      `${options.action} was ended by ${end.signal}, and not by this provisioner.`,
      {
        next: "See whether the host is short of memory. What had been made is known: start it again, or delete it.",
      },
    );
  }
  return diagnosticError({ ...options, diagnostics: end.diagnostics ?? [], otherwise: end.standardError });
}

function unavailable(message: string, cause?: unknown): CodedError {
  return new CodedError("driver_unavailable", message, {
    cause,
    next:
      `Install Terraform or OpenTofu ${versionMin.major}.${versionMin.minor} or newer, name it with ` +
      "`provisioner.terraform_binary`, or take `terraform` out of `provisioner.drivers`; then start the provisioner again.",
  });
}

function requireVersion(binary: string, version: string): void {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  if (major > versionMin.major || (major === versionMin.major && minor >= versionMin.minor)) return;
  throw unavailable(`"${binary}" is ${version}, which is older than ${versionMin.major}.${versionMin.minor}.`);
}

/**
 * Ours, with keys and addresses of databases among them; npm's, which may hold the key of a registry; and those that would
 * change what a command means, or pass for what a build says of itself.
 */
const keptBack =
  /^(PREWARM_|CODER_|npm_|PG[A-Z]+$|DATABASE_URL$|TF_(DATA_DIR|WORKSPACE|CLI_ARGS|INPUT|LOG|REATTACH_PROVIDERS))/;

function handedOn(host: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || keptBack.test(name)) continue;
    kept[name] = name === "PATH" ? withoutNpm(value) : value;
  }
  return kept;
}
