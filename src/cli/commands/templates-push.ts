import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "../../client/client.ts";
import type { TemplateVersion } from "../../contracts/api/templates.ts";
import type { LogEntry } from "../../contracts/api/logs.ts";
import { isRootConfiguration } from "../../contracts/coder-words.ts";
import { CodedError, isErrorCode } from "../../contracts/errors.ts";
import { secretsStage } from "../../contracts/secret-files.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { followJob } from "../follow/follow-job.ts";
import { orInterrupted, sameServer } from "../interrupted.ts";
import type { Invocation } from "../invocation.ts";
import { renderLogLine } from "../output/log-line.ts";
import { elapsedText } from "../output/time-text.ts";
import { showWarnings } from "../output/warning-lines.ts";
import type { TemplateVariables } from "../../contracts/template-variables.ts";
import { variablesGiven, variablesOfFlags } from "../template-variables.ts";
import { readManifestName } from "../manifest-name.ts";

/** Newest versions among which the pushed one is looked for after its import. */
const versionsLookedAt = 50;
const uploadTimeoutMs = 300_000;

interface PushOptions {
  readonly folder: string;
  readonly name: string | undefined;
  readonly isActivated: boolean;
  readonly message: string | undefined;
  readonly versionName: string | undefined;
  readonly variables: TemplateVariables;
  readonly variablesFile: string | undefined;
  readonly isKeeping: boolean;
}

function read(input: CommandInput): PushOptions {
  return {
    folder: input.operand(0),
    name: input.text("name"),
    isActivated: !input.isOff("activate"),
    message: input.text("message"),
    versionName: input.text("version-name"),
    variables: variablesOfFlags(input),
    variablesFile: input.text("variables-file"),
    isKeeping: !input.isOff("keep-variables"),
  };
}

/** The name asked for, else the manifest's, else the folder's. */
async function templateName(folder: string, asked: string | undefined): Promise<string> {
  const file = path.join(folder, "template.yaml");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    // One that is written for Coder has no manifest beside its configuration; the server looks whether it is.
    if (isMissing(cause) && (await hasConfiguration(folder))) return asked ?? path.basename(folder);
    throw new CodedError("invalid_manifest", `There is no readable ${file}.`, {
      cause,
      next: "Name a folder with a `template.yaml`, or with a Terraform configuration that is written for Coder; `prewarm templates init` writes an example.",
    });
  }
  return asked ?? (await readManifestName(text, file)) ?? path.basename(folder);
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}

async function hasConfiguration(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some(isRootConfiguration);
}

/** Shows the import's log and answers the version as it is after it. Errors: the import's own. */
async function awaitImport(
  client: Client,
  pushed: { readonly template: string; readonly version: TemplateVersion },
  invocation: Invocation,
): Promise<TemplateVersion> {
  const { output, world, organization } = invocation;
  const { template, version } = pushed;
  const jobId = version.importJobId;
  if (jobId === null) return version;
  const onEntry = (entry: LogEntry): void => {
    // Those were shown before it began.
    if (entry.stage !== secretsStage) output.progress(renderLogLine(entry, output.errorPaint));
  };
  const onWaiting = (reason: string): void => output.progress(reason);
  const at = `${jobId}${sameServer(world)}`;
  const job = await orInterrupted({
    world,
    work: (signal) => followJob({ client, jobId, onEntry, onWaiting, signal, world }),
    words: () => ({
      message: `Interrupted: version ${version.number} of ${template} goes on being imported on the server.`,
      next: `\`prewarm jobs logs -f ${at}\` follows it, \`prewarm jobs cancel ${at}\` cancels it.`,
    }),
  });
  if (job !== undefined && job.status !== "succeeded") {
    const code = job.errorCode !== null && isErrorCode(job.errorCode) ? job.errorCode : "build_failed";
    throw new CodedError(
      code,
      `Version ${version.number} of ${template} ${job.status}: ${job.error ?? "no reason given"}`,
    );
  }
  const query = { limit: versionsLookedAt, ...organization };
  const { versions } = await client.call("listTemplateVersions", { params: { template }, query });
  return versions.find(({ id }) => id === version.id) ?? version;
}

async function run(options: PushOptions, invocation: Invocation): Promise<number> {
  const { output, world, organization } = invocation;
  const folder = path.resolve(world.workingDirectory, options.folder);
  const template = await templateName(folder, options.name);
  const variables = await variablesGiven(options, world);
  const client = await invocation.connect({ timeoutMs: uploadTimeoutMs });
  const { packFolder } = await import("../../platform/archive/pack-folder.ts");
  const { bytes, paths } = await packFolder(folder);
  const startedMs = world.monotonicMs();
  output.progress(`Pushing ${folder} (${paths.length} entries, ${bytes.length} bytes) as ${template}…`);
  const { message, versionName: name, isActivated: activate } = options;
  const keep = options.isKeeping ? {} : { keepVariables: false };
  const query = { activate, ...definedOnly({ message, name }), ...keep, ...organization };
  const pushed = await client.call("pushTemplate", { params: { template }, query, bytes, variables });
  const reused = pushed.reusedVariables;
  if (reused !== undefined) {
    output.progress(`variables of version ${reused.version} are used again: ${reused.names.join(", ")}`);
  }
  showWarnings(pushed.warnings, output);
  const version = await awaitImport(client, { template, version: pushed.version }, invocation);
  if (version.status === "failed") {
    throw new CodedError("invalid_template", `Version ${version.number} of ${template} failed: ${version.error ?? ""}`);
  }
  const { warnings } = pushed;
  const ended = (): string => {
    const state = version.isActive ? "ready and active" : "ready, not active";
    return `${template} version ${version.number} (${version.name}) is ${state} after ${elapsedText(world.monotonicMs() - startedMs)}.`;
  };
  output.result({ template: pushed.template, version, warnings }, ended, () => [ended()]);
  return exitCodes.done;
}

export const pushTemplateCommand = defineCommand<PushOptions>({
  usage: "push <folder>",
  summary: "publish a version of a template from a folder",
  notes: "Creates the template at its first version. Waits for the import and shows its log.",
  example: "prewarm templates push ./node --message 'newer compiler'",
  options: [
    { flags: "--name <name>", about: "the template; the manifest's name or the folder's unless said" },
    { flags: "--no-activate", about: "do not make it the active version" },
    { flags: "-m, --message <text>", about: "what changed" },
    { flags: "--version-name <name>", about: "name of the version; one is made up unless said" },
    {
      flags: "--variable <name=value>",
      about: "value of a Terraform variable, text or JSON; may be repeated",
      isRepeatable: true,
    },
    { flags: "--variables-file <file>", about: "YAML or JSON with values of Terraform variables; --variable wins" },
    { flags: "--no-keep-variables", about: "do not use the variables of the version before again" },
  ],
  isOrganizational: true,
  read,
  run,
});
