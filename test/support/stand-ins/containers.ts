import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fieldOf, type Fields, isList, textOf } from "../../../src/provisioner/coder-provider/values/value.ts";
import { itemsOf, type StandInWorld } from "./stand-in-provider.ts";

/** Volumes are folders; containers that hold an agent's token are processes in a group of their own. */
export class Containers implements StandInWorld {
  readonly #folder: string;
  readonly #running = new Map<string, ChildProcess>();
  readonly #volumes = new Set<string>();
  #made = 0;

  /** @param folder Exists, and is of this test alone. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Process ids of the containers that have not ended. */
  get processIds(): readonly number[] {
    return [...this.#running.values()].filter(isRunning).map(({ pid }) => pid ?? 0);
  }

  /** Names of the volumes that exist. */
  get volumes(): readonly string[] {
    return [...this.#volumes].toSorted();
  }

  /** What the container that was made last has printed. */
  get lastOutput(): string {
    return readFileSync(path.join(this.#folder, `container-${this.#made}.log`), "utf8");
  }

  make(type: string, planned: Fields): Fields {
    if (/volume/.test(type)) {
      mkdirSync(path.join(this.#folder, volumeName(planned)), { recursive: true });
      this.#volumes.add(volumeName(planned));
      return {};
    }
    const container = containerOf(type, planned);
    if (container === undefined || !("CODER_AGENT_TOKEN" in container.env)) return {};
    this.#made += 1;
    const id = `container-${this.#made}`;
    this.#running.set(id, this.#start(id, container));
    return { id };
  }

  remove(type: string, prior: Fields): void {
    if (/volume/.test(type)) {
      rmSync(path.join(this.#folder, volumeName(prior)), { recursive: true, force: true });
      this.#volumes.delete(volumeName(prior));
    }
    const id = textOf(prior, "id");
    end(this.#running.get(id));
    this.#running.delete(id);
  }

  /** Of what a test has left. */
  endAll(): void {
    for (const container of this.#running.values()) end(container);
    this.#running.clear();
    this.#volumes.clear();
  }

  #start(id: string, { command, env, volume, hostName }: Container): ChildProcess {
    const home = path.join(this.#folder, volume ?? `${id}-home`);
    mkdirSync(home, { recursive: true });
    // The entry in its /etc/hosts that leads to the host.
    const reached = (text: string): string => (hostName === undefined ? text : text.replaceAll(hostName, "127.0.0.1"));
    const [program = "true", ...args] = command.map(reached);
    const given = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, reached(value)]));
    const log = openSync(path.join(this.#folder, `${id}.log`), "w");
    try {
      return spawn(program, args, {
        cwd: home,
        // What an image would bring.
        env: { PATH: process.env["PATH"], HOME: home, ...given },
        detached: true,
        stdio: ["ignore", log, log],
      });
    } finally {
      closeSync(log);
    }
  }
}

interface Container {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly volume?: string;
  readonly hostName?: string;
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** As `docker rm --force`: whatever is in it goes at once. */
function end(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

const texts = (fields: Fields, name: string): readonly string[] => {
  const value = fieldOf(fields, name);
  return isList(value) ? value.map(String) : [];
};
const volumeName = (fields: Fields): string => textOf(itemsOf(fields, "metadata")[0] ?? fields, "name");

function containerOf(type: string, planned: Fields): Container | undefined {
  if (type === "docker_container") return dockerContainer(planned);
  return /^kubernetes_(pod|deployment)/.test(type) ? pod(planned) : undefined;
}

function dockerContainer(planned: Fields): Container {
  const volume = itemsOf(planned, "volumes").map((each) => textOf(each, "volume_name"))[0];
  const hostName = itemsOf(planned, "host").map((each) => textOf(each, "host"))[0];
  return {
    command: [...texts(planned, "entrypoint"), ...texts(planned, "command")],
    env: Object.fromEntries(
      texts(planned, "env").map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
    ),
    ...(volume === undefined ? {} : { volume }),
    ...(hostName === undefined ? {} : { hostName }),
  };
}

function pod(planned: Fields): Container {
  const outer = itemsOf(planned, "spec")[0] ?? {};
  const template = itemsOf(outer, "template")[0];
  const spec = template === undefined ? outer : (itemsOf(template, "spec")[0] ?? {});
  const container = itemsOf(spec, "container")[0] ?? {};
  const volume = itemsOf(spec, "volume")
    .flatMap((each) => itemsOf(each, "persistent_volume_claim"))
    .map((each) => textOf(each, "claim_name"))[0];
  return {
    command: [...texts(container, "command"), ...texts(container, "args")],
    env: Object.fromEntries(itemsOf(container, "env").map((each) => [textOf(each, "name"), textOf(each, "value")])),
    ...(volume === undefined ? {} : { volume }),
  };
}
