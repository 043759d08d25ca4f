import type { AgentManifest, ClaimRecord } from "../../contracts/agent-protocol.ts";
import type { AgentConfig } from "../agent-config.ts";
import type { AgentLog } from "../agent-log.ts";
import { withGitHelper } from "../git/git-variables.ts";
import { commonEnvironment, ownerEnvironment } from "../hook-environment.ts";
import { workFolder } from "../work-folder.ts";
import type { GivenSecrets, HookSecrets, WorkspaceSecrets } from "../workspace-secrets.ts";
import { secretsForHook } from "../workspace-secrets.ts";
import type { ScriptPlace } from "./run-script.ts";

export interface ScriptParts {
  readonly config: AgentConfig;
  readonly log: AgentLog;
  readonly secrets: WorkspaceSecrets;
}

export interface ScriptOwner {
  readonly manifest: AgentManifest;
  /** Null while nobody owns the workspace. */
  readonly record: ClaimRecord | null;
  readonly given: GivenSecrets;
}

/** Where the template's scripts run, and as whom; or why they must not. */
export function scriptPlace(
  parts: ScriptParts,
  { manifest, record, given }: ScriptOwner,
): Omit<ScriptPlace, "abort"> | { readonly refusal: string } {
  const found = record === null ? { values: {} } : secretsForHook(given, manifest);
  return "refusal" in found ? found : placeWith(parts, { manifest, record, found });
}

/** The same, without secrets where they cannot be had: for what has to run all the same. */
export function scriptPlaceAnyway(parts: ScriptParts, owner: ScriptOwner): Omit<ScriptPlace, "abort"> {
  const place = scriptPlace(parts, owner);
  return "refusal" in place
    ? placeWith(parts, { ...owner, found: { values: {}, gitHelper: owner.given.gitHelper } })
    : place;
}

function placeWith(
  { config, log, secrets }: ScriptParts,
  {
    manifest,
    record,
    found,
  }: Omit<ScriptOwner, "given"> & { readonly found: Exclude<HookSecrets, { readonly refusal: string }> },
): Omit<ScriptPlace, "abort"> {
  const common = commonEnvironment(config, manifest);
  const owner = record === null ? {} : ownerEnvironment(record, common);
  return {
    environment: withGitHelper({ ...common, ...owner, ...found.values }, found.gitHelper),
    directory: workFolder(config, manifest),
    log: { add: (line) => log.add(line), masks: secrets.masks },
    killGraceMs: config.timing.killGraceMs,
    temporaryFolder: config.coder?.folder ?? config.stateFolder,
  };
}
