import { CodedError } from "../../../contracts/errors.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Logger } from "../../../platform/logger.ts";
import type { Random } from "../../../platform/random.ts";
import { makeFolder } from "../../../platform/make-folder.ts";
import type { ApplyReport, BuildContext, Driver, DriverContext, DriverResource, GoneThing } from "../../driver.ts";
import { ownRootId } from "../../host/root-id.ts";
import { KeyedLock } from "../../host/keyed-lock.ts";
import { AccessRelay } from "./access-relay.ts";
import { checkTemplate } from "./check-template.ts";
import { ContainerWatch, type RemovedContainer } from "./container-watch.ts";
import { containerName, volumeName } from "./docker-names.ts";
import type { DockerSettings } from "./docker-settings.ts";
import { volumesOf } from "./container-spec.ts";
import { engineAddress } from "./engine-address.ts";
import { EngineClient } from "./engine-client.ts";
import { listWorkspaces } from "./list-workspaces.ts";
import { removeContainers, removeVolumes } from "./remove-workspace.ts";
import { startContainer } from "./start-container.ts";

export const dockerDriverName = "docker";

export interface DockerDriverOptions {
  /** Absolute; belongs to one daemon alone. Holds who it is, and the relay's port. */
  readonly root: string;
  readonly settings: DockerSettings;
  readonly logger: Logger;
  readonly random: Random;
  readonly clock: Clock;
}

/**
 * Names this daemon's folder over its restarts, in states and on labels. The file's name is older than the labels: they
 * carry the deployment's own id now.
 */
const daemonFile = "deployment-id";
/** Docker answers a question about itself at once, or it does not work. */
const probeLimitMs = 2_000;

/** What the server stores for a workspace: enough to find all of it, and to know where. */
interface DockerState {
  readonly exists: boolean;
  /** The folder of the daemon that made it. */
  readonly daemon: string;
  /** The Docker Engine on which it is, by the engine's own id. */
  readonly engineId: string;
  readonly container: string;
  readonly volumes: readonly string[];
}

/**
 * A workspace is a container and its volumes on one Docker host. Names follow from the workspace's id, so that what a
 * killed daemon was making is found by the next one, and everything carries labels. A claim changes nothing: the
 * agent inside learns of its owner from the server.
 */
export class DockerDriver implements Driver {
  readonly name = dockerDriverName;
  readonly #options: DockerDriverOptions;
  readonly #locks = new KeyedLock();
  readonly #engine: EngineClient;
  readonly #relay: AccessRelay;
  #watch: ContainerWatch | null = null;
  #onGone: (gone: GoneThing) => void = () => {};
  #daemon = "";

  /** Errors: `config_invalid` for a Docker host that is none. */
  constructor(options: DockerDriverOptions) {
    this.#options = options;
    this.#engine = new EngineClient(engineAddress(options.settings.host, options.settings.certPath));
    this.#relay = new AccessRelay({ folder: options.root, engine: this.#engine, logger: options.logger });
  }

  capabilities(): { readonly claimEffect: "none" } {
    return { claimEffect: "none" };
  }

