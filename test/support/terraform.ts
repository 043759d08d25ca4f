import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { createHash } from "node:crypto";
import type { Manifest } from "../../src/contracts/manifest.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import type { BuildContext, BuildWork } from "../../src/provisioner/driver.ts";
import { serveCoderProvider } from "../../src/provisioner/coder-provider/coder-provider.ts";
import { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { readTerraformState, unpackTfstate } from "../../src/provisioner/drivers/terraform/terraform-state.ts";
import { buildContext } from "./build-context.ts";

const program = "terraform";

/** Undefined where Terraform can be run, else why the tests that need it are left out. */
export const terraformMissing: string | undefined =
  spawnSync(program, ["version"]).status === 0 ? undefined : "there is no terraform on the PATH";

export interface LogLine {
  readonly level: string;
  readonly stage: string;
  readonly line: string;
}

export interface BuildDraft extends Partial<BuildWork> {
  readonly abort?: AbortSignal;
  readonly jobId?: string;
  readonly onState?: (state: unknown) => void;
}

/** A driver of Terraform in a folder of its own, with a template in it, and the server's memory of one workspace. */
export class TerraformBench {
  readonly folder = mkdtempSync(path.join(tmpdir(), "prewarm-terraform-test-"));
  readonly root = path.join(this.folder, "driver");
  /** Where resources leave their marks. */
  readonly marks = path.join(this.folder, "marks");
  readonly lines: LogLine[] = [];
  readonly states: unknown[] = [];
  manifest: Manifest = { driver: "terraform", agents: [{ name: "main" }] };
  downloads = 0;
  #jobs = 0;
  #archive = "";

  constructor() {
    mkdirSync(this.marks);
    mkdirSync(this.#template);
  }

  get #template(): string {
    return path.join(this.folder, "template");
  }

  /** Puts a file into the template, which makes it another version. */
  write(name: string, text: string): void {
    const file = path.join(this.#template, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    this.#archive = createHash("sha256").update(`${this.#archive}${name}${text}`).digest("hex");
  }

  /** The same in a folder of the template. */
  writeBelow(folder: string, name: string, text: string): void {
    mkdirSync(path.join(this.#template, folder), { recursive: true });
    this.write(path.join(folder, name), text);
  }

  async open(
    options: {
      readonly interruptGraceMs?: number;
      readonly binary?: string;
      readonly root?: string;
      readonly moduleMirror?: string;
      readonly environment?: Readonly<Record<string, string>>;
      /** Searched before the host's own. */
      readonly programs?: string;
      readonly initScript?: (os: string, arch: string) => string;
    } = {},
  ): Promise<TerraformDriver> {
    const driver = new TerraformDriver({
      root: options.root === undefined ? this.root : path.join(this.folder, options.root),
      binary: options.binary ?? "terraform",
      hostEnvironment: {
        ...process.env,
        PATH: `${options.programs ?? "/nowhere"}:${process.env["PATH"] ?? ""}`,
        PREWARM_PROVISIONER_KEY: "host-secret",
        npm_config_token: "host-secret",
        ...options.environment,
      },
      moduleMirror: options.moduleMirror ?? null,
      bootstrap: ({ agentName, startId }) => `start ${agentName} of ${startId}`,
      coder: {
        serve: serveCoderProvider,
        initScript:
          options.initScript ??
          ((os, arch) => (os === "linux" ? `#!/bin/sh\n# ${arch} \${ACCESS_URL} \${AUTH_TYPE}\n` : "")),
      },
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      interruptGraceMs: options.interruptGraceMs ?? 3_000,
    });
    await driver.open();
    return driver;
  }

  /** The next build of the workspace: it begins with the state that was stored last. */
  build({ abort, jobId, onState, ...work }: BuildDraft = {}): BuildContext {
    this.#jobs += 1;
    const context = buildContext({
      workspaceId: "workspace-1",
      template: this.#template,
      templateFolder: async () => {
        this.downloads += 1;
        return this.#template;
      },
      work: { buildId: `build-${this.#jobs}`, buildNumber: this.#jobs, state: this.states.at(-1) ?? null, ...work },
    });
    return {
      ...context,
      manifest: this.manifest,
      jobId: jobId ?? `job-${this.#jobs}`,
      archiveHash: this.#archive,
      log: (level, stage, line) => this.lines.push({ level, stage, line }),
      saveState: async (state) => {
        this.states.push(JSON.parse(JSON.stringify(state)));
        onState?.(state);
      },
      ...(abort === undefined ? {} : { abort }),
    };
  }

  /** A claim by ada: the agents keep their tokens, which the server does not know. */
  claim(draft: BuildDraft = {}): BuildContext {
    const owner = { id: "user-7", username: "ada", name: "Ada", email: "ada@example.com", groups: ["staff"] };
    const agents = [{ id: "agent-of-workspace-1", name: "main", token: null }];
    return this.build({ stage: "claim", workspaceName: "dev", owner, agents, ...draft });
  }

  destroy(draft: BuildDraft = {}): BuildContext {
    return this.build({ transition: "delete", stage: "ordinary", agents: [], ...draft });
  }

  marksLeft(): readonly string[] {
    return readdirSync(this.marks).toSorted();
  }

  mark(name: string): string {
    return readFileSync(path.join(this.marks, name), "utf8");
  }

  /** Terraform's state as it was stored last; null for none. */
  tfstate(): { readonly serial: number; readonly resources: readonly { readonly name: string }[] } | null {
    const packed = readTerraformState(this.states.at(-1))?.tfstate ?? null;
    return packed === null ? null : JSON.parse(unpackTfstate(packed));
  }

  /** Names of the resources in it, with commas; `none` before there is a state. */
  names(): string {
    return (
      this.tfstate()
        ?.resources.map(({ name }) => name)
        .join() ?? "none"
    );
  }

  logged(stage: string, level?: string): readonly string[] {
    return this.lines
      .filter((line) => line.stage === stage && (level ?? line.level) === line.level)
      .map(({ line }) => line);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A resource that leaves a mark in the bench while it exists. `create` runs after the mark was made. */
export function marking(
  name: string,
  bench: TerraformBench,
  { create = "", more = "" }: { readonly create?: string; readonly more?: string } = {},
): string {
  return `
resource "terraform_data" "${name}" {
  input = "${bench.marks}/${name}"
  ${more}
  provisioner "local-exec" {
    command = <<-EOT
      touch \${self.input}
      ${create}
    EOT
  }
  provisioner "local-exec" {
    when    = destroy
    command = "rm -f \${self.input}"
  }
}
`;
}

export const variable = `variable "prewarm" { type = any }\n`;
