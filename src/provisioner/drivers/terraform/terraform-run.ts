import { type PlanReading, readPlan } from "../../../domain/replacement/planned-change.ts";
import type { DriverContext } from "../../driver.ts";
import { validationErrors } from "./diagnostics.ts";
import { missingVariables } from "./given-variables.ts";
import { fieldsOf, parseJson } from "./json-fields.ts";
import type { Phases } from "./phases.ts";
import { logProgress, type ProgressEvent } from "./progress.ts";
import type { Mask } from "./secrets.ts";
import type { StateKeeper } from "./state-keeper.ts";
import { commandError, type FollowedEnd, type TerraformTool } from "./terraform-tool.ts";
import type { WorkspaceFolder } from "./workspace-folder.ts";

export interface TerraformRunOptions {
  readonly tool: TerraformTool;
  readonly folder: WorkspaceFolder;
  readonly context: Pick<DriverContext, "abort" | "log" | "manifest">;
  readonly environment: Readonly<Record<string, string>>;
  readonly mask: Mask;
  readonly phases: Phases;
  /** Of a build of which something may come to exist; null for a plan that changes nothing. */
  readonly keeper: StateKeeper | null;
  /** What a plan that fails means: the template is wrong (at its import), or a build has failed. */
  readonly failure: "build_failed" | "invalid_template";
}

export interface PlanOptions {
  readonly refresh?: boolean;
  /** Addresses that the plan is restricted to, with what they depend on; all unless said. */
  readonly targets?: readonly string[];
}

export interface MadePlan extends PlanReading {
  /** Of what exists before: `values` of Terraform's JSON. */
  readonly priorValues: unknown;
  /** The whole of Terraform's JSON. */
  readonly document: unknown;
}

/** Terraform's commands in one working directory, for one job. */
export class TerraformRun {
  readonly #options: TerraformRunOptions;

  constructor(options: TerraformRunOptions) {
    this.#options = options;
  }

  /** Errors: `failure`, with each error's file and line. */
  async validate(): Promise<void> {
    const { tool, folder, context, environment, mask, failure } = this.#options;
    const call = { cwd: folder.run, output: folder.output("validate"), environment, abort: context.abort };
    const end = await tool.read({ ...call, args: ["validate", "-json"] });
    context.abort.throwIfAborted();
    if (end.exitCode === 0) return;
    throw commandError(
      { ...end, diagnostics: validationErrors(end.text) },
      { code: failure, action: "terraform validate", mask },
    );
  }

  /**
   * Makes a plan, for `apply`, and says what stands in it. Without `refresh` nothing outside is asked what exists.
   * Errors: `failure`, with Terraform's diagnostics.
   */
  async plan({ refresh = true, targets = [] }: PlanOptions = {}): Promise<MadePlan> {
    const { folder, phases } = this.#options;
    return await phases.time("plan", async () => {
      const end = await this.#follow("plan", [
        "plan",
        `-out=${folder.plan}`,
        `-refresh=${refresh}`,
        ...targets.map((address) => `-target=${address}`),
        ...this.#inputArgs(),
      ]);
      this.#requireGood("terraform plan", end);
      const plan = await this.#show("terraform show", [folder.plan]);
      return { ...readPlan(plan), priorValues: fieldsOf(fieldsOf(plan)["prior_state"])["values"], document: plan };
    });
  }

  /**
   * Does what the last plan says; `onDelete` hears of each resource that begins to be deleted.
   * Errors: `build_failed`; what was made until then is stored.
   */
  async apply(onDelete: (address: string) => void = () => {}): Promise<void> {
    const { folder, phases } = this.#options;
    await phases.time("apply", () =>
      this.#change("terraform apply", () =>
        this.#follow("apply", ["apply", "-input=false", ...this.#pace(), folder.plan], onDelete),
      ),
    );
  }

  /** Errors: `build_failed`; what is left is stored. */
  async destroy(): Promise<void> {
    await this.#options.phases.time("destroy", () =>
      this.#change("terraform destroy", () =>
        this.#follow("destroy", ["destroy", "-auto-approve", ...this.#inputArgs(), ...this.#pace()]),
      ),
    );
  }

  /** What exists according to the state: `values` of Terraform's JSON. */
  async values(): Promise<unknown> {
    return fieldsOf(await this.#show("terraform show", []))["values"];
  }

  #inputArgs(): readonly string[] {
    return ["-input=false", `-var-file=${this.#options.folder.variables}`];
  }

  #pace(): readonly string[] {
    const { parallelism } = this.#options.context.manifest.terraform ?? {};
    return parallelism === undefined ? [] : [`-parallelism=${parallelism}`];
  }

  /** A command that changes what exists: each version of the state is stored while it runs, the last one before it ends. */
  async #change(action: string, run: () => Promise<FollowedEnd>): Promise<void> {
    const { keeper } = this.#options;
    const over = new AbortController();
    const watching = keeper?.watch(over.signal);
    // A look that fails now is made again at the end, where it counts.
    watching?.catch(() => {});
    let end: FollowedEnd;
    try {
      end = await run();
    } finally {
      over.abort();
      await watching?.catch(() => {});
      await keeper?.look();
    }
    // Ended by a signal, it may have made what it could not write down any more.
    if (end.signal === null) keeper?.allRecorded();
    await keeper?.note({ processId: null });
    await keeper?.flush();
    this.#requireGood(action, end);
  }

  async #follow(name: string, args: readonly string[], onDelete?: (address: string) => void): Promise<FollowedEnd> {
    const { tool, folder, context, environment, keeper } = this.#options;
    const [verb = "", ...rest] = args;
    return tool.follow(
      {
        args: [verb, "-json", ...rest],
        cwd: folder.run,
        output: folder.output(name),
        environment,
        abort: context.abort,
        ...(keeper === null ? {} : { onStart: (processId) => keeper.note({ processId }) }),
      },
      (event) => {
        if (event.kind === "line" && event.deleting !== undefined) onDelete?.(event.deleting);
        this.#onEvent(name, event);
      },
    );
  }

  #onEvent(stage: string, event: ProgressEvent): void {
    const { context, mask, keeper } = this.#options;
    if (event.kind === "create_begun") keeper?.creationBegun(event.address);
    if (event.kind === "create_failed") keeper?.creationFailed(event.address);
    logProgress(event, { mask, log: (level, line) => context.log(level, stage, line) });
  }

  async #show(action: string, args: readonly string[]): Promise<unknown> {
    const { tool, folder, context, environment, mask, failure } = this.#options;
    const call = { cwd: folder.run, output: folder.output("show"), environment, abort: context.abort };
    const end = await tool.read({ ...call, args: ["show", "-json", ...args] });
    context.abort.throwIfAborted();
    if (end.exitCode !== 0) throw commandError(end, { code: failure, action, mask });
    return parseJson(end.text);
  }

  #requireGood(action: string, end: FollowedEnd): void {
    const { context, mask, failure } = this.#options;
    context.abort.throwIfAborted();
    if (end.exitCode === 0) return;
    throw (
      missingVariables(end.diagnostics, { code: failure, mask }) ?? commandError(end, { code: failure, action, mask })
    );
  }
}
