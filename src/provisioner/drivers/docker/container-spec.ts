import path from "node:path";
import type { DockerSection } from "../../../contracts/manifest-docker.ts";
import { sizeBytes } from "./byte-size.ts";
import { capabilitiesByDefault } from "./capabilities.ts";
import { homePathDefault, homeVolume, labels, volumeName } from "./docker-names.ts";
import type { DockerSettings } from "./docker-settings.ts";
import { withParameters } from "./template-values.ts";

const pidsDefault = 4_096;
/** What a container says is kept by Docker up to here; the agent sends what people want to see to the server. */
const logSizeMax = "5m";
const logFilesMax = "2";

/** Folder of the agent below the home: token, programs, what it remembers. Survives a stop with the home. */
export const agentFolderName = ".prewarm";
export const startScriptName = "start.sh";

/** What a workspace's container is made from. */
export interface ContainerPlan {
  readonly section: DockerSection;
  readonly settings: DockerSettings;
  readonly workspaceId: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Address of the host under which the container reaches the server; null when it needs none. */
  readonly hostAddress: string | null;
  /** How long its agents may take to end, by their `stop` hooks. */
  readonly stopGraceSeconds: number;
}

export interface VolumePlan {
  /** As Docker knows it. */
  readonly name: string;
  readonly path: string;
  readonly isReadOnly: boolean;
}

export function homePath(section: DockerSection): string {
  return section.home ?? homePathDefault;
}

export function imageOf(plan: Pick<ContainerPlan, "section" | "parameters">): string {
  return withParameters(plan.section.image, plan.parameters);
}

/** The home first, then those of the template. */
export function volumesOf(section: DockerSection, workspaceId: string): readonly VolumePlan[] {
  return [
    { name: volumeName(workspaceId, homeVolume), path: homePath(section), isReadOnly: false },
    ...(section.volumes ?? []).map((volume) => ({
      name: volumeName(workspaceId, volume.name),
      path: volume.path,
      isReadOnly: volume.read_only ?? false,
    })),
  ];
}

/** Networks beyond the one that the container is created in. */
export function furtherNetworks(section: DockerSection): readonly string[] {
  return (section.networks ?? []).slice(1);
}

/** The name by which a container reaches the machine that it runs on. */
export const hostName = "host.docker.internal";

/** The body of `POST /containers/create` (Engine API). */
export function containerBody(plan: ContainerPlan): Readonly<Record<string, unknown>> {
  const { section, parameters } = plan;
  const home = homePath(section);
  const startScript = path.posix.join(home, agentFolderName, startScriptName);
  const isOwn = section.entrypoint !== undefined || section.command !== undefined;
  const environment = {
    ...Object.fromEntries(
      Object.entries(section.env ?? {}).map(([name, text]) => [name, withParameters(text, parameters)]),
    ),
    HOME: home,
    PREWARM_WORKSPACE_ID: plan.workspaceId,
    ...(isOwn ? { PREWARM_BOOTSTRAP: startScript } : {}),
  };
  return {
    Image: imageOf(plan),
    ...(section.user === undefined ? {} : { User: section.user }),
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...(isOwn
      ? {
          ...(section.entrypoint === undefined ? {} : { Entrypoint: section.entrypoint }),
          ...(section.command === undefined ? {} : { Cmd: section.command }),
        }
      : { Entrypoint: ["sh", startScript], Cmd: [] }),
    WorkingDir: home,
    StopTimeout: plan.stopGraceSeconds,
    Labels: plan.labels,
    ExposedPorts: Object.fromEntries((section.ports ?? []).map((port) => [portKey(port), {}])),
    HostConfig: hostConfig(plan),
  };
}

function hostConfig(plan: ContainerPlan): Readonly<Record<string, unknown>> {
  const { section, settings } = plan;
  const memory = section.memory === undefined ? undefined : sizeBytes(section.memory);
  return {
    Mounts: volumesOf(section, plan.workspaceId).map((volume) => ({
      Type: "volume",
      Source: volume.name,
      Target: volume.path,
      ReadOnly: volume.isReadOnly,
    })),
    NetworkMode: section.networks?.[0] ?? "bridge",
    ExtraHosts: extraHosts(plan),
    PortBindings: Object.fromEntries(
      (section.ports ?? []).map((port) => [
        portKey(port),
        [{ HostIp: settings.publishAddress, HostPort: port.host === undefined ? "" : String(port.host) }],
      ]),
    ),
    ...(section.cpus === undefined ? {} : { NanoCpus: Math.round(section.cpus * 1e9) }),
    // As much memory with swap as without: a workspace that swaps slows the whole host down.
    ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
    PidsLimit: section.pids ?? pidsDefault,
    ...(section.disk === undefined ? {} : { StorageOpt: { size: String(sizeBytes(section.disk)) } }),
    ...(section.shm === undefined ? {} : { ShmSize: sizeBytes(section.shm) }),
    ...(section.read_only === true ? { ReadonlyRootfs: true, Tmpfs: { "/tmp": "mode=1777", "/run": "mode=755" } } : {}),
    ...(section.privileged === true
      ? { Privileged: true }
      : { CapDrop: ["ALL"], CapAdd: [...new Set([...capabilitiesByDefault, ...(section.cap_add ?? [])])] }),
    // Back after a restart of Docker or of the host, until it is stopped.
    RestartPolicy: { Name: "unless-stopped" },
    LogConfig: { Type: "json-file", Config: { "max-size": logSizeMax, "max-file": logFilesMax } },
  };
}

function extraHosts({ section, hostAddress }: ContainerPlan): readonly string[] {
  const own = Object.entries(section.extra_hosts ?? {}).map(([name, address]) => `${name}:${address}`);
  const isNamed = Object.hasOwn(section.extra_hosts ?? {}, hostName);
  return hostAddress === null || isNamed ? own : [...own, `${hostName}:${hostAddress}`];
}

function portKey(port: { readonly container: number; readonly protocol?: string }): string {
  return `${port.container}/${port.protocol ?? "tcp"}`;
}

/** The labels of everything that belongs to one build of a workspace. */
export function labelsOf(owner: {
  readonly deployment: string;
  readonly daemon: string;
  readonly workspaceId: string;
  readonly templateName: string;
}): Readonly<Record<string, string>> {
  return {
    [labels.deployment]: owner.deployment,
    [labels.daemon]: owner.daemon,
    [labels.workspace]: owner.workspaceId,
    [labels.template]: owner.templateName,
  };
}