  /** Errors: `driver_unavailable` when no Docker Engine answers. */
  async open(): Promise<string> {
    const { root, logger, random } = this.#options;
    const found = await this.#probe();
    makeFolder(root, 0o700);
    this.#daemon = await ownRootId(this.#options.root, { name: daemonFile, random: this.#options.random });
    await this.#relay.open();
    this.#watch = new ContainerWatch({
      engine: this.#engine,
      logger,
      random,
      daemon: this.#daemon,
      isBusy: (workspaceId) => this.#locks.isHeld(workspaceId),
      onRemoved: (container) => void this.#tellRemoved(container),
    });
    this.#watch.start();
    return found;
  }

  watch(onGone: (gone: GoneThing) => void): void {
    this.#onGone = onGone;
  }

  async close(): Promise<void> {
    await this.#watch?.stop();
    await this.#relay.close();
  }

  async parse(context: DriverContext): Promise<void> {
    checkTemplate(context.manifest, this.#options.settings);
  }

  async apply(context: BuildContext): Promise<ApplyReport | void> {
    const { work } = context;
    return await this.#locks.run(work.workspaceId, async () => {
      if (work.transition === "stop") return await this.#stop(context);
      return work.stage === "claim" ? await this.#claim(context) : await this.#start(context);
    });
  }

  async destroy(context: BuildContext): Promise<void> {
    const { work, abort } = context;
    await this.#locks.run(work.workspaceId, async () => {
      const state = stateIn(work.state);
      await this.#requireHere(state);
      const onLine = (line: string): void => context.log("info", "destroy", line);
      const options = { engine: this.#engine, workspaceId: work.workspaceId, abort, onLine };
      await removeContainers(options);
      // Whatever was stored: nothing but this workspace's own is ever removed.
      const volumes = (state?.volumes ?? []).filter((name) => name.startsWith(volumeName(work.workspaceId, "")));
      await removeVolumes({ ...options, volumes });
      await context.saveState({ ...state, exists: false });
    });
  }

  async remove(workspaceId: string, abort: AbortSignal, deploymentId: string): Promise<void> {
    await this.#locks.run(workspaceId, async () => {
      const onLine = (line: string): void => this.#options.logger.info(line, { workspaceId });
      const options = { engine: this.#engine, workspaceId, deployment: deploymentId, abort, onLine };
      await removeContainers(options);
      await removeVolumes({ ...options, volumes: [] });
    });
  }

  async list(): Promise<readonly DriverResource[]> {
    return await listWorkspaces(this.#engine, this.#daemon);
  }

  async #start(context: BuildContext): Promise<ApplyReport> {
    const { work } = context;
    const section = checkTemplate(context.manifest, this.#options.settings);
    const earlier = stateIn(work.state);
    await this.#requireHere(earlier);
    const volumes = volumesOf(section, work.workspaceId);
    // Stored before anything is made: whatever interrupts this, a later destroy knows of it. Volumes of an earlier
    // version of the template stay with the workspace until then.
    const state: DockerState = {
      exists: true,
      daemon: this.#daemon,
      engineId: await this.#engineId(context.abort),
      container: containerName(work.workspaceId),
      volumes: [...new Set([...(earlier?.volumes ?? []), ...volumes.map(({ name }) => name)])],
    };
    await context.saveState(state);
    return await startContainer({
      context,
      section,
      engine: this.#engine,
      settings: this.#options.settings,
      daemon: this.#daemon,
      clock: this.#options.clock,
      access: () => this.#relay.access(context.accessUrl, { isHostNetwork: section.networks?.[0] === "host" }),
    });
  }

  /** A claim changes nothing here; what it finds gone cannot be handed over. */
  async #claim(context: BuildContext): Promise<void> {
    interface Inspected {
      readonly State: { readonly Running: boolean };
    }
    const name = containerName(context.work.workspaceId);
    const found = await this.#engine.find<Inspected>({ method: "GET", path: `/containers/${name}/json` });
    if (found?.State.Running !== true) {
      throw new CodedError("build_failed", "The container of the prebuild that was claimed is no longer there.", {
        next: "Start the workspace: it is made anew.",
      });
    }
    context.log("info", "apply", "nothing to change for the new owner");
  }

  async #stop(context: BuildContext): Promise<void> {
    const { work, abort } = context;
    await this.#requireHere(stateIn(work.state));
    const onLine = (line: string): void => context.log("info", "apply", line);
    await removeContainers({ engine: this.#engine, workspaceId: work.workspaceId, abort, onLine });
    onLine("stopped; the volumes are kept");
  }

  /**
   * Refuses to call a workspace gone that is on another Docker host. Made by this very daemon, it is here: then the
   * host was set up anew, and what is not there any more is gone.
   */
  async #requireHere(state: DockerState | null): Promise<void> {
    if (state === null || !state.exists || state.daemon === this.#daemon) return;
    if (state.engineId === (await this.#engineId())) return;
    throw new CodedError(
      "transient",
      "The workspace's container is on the Docker host of another provisioner daemon.",
      {
        next: "Start that daemon, or give this template and its daemon a tag that no other has.",
      },
    );
  }

  /** Asked again under the lock: a container that a build is making anew at this moment is not gone. */
  async #tellRemoved({ workspaceId, buildId }: RemovedContainer): Promise<void> {
    try {
      await this.#locks.run(workspaceId, async () => {
        const path = `/containers/${containerName(workspaceId)}/json`;
        if ((await this.#engine.find({ method: "GET", path })) !== null) return;
        this.#onGone({ workspaceId, buildId, detail: "its container" });
      });
    } catch (error) {
      this.#options.logger.warn("it cannot be told whether a container is gone; the sweep will", {
        workspaceId,
        error,
      });
    }
  }

  /** Errors: `driver_unavailable`, with the reason and what to do. */
  async #probe(): Promise<string> {
    const abort = AbortSignal.timeout(probeLimitMs);
    try {
      const { ServerVersion } = await this.#engine.call<{ readonly ServerVersion?: string }>({
        method: "GET",
        path: "/info",
        abort,
      });
      return `Docker Engine ${ServerVersion ?? "of an unknown version"} at ${this.#engine.where}`;
    } catch (cause) {
      const message = abort.aborted
        ? `Docker does not answer at ${this.#engine.where} within ${probeLimitMs / 1_000} s.`
        : cause instanceof Error
          ? cause.message
          : String(cause);
      const next = cause instanceof CodedError && !abort.aborted ? cause.next : "Look whether `docker info` works.";
      throw new CodedError("driver_unavailable", message, { cause, next });
    }
  }

  async #engineId(abort?: AbortSignal): Promise<string> {
    const info = await this.#engine.call<{ readonly ID?: string }>({
      method: "GET",
      path: "/info",
      ...(abort === undefined ? {} : { abort }),
    });
    return info.ID ?? "";
  }
}

/** What was stored, if it is this driver's. */
function stateIn(state: unknown): DockerState | null {
  if (typeof state !== "object" || state === null || !("volumes" in state)) return null;
  // Only this driver writes what it finds here; until it was called `daemon`, that field was `deployment`.
  const { deployment, ...stored } = state as DockerState & { readonly deployment?: string };
  return { ...stored, daemon: stored.daemon ?? deployment };
}
