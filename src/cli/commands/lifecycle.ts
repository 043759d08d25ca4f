import type { Client } from "../../client/client.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { Transition } from "../../contracts/states.ts";
import { type CliCommand, defineCommand, type OptionSpec } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { clearForDelete, isDeleting } from "../follow/clear-for-delete.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import { followWorkspace } from "../follow/follow-workspace.ts";
import { tellRefusedParameters } from "../follow/told-parameters.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { elapsedText } from "../output/time-text.ts";
import { confirmLoss } from "../prompts.ts";
import { refreshHosts } from "../ssh/refresh-hosts.ts";

/** Times that a delete is tried while daemons take what it was about to cancel. */
const removalsMax = 3;

interface LifecycleOptions {
  readonly name: string;
  readonly isWaiting: boolean;
  readonly isAgreed: boolean;
  readonly isOrphaned: boolean;
  readonly parameters: Readonly<Record<string, string>> | undefined;
  readonly update: true | undefined;
}

const noWaitOption: OptionSpec = { flags: "--no-wait", about: "return as soon as the build is queued" };
const startOptions: readonly OptionSpec[] = [
  {
    flags: "--parameter <key=value>",
    about: "value of a parameter that may change, or holds for this start; may be repeated",
    isRepeatable: true,
  },
  { flags: "--update", about: "use the template's active version" },
];

function read(input: CommandInput): LifecycleOptions {
  return {
    name: input.operand(0),
    isWaiting: !input.isOff("wait"),
    isAgreed: input.isOn("yes"),
    isOrphaned: input.isOn("orphan"),
    parameters: input.pairs("parameter"),
    update: input.isOn("update") ? true : undefined,
  };
}

interface BuildRequest {
  readonly client: Client;
  readonly workspaceId: string;
  readonly template: string;
  readonly transition: Transition;
  readonly options: LifecycleOptions;
  readonly isWaiting: boolean;
}

/** Deletes as soon as nothing stands in the way; one that is being deleted already is only followed. */
async function remove(request: BuildRequest, found: Workspace, invocation: Invocation): Promise<Workspace> {
  const { client, options, isWaiting } = request;
  let workspace = found;
  for (let attempt = 1; ; attempt += 1) {
    workspace = await clearForDelete({ client, workspace, name: options.name, invocation });
    if (isDeleting(workspace)) {
      if (!isWaiting) return workspace;
      const called = options.name;
      return followWorkspace({ client, invocation, workspace, called, transition: "delete", isLogShown: true });
    }
    try {
      return await build(request, invocation);
    } catch (error) {
      // What waited in the queue was taken by a daemon meanwhile.
      const isBusy = error instanceof CodedError && error.code === "build_in_progress";
      if (!isBusy || attempt >= removalsMax) throw error;
    }
    workspace = await client.call("getWorkspace", { params: { workspace: workspace.id } });
  }
}

/** The workspace stops however its hook ends, so this is no error, but what the hook puts away may be lost. */
function tellStopHook({ name, stopError }: Workspace, { output }: Invocation): void {
  if (stopError === undefined) return;
  output.progress(output.errorPaint.yellow(`${name}: ${printable(stopError)}`));
}

/** Begins one build, and sees it to its end when that is wanted. */
async function build(request: BuildRequest, invocation: Invocation): Promise<Workspace> {
  const { client, workspaceId, transition, options, isWaiting } = request;
  const { parameters, update } = transition === "start" ? options : { parameters: undefined, update: undefined };
  const workspace = await client
    .call("createBuild", {
      params: { workspace: workspaceId },
      body: { transition, ...definedOnly({ parameters: parameters && { ...parameters }, update }) },
    })
    .catch(async (error: unknown) => {
      const { template } = request;
      if (error instanceof CodedError) await tellRefusedParameters(client, { template, error }, invocation);
      throw error;
    });
  const { reason } = workspace.latestBuild;
  if (reason !== "") invocation.output.progress(`${workspace.name}: ${printable(reason)}`);
  if (!isWaiting) return workspace;
  return followWorkspace({ client, invocation, workspace, called: options.name, transition, isLogShown: true });
}

