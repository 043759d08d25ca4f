import type { Manifest } from "../../contracts/manifest.ts";
import type { SealedSettings } from "../agents/agent-settings.ts";
import type { NewPreset } from "../templates/template-presets.ts";
import type { PhaseTiming, PlanReport, ProvisionedResource } from "../../contracts/provisioner-protocol.ts";

/** How a job ended, as its daemon, a cancellation or the reaper says. */
export type JobOutcome =
  | { readonly kind: "succeeded"; readonly claimEffect: "none" | "unknown"; readonly report?: BuildReport }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly report?: BuildReport }
  | {
      readonly kind: "canceled";
      /** Why, where somebody who looks for the job's result has to be told. */
      readonly message?: string;
      readonly report?: BuildReport;
    };

/** What the driver told of a build; of one that did not go well, the plan of its claim as far as it was done. */
export interface BuildReport {
  readonly resources?: readonly ProvisionedResource[] | undefined;
  readonly plan?: PlanReport | undefined;
  readonly phases?: readonly PhaseTiming[] | undefined;
  /** Of a start whose version tells it so. */
  readonly agents?: readonly SealedSettings[];
  /** Of an import. */
  readonly versionState?: unknown;
  readonly tellsAgentSettings?: boolean;
  /** Of an import: whether its form has to be evaluated for each person and input. */
  readonly hasDynamicForm?: boolean | undefined;
  /** Of an import: the version's variables that its template declares; undefined means all. */
  readonly usedVariables?: readonly string[] | undefined;
  /** Of an import that completes its version's manifest: the whole, and its presets, of which none is stored yet. */
  readonly manifest?: Manifest;
  readonly presets?: readonly NewPreset[];
}
