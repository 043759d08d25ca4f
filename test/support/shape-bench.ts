import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { BuiltAgent } from "../../src/contracts/agent-settings.ts";
import type { Manifest } from "../../src/contracts/manifest.ts";
import type { ApplyReport, BuildContext } from "../../src/provisioner/driver.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { endProcessesOf, processesOf } from "./server-process.ts";
import { StandIns } from "./stand-ins/stand-ins.ts";
import { type BuildDraft, TerraformBench } from "./terraform.ts";

export const shapesFolder = path.resolve(import.meta.dirname, "../terraform/shapes");

/** What the agents' scripts are here: proves that it runs where it should, with token and home, and stays. */
const initScript = (os: string): string =>
  os === "linux" ? '#!/bin/sh\n# of ${ACCESS_URL}\necho "$CODER_AGENT_TOKEN" >> ~/tokens\nexec sleep 600\n' : "";

type Variables = Readonly<Record<string, string>>;

/** Content of each file of the shape, by its path in it. */
export function filesOfShape(shape: string): Readonly<Record<string, string>> {
  const folder = path.join(shapesFolder, shape);
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file, "utf8")];
    }),
  );
}

/** A driver with one of the shapes in it, other people's providers beside ours, and the memory of one workspace. */
export class ShapeBench {
  readonly terraform = new TerraformBench();
  readonly standIns = new StandIns();
  #driver: TerraformDriver | undefined;
  #versionState: unknown;
  #variables: Variables = {};
  /** Of parameters, in each build. */
  values: Readonly<Record<string, string>> = {};
  #agents: readonly string[] = [];
  #starts = 0;

  async open(script: (os: string, arch: string) => string = initScript): Promise<void> {
    await this.standIns.open();
    this.#driver = await this.terraform.open({ binary: this.standIns.binary, initScript: script });
  }

  async close(): Promise<void> {
    await this.standIns.close();
    endProcessesOf(this.terraform.folder);
    this.terraform.remove();
  }

  get #opened(): TerraformDriver {
    if (this.#driver === undefined) throw new Error("open it first");
    return this.#driver;
  }

  /** Imports the shape. @returns what its configuration says of itself */
  async import(shape: string, variables: Variables = {}): Promise<Partial<Manifest>> {
    for (const [file, text] of Object.entries(filesOfShape(shape))) {
      mkdirSync(path.dirname(path.join(this.terraform.folder, "template", file)), { recursive: true });
      this.terraform.write(file, text);
    }
    this.terraform.manifest = { driver: "terraform" };
    this.#variables = variables;
    const report = (await this.#opened.parse(this.#of(this.terraform.build()))) ?? {};
    this.#versionState = report.versionState;
    const parts = report.manifestParts ?? {};
    this.terraform.manifest = { driver: "terraform", ...parts };
    this.#agents = (parts.agents ?? []).map(({ name }) => name);
    return parts;
  }

  /** Warnings of the import. */
  get warned(): readonly string[] {
    return this.terraform.logged("plan", "warn");
  }

  #of(context: BuildContext): BuildContext {
    const work = { ...context.work, parameters: this.values };
    return { ...context, work, versionState: this.#versionState, variables: this.#variables };
  }

  #fresh(): NonNullable<BuildDraft["agents"]> {
    this.#starts += 1;
    return this.#agents.map((name) => ({ id: `id-of-${name}`, name, token: `token-${this.#starts}-of-${name}` }));
  }

  /** A prebuild; or, after a claim, the start by its owner. */
  async start(draft: BuildDraft = {}): Promise<ApplyReport> {
    return await this.#apply(this.terraform.build({ agents: this.#fresh(), ...draft }));
  }

  async claim(): Promise<ApplyReport> {
    const kept = this.#agents.map((name) => ({ id: `id-of-${name}`, name, token: null }));
    return await this.#apply(this.terraform.claim({ agents: kept }));
  }

  async stop(): Promise<ApplyReport> {
    return await this.#apply(this.terraform.build({ ...this.person, transition: "stop", agents: [] }));
  }

  async destroy(): Promise<void> {
    await this.#opened.destroy(this.#of(this.terraform.destroy()));
  }

  async #apply(context: BuildContext): Promise<ApplyReport> {
    return (await this.#opened.apply(this.#of(context))) ?? {};
  }

  /** Of an ordinary build. */
  readonly person: BuildDraft = {
    stage: "ordinary",
    workspaceName: "dev",
    owner: { id: "user-7", username: "ada", name: "Ada", email: "ada@example.com", groups: ["staff"] },
  };

  /** All that runs as, or in, what the shape has made. */
  get processes(): readonly number[] {
    const found = [this.standIns.folder, this.terraform.folder].flatMap(processesOf);
    return [...new Set(found)].toSorted((one, other) => one - other);
  }

  /** What the agents' scripts have noted, in the homes that there are. */
  get noted(): readonly string[] {
    return [this.standIns.folder, this.terraform.folder].flatMap(notedBelow);
  }

  /** Instances in the state by type, name and key, without data sources. */
  get instances(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
    const resources = (this.terraform.tfstate()?.resources ?? []) as readonly Stored[];
    return Object.fromEntries(
      resources
        .filter(({ mode }) => mode === "managed")
        .flatMap(({ module = "", type, name, instances }) =>
          instances.map(({ index_key: key = "", attributes }) => [
            `${module} ${type}.${name} ${key}`.trim(),
            attributes,
          ]),
        ),
    );
  }
}

interface Stored {
  readonly mode: string;
  readonly module?: string;
  readonly type: string;
  readonly name: string;
  readonly instances: readonly {
    readonly index_key?: string | number;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

function notedBelow(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => path.basename(file) === "tokens")
    .flatMap((file) => readFileSync(path.join(folder, file), "utf8").trim().split("\n"));
}

/** Names of scripts of the agent, in their order. */
export const scriptNames = (agents: readonly BuiltAgent[] | undefined): readonly string[] =>
  (agents ?? []).flatMap(({ name, settings }) => settings.scripts.map((script) => `${name}: ${script.name}`));