const idsOf = ({ id, template }: Workspace) => ({ workspaceId: id, template });

const outcomes = { start: "usable", stop: "stopped", delete: "deleted" } as const;

interface Lifecycle {
  readonly name: "start" | "stop" | "restart" | "delete";
  readonly summary: string;
  readonly notes?: string;
  /** In order; each but the last is always waited for. */
  readonly transitions: readonly [...Transition[], Transition];
  readonly options: readonly OptionSpec[];
}

function lifecycleCommand(lifecycle: Lifecycle): CliCommand {
  return defineCommand<LifecycleOptions>({
    usage: `${lifecycle.name} <workspace>`,
    summary: lifecycle.summary,
    ...(lifecycle.notes === undefined ? {} : { notes: lifecycle.notes }),
    example: `prewarm ${lifecycle.name} dev`,
    options: [...lifecycle.options, noWaitOption],
    isOrganizational: true,
    read,
    async run(options, invocation) {
      const { output, world } = invocation;
      const client = await invocation.connect();
      let workspace = await findWorkspace(client, options.name, invocation);
      if (lifecycle.name === "delete") {
        const message = `Delete ${workspace.owner}/${workspace.name} and all that is in it?`;
        await confirmLoss(world, { message, isAgreed: options.isAgreed });
        if (options.isOrphaned) {
          const exitCode = await orphan(client, workspace, invocation);
          await refreshHosts(world, client);
          return exitCode;
        }
      }
      const startedMs = world.monotonicMs();
      const last = lifecycle.transitions.length - 1;
      for (const [index, transition] of lifecycle.transitions.entries()) {
        const isWaiting = options.isWaiting || index < last;
        const request = { client, ...idsOf(workspace), transition, options, isWaiting };
        workspace =
          transition === "delete" ? await remove(request, workspace, invocation) : await build(request, invocation);
        if (isWaiting) tellStopHook(workspace, invocation);
      }
      const outcome = outcomes[lifecycle.transitions[last] ?? "start"];
      output.result(workspace, () =>
        options.isWaiting
          ? `${workspace.name}: ${outcome} after ${elapsedText(world.monotonicMs() - startedMs)}`
          : `${workspace.name}: ${workspace.status}`,
      );
      if (lifecycle.name !== "stop") await refreshHosts(world, client);
      return exitCodes.done;
    },
  });
}

async function orphan(client: Client, workspace: Workspace, { output }: Invocation): Promise<number> {
  const answer = await client.call("orphanWorkspace", { params: { workspace: workspace.id } });
  output.result(answer, () =>
    [`${answer.name}: deleted without its provisioner`, ...answer.leftBehind.sentences.map(printable)].join("\n"),
  );
  return exitCodes.done;
}

export const lifecycleCommands: readonly CliCommand[] = [
  lifecycleCommand({
    name: "start",
    summary: "start a workspace and wait until it is usable",
    transitions: ["start"],
    options: startOptions,
  }),
  lifecycleCommand({ name: "stop", summary: "stop a workspace", transitions: ["stop"], options: [] }),
  lifecycleCommand({
    name: "restart",
    summary: "stop a workspace and start it again",
    notes: "With --no-wait it still waits for the stop.",
    transitions: ["stop", "start"],
    options: startOptions,
  }),
  lifecycleCommand({
    name: "delete",
    summary: "delete a workspace and what it is made of",
    notes:
      "Asks first on a terminal. A build that waits or runs is cancelled first; that is waited for with --no-wait as " +
      "well. With --orphan (administrators) it goes without its provisioner, and what exists of it is left behind: for " +
      "a provisioner that never comes back.",
    transitions: ["delete"],
    options: [
      { flags: "-y, --yes", about: "do not ask" },
      { flags: "--orphan", about: "without its provisioner; says what is left behind" },
    ],
  }),
];
