import { CodedError } from "../../../contracts/errors.ts";
import type { DockerSection } from "../../../contracts/manifest-docker.ts";
import type { ProvisionedResource } from "../../../contracts/provisioner-protocol.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { ApplyReport, BuildContext } from "../../driver.ts";
import type { ContainerAccess } from "./access-relay.ts";
import { containerBody, type ContainerPlan, furtherNetworks, imageOf, labelsOf, volumesOf } from "./container-spec.ts";
import { containerName, labels } from "./docker-names.ts";
import type { DockerSettings } from "./docker-settings.ts";
import type { EngineClient } from "./engine-client.ts";
import { EngineError, isConflict } from "./engine-error.ts";
import { PhaseTimer } from "./phase-timer.ts";
import { stopGraceSeconds } from "../../stop-grace.ts";
import { pullImage } from "./pull-image.ts";
import { putFiles } from "./put-files.ts";
import { removeContainers } from "./remove-workspace.ts";
import { watchOwnCommand } from "./watch-own-command.ts";
import { watchStart } from "./watch-start.ts";

export interface StartOptions {
  readonly context: BuildContext;
  readonly section: DockerSection;
  readonly engine: EngineClient;
  readonly settings: DockerSettings;
  /** Of the daemon's folder. */
  readonly daemon: string;
  readonly clock: Clock;
  readonly access: () => Promise<ContainerAccess>;
}

/** How long a container may take to fetch its agent before the build stops looking on. */
const agentBeginsMs = 120_000;
/** A container is given at least so long to end by itself. */
const stopSecondsMin = 10;
/** As long is looked at a command of the template's own: what it does before it starts the agent is its business. */
const ownCommandBeginsMs = 5_000;

interface Inspected {
  readonly Id: string;
  readonly Image: string;
  readonly Config: { readonly User?: string; readonly Labels?: Readonly<Record<string, string>> | null };
  readonly State: { readonly Running: boolean };
  readonly NetworkSettings?: {
    readonly Ports?: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null;
  };
}

/**
 * Makes the container of a start build and has its agents begin. The same start again takes up what there is of it;
 * what an earlier start has left is replaced. Errors: those of the engine, `build_failed`.
 */
export async function startContainer(options: StartOptions): Promise<ApplyReport> {
  const { context, section, engine, settings } = options;
  const { work, abort } = context;
  const timer = new PhaseTimer(options.clock);
  const say = (stage: string) => (line: string) => context.log("info", stage, line);
  const access = await options.access();
  const plan: ContainerPlan = {
    section,
    settings,
    workspaceId: work.workspaceId,
    parameters: work.parameters,
    labels: {
      ...labelsOf({
        deployment: context.deploymentId,
        daemon: options.daemon,
        workspaceId: work.workspaceId,
        templateName: context.templateName,
      }),
      [labels.build]: work.buildId,
      [labels.agents]: work.agents.map(({ id }) => id).join(","),
    },
    hostAddress: access.hostAddress,
    stopGraceSeconds: stopGraceSeconds(context.manifest, stopSecondsMin),
  };
  const image = imageOf(plan);
  await timer.time("pull", () =>
    pullImage({
      engine,
      image,
      policy: section.pull ?? "missing",
      platform: section.platform,
      authFile: settings.authFile,
      abort,
      onLine: say("pull"),
    }),
  );
  await timer.time("create", () => create(options, plan));
  const container = await inspect(options);
  if (!container.State.Running) {
    await timer.time("prepare", () =>
      putFiles({
        engine,
        context,
        plan,
        container: container.Id,
        user: container.Config.User ?? "",
        accessUrl: access.url,
      }),
    );
    abort.throwIfAborted();
    await timer.time("start", () => engine.call({ method: "POST", path: `/containers/${container.Id}/start`, abort }));
  }
  if (section.entrypoint === undefined && section.command === undefined) {
    const agents = work.agents.length;
    const watch = { engine, container: container.Id, agents, limitMs: agentBeginsMs, abort, onLine: say("agent") };
    await timer.time("agent", () => watchStart(watch));
  } else {
    const watch = { engine, container: container.Id, limitMs: ownCommandBeginsMs, abort, onLine: say("agent") };
    await timer.time("agent", () => watchOwnCommand(watch));
  }
  return { phases: timer.phases, resources: resourcesOf({ plan, image, container: await inspect(options) }) };
}

