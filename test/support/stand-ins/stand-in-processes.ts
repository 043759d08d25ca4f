import { spawn } from "node:child_process";
import { mkdirSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { processesOf } from "../server-process.ts";
import {
  fieldOf,
  type Fields,
  isFields,
  isList,
  textOf,
  type Value,
} from "../../../src/provisioner/coder-provider/values/value.ts";
import type { StandInWorld } from "./stand-in-calls.ts";

/** Looks for what a container has left running, before it is given up: each look ends all that it sees. */
const sweepsMax = 200;

/** What one container or pod is made of. */
interface Container {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder of its volume; null: it has a home that goes with it. */
  readonly volume: string | null;
}

/** Containers, pods and volumes as processes and folders below `root`. */
export class StandInProcesses implements StandInWorld {
  readonly #root: string;
  readonly #running = new Map<string, number>();

  constructor(root: string) {
    this.#root = root;
    mkdirSync(root, { recursive: true });
  }

  /** Process ids of the first process of each container that there is. */
  get running(): readonly number[] {
    return [...this.#running.values()];
  }

  /** Processes of any container, those that scripts have left in the background among them. */
  get processes(): readonly number[] {
    return processesOf(this.#root);
  }

  /** What the containers that there are have printed. */
  get logs(): string {
    const ids = [...this.#running.keys()];
    return ids.map((id) => readFileSync(path.join(this.#root, "containers", id, "log"), "utf8")).join("");
  }

  make(type: string, fields: Fields): void {
    if (type === "docker_volume") mkdirSync(this.#volume(textOf(fields, "name")), { recursive: true });
    if (type === "kubernetes_persistent_volume_claim_v1")
      mkdirSync(this.#volume(claimName(fields)), { recursive: true });
    const container = containerOf(type, fields);
    if (container !== null) this.#start(textOf(fields, "id"), container);
  }

  change(type: string, prior: Fields, fields: Fields): void {
    const container = containerOf(type, fields);
    if (container === null || JSON.stringify(containerOf(type, prior)) === JSON.stringify(container)) return;
    this.#end(textOf(prior, "id"));
    this.#start(textOf(fields, "id"), container);
  }

  remove(type: string, fields: Fields): void {
    if (type === "docker_volume") rmSync(this.#volume(textOf(fields, "name")), { recursive: true });
    if (type === "kubernetes_persistent_volume_claim_v1") rmSync(this.#volume(claimName(fields)), { recursive: true });
    if (containerOf(type, fields) !== null) this.#end(textOf(fields, "id"));
  }

  endAll(): void {
    for (const id of this.#running.keys()) this.#end(id);
  }

  #volume(name: string): string {
    return path.join(this.#root, "volumes", name);
  }

  #start(id: string, { command, env, volume }: Container): void {
    const own = path.join(this.#root, "containers", id);
    const home = volume === null ? path.join(own, "home") : this.#volume(volume);
    for (const folder of [own, home]) mkdirSync(folder, { recursive: true });
    const [program = "sh", ...args] = command;
    const log = openSync(path.join(own, "log"), "a");
    const child = spawn(program, args, {
      cwd: home,
      // By `STAND_IN` all that it starts is known, however far it goes from its parent.
      env: { PATH: process.env["PATH"], HOME: home, ...env, STAND_IN: own },
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    const { pid } = child;
    // It is said below, to whom the container is for.
    child.on("error", () => {});
    if (pid === undefined) throw new Error(`${program} cannot be started.`);
    this.#running.set(id, pid);
  }

  /** By force, as the daemon of containers does it where no grace is given. */
  #end(id: string): void {
    const own = path.join(this.#root, "containers", id);
    for (let sweep = 0; ; sweep += 1) {
      const left = processesOf(own);
      if (left.length === 0) break;
      if (sweep === sweepsMax) throw new Error(`Processes ${left.join(", ")} of ${id} do not end.`);
      for (const pid of left) kill(pid);
    }
    this.#running.delete(id);
    rmSync(own, { recursive: true, force: true });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function containerOf(type: string, fields: Fields): Container | null {
  if (type === "docker_container") return dockerContainer(fields);
  if (type === "kubernetes_pod_v1" || type === "kubernetes_pod") return pod(first(fields, "spec"));
  if (type === "kubernetes_deployment_v1") return pod(first(first(first(fields, "spec"), "template"), "spec"));
  return null;
}

function dockerContainer(fields: Fields): Container {
  // What such a container finds under this name is its host, which here is where it runs.
  const isHostNamed = items(fields, "host").some((host) => textOf(host, "host") === "host.docker.internal");
  const atHost = (text: string): string => (isHostNamed ? text.replaceAll("host.docker.internal", "127.0.0.1") : text);
  const given = [...texts(fieldOf(fields, "entrypoint")), ...texts(fieldOf(fields, "command"))];
  const env = texts(fieldOf(fields, "env")).map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), atHost(pair.slice(at + 1))];
  });
  const volume = items(fields, "volumes").map((each) => textOf(each, "volume_name"))[0];
  return {
    command: given.length > 0 ? given.map(atHost) : ownCommand,
    env: Object.fromEntries(env),
    volume: volume ?? null,
  };
}

/** Of an image that says itself what it does: the one that builds a container in itself goes on with the script. */
const ownCommand = ["sh", "-c", 'exec sh -c "${ENVBUILDER_INIT_SCRIPT:-exec sleep infinity}"'];

function pod(spec: Fields): Container {
  const container = first(spec, "container");
  const env = items(container, "env").map((each): [string, string] => [textOf(each, "name"), textOf(each, "value")]);
  const claims = items(spec, "volume").map((each) => textOf(first(each, "persistent_volume_claim"), "claim_name"));
  const given = [...texts(fieldOf(container, "command")), ...texts(fieldOf(container, "args"))];
  return {
    // As the cluster reads it, in which `$$` stands for `$`.
    command: given.length > 0 ? given.map((text) => text.replaceAll("$$", () => "$")) : ownCommand,
    env: Object.fromEntries(env),
    volume: claims[0] ?? null,
  };
}

function claimName(fields: Fields): string {
  return textOf(first(fields, "metadata"), "name");
}

function first(fields: Fields, block: string): Fields {
  return items(fields, block)[0] ?? {};
}

function items(fields: Fields, block: string): readonly Fields[] {
  const value = fieldOf(fields, block);
  return isList(value) ? value.filter(isFields) : [];
}

function texts(value: Value): readonly string[] {
  return isList(value) ? value.map(String) : [];
}
