import type { Client } from "../../client/client.ts";
import type { CreatedWorkspace, CreateWorkspace, Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError, isPassingCode } from "../../contracts/errors.ts";
import { claimWaitMsMax, idempotencyKeyLengthMax } from "../../contracts/limits.ts";
import { backoffDelayMs } from "../../platform/backoff.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { sleep } from "../../platform/sleep.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { followWorkspace } from "../follow/follow-workspace.ts";
import { askParameters } from "../follow/ask-parameters.ts";
import { tellRefusedParameters } from "../follow/told-parameters.ts";
import { explainedRefusal, whyNoPrebuild } from "../follow/why-no-prebuild.ts";
import { orInterrupted, sameServer } from "../interrupted.ts";
import type { Invocation } from "../invocation.ts";
import { previewCreation } from "../follow/preview-creation.ts";
import { printable } from "../output/printable.ts";
import { missReasonText } from "../output/miss-reason.ts";
import { elapsedText } from "../output/time-text.ts";
import { canAsk } from "../prompts.ts";
import { UsageError } from "../usage-error.ts";
import { refreshHosts } from "../ssh/refresh-hosts.ts";

/** Times that a creation is sent when the server cannot be reached; the idempotency key makes them one. */
const triesMax = 4;
const retryBaseMs = 250;
const retryCapMs = 2_000;
const requestTimeoutMs = 60_000;
/** Of templates, where one has to be named. */
const templatesNamedMax = 10;
const claimModes = ["prefer_warm", "warm_only", "wait"] as const;

interface CreateOptions {
  readonly name: string;
  /** Undefined: the only one that there is. */
  readonly template: string | undefined;
  readonly preset: string | undefined;
  readonly parameters: Readonly<Record<string, string>> | undefined;
  readonly mode: (typeof claimModes)[number] | undefined;
  readonly waitMs: number | undefined;
  readonly owner: string | undefined;
  readonly automaticUpdates: true | undefined;
  readonly ttlMs: number | null | undefined;
  readonly autostartSchedule: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly isWaiting: boolean;
  readonly isDry: boolean;
  /** Whether to ask for each parameter that is not given. */
  readonly isAsking: boolean;
}

function read(input: CommandInput): CreateOptions {
  // `--no-wait` and `--wait 30s` share a name on the command line: off, or a duration.
  const isWaiting = !input.isOff("wait");
  const waitMs = isWaiting ? input.duration("wait", { maxMs: claimWaitMsMax }) : undefined;
  const mode = input.choice("mode", claimModes) ?? (waitMs === undefined ? undefined : "wait");
  if (waitMs !== undefined && mode !== "wait") input.refuse(`--wait is for --mode wait, not for --mode ${mode}.`);
  return {
    name: input.operand(0),
    template: input.text("template"),
    preset: input.text("preset"),
    parameters: input.pairs("parameter"),
    mode,
    waitMs,
    owner: input.text("owner"),
    automaticUpdates: input.isOn("automatic-updates") ? true : undefined,
    ttlMs: input.length("ttl"),
    autostartSchedule: input.text("autostart"),
    idempotencyKey: readKey(input),
    isWaiting,
    isDry: input.isOn("dry-run"),
    isAsking: input.isOn("ask"),
  };
}

function readKey(input: CommandInput): string | undefined {
  const key = input.text("idempotency-key");
  if (key !== undefined && key.length > idempotencyKeyLengthMax) {
    input.refuse(`--idempotency-key is longer than ${idempotencyKeyLengthMax} characters.`);
  }
  return key;
}

function bodyOf(options: CreateOptions, template: string, invocation: Invocation): CreateWorkspace {
  const { name, preset, parameters, mode, waitMs, owner, automaticUpdates, ttlMs, autostartSchedule } = options;
  return {
    name,
    template,
    ...definedOnly({ preset, mode, waitMs, owner, automaticUpdates, ttlMs, autostartSchedule }),
    ...(parameters === undefined ? {} : { parameters: { ...parameters } }),
    // Without a key a repeat of a request whose answer was lost would create a second workspace, or fail on the name.
    idempotencyKey: options.idempotencyKey ?? invocation.world.random.uuid(),
  };
}