/** Volumes, then the container. One of the same name is taken up if it is this build's, and else replaced. */
async function create(options: StartOptions, plan: ContainerPlan): Promise<void> {
  const { context, section, engine } = options;
  const { workspaceId } = plan;
  const { abort } = context;
  const { [labels.build]: _, [labels.agents]: __, ...volumeLabels } = plan.labels;
  for (const { name } of volumesOf(section, workspaceId)) {
    abort.throwIfAborted();
    // The same name again is the same volume, with what is in it.
    await engine.call({ method: "POST", path: "/volumes/create", body: { Name: name, Labels: volumeLabels }, abort });
  }
  const onLine = (line: string): void => context.log("info", "create", line);
  if (await isTakenUp(options, plan)) {
    onLine("taking up the container that this build has made already");
    return;
  }
  await removeContainers({ engine, workspaceId, abort, onLine });
  onLine(`creating the container ${containerName(workspaceId)} from ${imageOf(plan)}`);
  await createOnce(options, plan);
  for (const network of furtherNetworks(section)) {
    const body = { Container: containerName(workspaceId) };
    await engine.call({ method: "POST", path: `/networks/${network}/connect`, body, abort });
  }
}

/**
 * Whether the container is there by this very build, complete as far as its creation goes. With other agents it is not: a
 * database that was restored from a backup gives a build out again, and the tokens in the container are not known any more.
 */
async function isTakenUp({ engine, section, context }: StartOptions, plan: ContainerPlan): Promise<boolean> {
  if (furtherNetworks(section).length > 0) return false;
  const call = {
    method: "GET",
    path: `/containers/${containerName(plan.workspaceId)}/json`,
    abort: context.abort,
  } as const;
  const found = await engine.find<Inspected>(call);
  const own = found?.Config.Labels;
  return [labels.build, labels.agents].every((label) => own?.[label] === plan.labels[label]);
}

async function createOnce({ context, section, engine }: StartOptions, plan: ContainerPlan): Promise<void> {
  const call = (asked: DockerSection): Promise<unknown> =>
    engine.call({
      method: "POST",
      path: "/containers/create",
      query: { name: containerName(plan.workspaceId), platform: section.platform },
      body: containerBody({ ...plan, section: asked }),
      abort: context.abort,
    });
  try {
    await call(section);
  } catch (error) {
    if (isConflict(error)) throw nameTaken(plan.workspaceId, error);
    if (section.disk === undefined || !isAboutDisk(error)) throw error;
    const { disk: _, ...without } = section;
    context.log("warn", "create", "Docker's storage cannot limit a container's disk here: docker.disk is passed over");
    await call(without);
  }
}

function isAboutDisk(error: unknown): boolean {
  return error instanceof EngineError && /storage-opt|storage opt|--storage|pquota/i.test(error.message);
}

function nameTaken(workspaceId: string, cause: unknown): CodedError {
  return new CodedError("transient", `The name ${containerName(workspaceId)} is in use on the Docker host.`, {
    cause,
    next: "Somebody else is making the same container at this moment; try again.",
  });
}

async function inspect({ engine, context }: StartOptions): Promise<Inspected> {
  const path = `/containers/${containerName(context.work.workspaceId)}/json`;
  return await engine.call<Inspected>({ method: "GET", path, abort: context.abort });
}

function resourcesOf(made: {
  readonly plan: ContainerPlan;
  readonly image: string;
  readonly container: Inspected;
}): readonly ProvisionedResource[] {
  const { plan, image, container } = made;
  const ports = Object.entries(container.NetworkSettings?.Ports ?? {}).flatMap(([inside, bound]) =>
    (bound ?? []).map(({ HostIp, HostPort }) => [`port ${inside}`, `${HostIp}:${HostPort}`] as const),
  );
  return [
    {
      address: "docker_container.workspace",
      type: "docker_container",
      name: containerName(plan.workspaceId),
      attributes: { id: container.Id.slice(0, 12), image, image_id: container.Image, ...Object.fromEntries(ports) },
    },
    ...volumesOf(plan.section, plan.workspaceId).map((volume) => ({
      address: `docker_volume.${volume.name.slice(`${containerName(plan.workspaceId)}-`.length)}`,
      type: "docker_volume",
      name: volume.name,
      attributes: { path: volume.path },
    })),
  ];
}
