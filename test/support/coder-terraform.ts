import { execFile, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { systemRandom } from "../../src/platform/random.ts";
import { type CoderProvider, serveCoderProvider } from "../../src/provisioner/coder-provider/coder-provider.ts";
import type { JobFacts } from "../../src/provisioner/coder-provider/job-facts.ts";

export interface TerraformEnd {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A change of `terraform show -json PLAN`. */
export interface PlannedResource {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
    readonly after_unknown: Readonly<Record<string, unknown>>;
  };
}

const outputBytesMax = 16 * 1_024 * 1_024;

export const coderRequired = `terraform {\n  required_providers {\n    coder = {\n      source  = "coder/coder"\n      version = "~> 2.0"\n    }\n  }\n}\n`;

/** A folder of Terraform's whose provider of coder/coder is ours, with the facts of one job at a time. */
export class CoderTerraform {
  readonly folder = mkdtempSync(path.join(tmpdir(), "pw-coder-"));
  #provider: CoderProvider | undefined;
  #jobs = 0;

  get reattach(): string {
    return this.#provider?.reattach ?? "";
  }

  write(name: string, text: string): void {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** The job before is closed, and a new one has these facts. */
  async job(facts: JobFacts): Promise<void> {
    await this.close();
    this.#jobs += 1;
    const sockets = path.join(this.folder, "sockets");
    mkdirSync(sockets, { recursive: true, mode: 0o700 });
    this.#provider = await serveCoderProvider(facts, {
      socket: path.join(sockets, `${this.#jobs}.sock`),
      random: systemRandom,
    });
  }

  start(args: readonly string[]): { readonly process: ChildProcess; readonly end: Promise<TerraformEnd> } {
    let process_: ChildProcess | undefined;
    const end = new Promise<TerraformEnd>((resolve) => {
      process_ = execFile(
        "terraform",
        [...args],
        {
          cwd: this.folder,
          maxBuffer: outputBytesMax,
          env: {
            ...process.env,
            TF_REATTACH_PROVIDERS: this.reattach,
            CHECKPOINT_DISABLE: "1",
            TF_IN_AUTOMATION: "1",
            TF_CLI_CONFIG_FILE: "/dev/null",
          },
        },
        (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
      );
    });
    if (process_ === undefined) throw new Error("terraform was not started");
    return { process: process_, end };
  }

  async run(...args: readonly string[]): Promise<TerraformEnd> {
    return this.start(args).end;
  }

  /** Errors: with what Terraform printed, when it failed. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    if (code !== 0) throw new Error(`terraform ${args.join(" ")} ended with ${code}:\n${out}\n${err}`);
    return out;
  }

  async plan(
    ...args: readonly string[]
  ): Promise<{ readonly resource_changes?: readonly PlannedResource[]; readonly prior_state?: unknown }> {
    await this.must("plan", "-no-color", "-input=false", "-out=plan", ...args);
    return JSON.parse(await this.must("show", "-json", "plan"));
  }

  async apply(): Promise<void> {
    await this.must("apply", "-no-color", "-input=false", "plan");
  }

  /** Values of the state by address. */
  async values(): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
    const shown = JSON.parse(await this.must("show", "-json"));
    const resources: { readonly address: string; readonly values: Record<string, unknown> }[] =
      shown.values?.root_module?.resources ?? [];
    return Object.fromEntries(resources.map(({ address, values }) => [address, values]));
  }

  async close(): Promise<void> {
    await this.#provider?.close();
    this.#provider = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