/** Whoever has one template need not say which. Errors: `usage` where it must be said, with what there is. */
async function onlyTemplate(client: Client, { output, organization }: Invocation): Promise<string> {
  const query = { ...organization, limit: templatesNamedMax };
  const { templates, total } = await client.call("listTemplates", { query });
  const [only] = templates;
  if (only === undefined) {
    throw new UsageError("There is no template yet to make it from.", "`prewarm templates push FOLDER` publishes one.");
  }
  if (total === 1) {
    output.progress(`Made from ${printable(only.name)}, the only template.`);
    return only.name;
  }
  const names = templates.map(({ name }) => printable(name)).join(", ");
  const more = total > templates.length ? `, and ${total - templates.length} more (\`prewarm templates list\`)` : "";
  throw new UsageError(
    `--template is required: there are ${names}${more}.`,
    "`prewarm create NAME --template TEMPLATE`.",
  );
}

/** Sends the creation, and again with the same key while the server cannot be reached. */
async function request(client: Client, body: CreateWorkspace, invocation: Invocation): Promise<CreatedWorkspace> {
  const { world } = invocation;
  const at = `${shellWord(calledOf(body))}${sameServer(world)}`;
  return await orInterrupted({
    world,
    work: (signal) => send(client, { body, signal }, invocation),
    words: () => ({
      message: `Interrupted: it is not known whether the server has begun to make ${body.name}.`,
      next: `\`prewarm show ${at}\` tells; \`prewarm delete ${at}\` removes it.`,
    }),
  });
}

/**
 * Whoever sits before a terminal is asked for what a creation was refused for: it is sent as it was said first, so that
 * nobody who has said enough waits for a question.
 */
async function requestOrAsk(
  client: Client,
  body: CreateWorkspace,
  invocation: Invocation,
): Promise<{ readonly created: CreatedWorkspace; readonly body: CreateWorkspace }> {
  try {
    return { created: await request(client, body, invocation), body };
  } catch (error) {
    const isAskable = error instanceof CodedError && error.code === "invalid_parameter" && canAsk(invocation.world);
    if (!isAskable || invocation.output.isStructured) throw error;
    const answered = await withAnswers(client, { body, scope: "needed" }, invocation);
    // What was said on the command line itself is wrong: nothing could be asked that would change it.
    if (JSON.stringify(answered.parameters) === JSON.stringify(body.parameters ?? {})) throw error;
    return { created: await request(client, answered, invocation), body: answered };
  }
}

/** The creation with what its form's questions were answered with. */
async function withAnswers(
  client: Client,
  { body, scope }: { readonly body: CreateWorkspace; readonly scope: "all" | "needed" },
  invocation: Invocation,
): Promise<CreateWorkspace> {
  const { template, preset, owner, parameters: given = {} } = body;
  if (!canAsk(invocation.world)) throw new UsageError("--ask needs a terminal.", "Give values with --parameter.");
  return { ...body, parameters: await askParameters(client, { template, preset, owner, given, scope }, invocation) };
}

/** The new workspace as other commands take it. */
function calledOf({ name, owner }: CreateWorkspace): string {
  return owner === undefined ? name : `${owner}/${name}`;
}

async function send(
  client: Client,
  { body, signal }: { readonly body: CreateWorkspace; readonly signal: AbortSignal },
  invocation: Invocation,
): Promise<CreatedWorkspace> {
  const { output, world, organization } = invocation;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.call("createWorkspace", { body, query: organization, signal });
    } catch (error) {
      if (error instanceof CodedError && error.code === "no_claimable_prebuild") {
        throw await explainedRefusal(client, error, invocation);
      }
      if (error instanceof CodedError && error.code === "invalid_parameter") {
        await tellRefusedParameters(client, { template: body.template, error }, invocation);
      }
      const isPassing = error instanceof CodedError && isPassingCode(error.code);
      if (!isPassing || attempt >= triesMax || signal.aborted) throw error;
      output.progress(`${error.message} Trying again (${attempt + 1} of ${triesMax})…`);
      await sleep(backoffDelayMs({ attempt, baseMs: retryBaseMs, capMs: retryCapMs, random: world.random }));
    }
  }
}

interface Made {
  readonly created: CreatedWorkspace;
  readonly called: string;
}

async function waitUntilUsable(client: Client, made: Made, invocation: Invocation): Promise<Workspace> {
  const { workspace, outcome } = made.created;
  const isLogShown = outcome === "cold";
  return followWorkspace({ client, invocation, workspace, called: made.called, transition: "start", isLogShown });
}

async function announce(client: Client, created: CreatedWorkspace, invocation: Invocation): Promise<void> {
  const { output } = invocation;
  const { missReason, workspace } = created;
  output.progress(missReasonText(missReason));
  // A program that reads the result is not told, and does not wait for it.
  if (output.isStructured) return;
  const why = await whyNoPrebuild(client, { ...workspace, missReason }, invocation);
  if (why !== null) output.progress(why);
}

async function run(options: CreateOptions, invocation: Invocation): Promise<number> {
  const { output, world } = invocation;
  const client = await invocation.connect({ timeoutMs: requestTimeoutMs + (options.waitMs ?? claimWaitMsMax) });
  const first = bodyOf(options, options.template ?? (await onlyTemplate(client, invocation)), invocation);
  const asked = options.isAsking ? await withAnswers(client, { body: first, scope: "all" }, invocation) : first;
  if (options.isDry) return await previewCreation(client, asked, invocation);
  const startedMs = world.monotonicMs();
  const { created, body } = await requestOrAsk(client, asked, invocation);
  const requestMs = world.monotonicMs() - startedMs;
  if (created.outcome === "claimed") output.announce(`claimed in ${elapsedText(requestMs)}`);
  else await announce(client, created, invocation);
  const called = calledOf(body);
  const workspace = options.isWaiting
    ? await waitUntilUsable(client, { created, called }, invocation)
    : created.workspace;
  const usableMs = workspace.isUsable ? world.monotonicMs() - startedMs : null;
  const { outcome, missReason, timings } = created;
  const json = { workspace, outcome, missReason, timings: { ...timings, requestMs, usableMs } };
  const render = (): string => {
    if (usableMs !== null) return `usable after ${elapsedText(usableMs)}`;
    return options.isWaiting
      ? `${workspace.name} is built; it has no agent to run commands.`
      : `${workspace.name} is on its way.`;
  };
  output.result(json, render, () => [workspace.name]);
  if (usableMs !== null && world.isErrorTerminal) {
    output.progress(`\`prewarm ssh${sameServer(world)} ${shellWord(called)}\` opens a shell in it.`);
  }
  await refreshHosts(world, client);
  return exitCodes.done;
}

export const createWorkspaceCommand = defineCommand<CreateOptions>({
  usage: "create <name>",
  summary: "create a workspace: claims a ready prebuild when there is one",
  notes:
    "Waits until the workspace is usable; Ctrl-C ends the wait and not the creation. A request that the server may not have heard is repeated under one " +
    "idempotency key, so that it never creates two workspaces.",
  example: "prewarm create dev --template node --preset small --parameter region=eu",
  options: [
    { flags: "-t, --template <name>", about: "template to make it from; may be left out where there is only one" },
    { flags: "--preset <name>", about: "preset; the best match of the parameters unless said" },
    { flags: "--parameter <key=value>", about: "value of a parameter; may be repeated", isRepeatable: true },
    {
      flags: "--ask",
      about: "ask for each parameter that is not given; without it for those that are needed, in a terminal",
    },
    { flags: "--mode <mode>", choices: claimModes, about: `${claimModes.join(", ")}; prefer_warm unless said` },
    { flags: "--wait <duration>", about: "longest wait for a prebuild (--mode wait), for example 30s" },
    { flags: "--no-wait", about: "return as soon as it is claimed or its build is queued" },
    { flags: "--owner <username>", about: "create it for somebody else (administrators)" },
    { flags: "--automatic-updates", about: "take the template's newest version at each start" },
    { flags: "--ttl <duration>", about: "stop it after so long unless it is used, for example 8h; or none" },
    { flags: "--autostart <cron>", about: 'start it by itself: "0 9 * * 1-5 Europe/Berlin"' },
    { flags: "--dry-run", about: "say what would happen, and make nothing; exit code 1 when it would be refused" },
    { flags: "--idempotency-key <key>", about: "requests with one key create one workspace" },
  ],
  isOrganizational: true,
  read,
  run,
});
