import { rm } from "node:fs/promises";
import { CodedError } from "../../../contracts/errors.ts";
import type { Random } from "../../../platform/random.ts";
import type { BuildContext } from "../../driver.ts";
import { type SessionDeps, tfstateOf, withSession } from "./build-session.ts";
import type { RecordedBuild } from "./recorded-build.ts";
import { fieldsOf } from "./json-fields.ts";
import { packTfstate, type TerraformState } from "./terraform-state.ts";
import { tfstateWithout } from "./tfstate-file.ts";
import { tfstateToDestroy } from "./unfinished.ts";
import { takeTemplate, type WorkspaceFolder, type WorkspaceRecord } from "./workspace-folder.ts";

export interface LeftOverOptions {
  readonly folder: WorkspaceFolder;
  readonly record: WorkspaceRecord;
  /** `unknown`: what nobody else can know, while the workspace may live. `all`: the workspace is no more. */
  readonly scope: "unknown" | "all";
  /** Folder for the template, which must not exist yet; it is removed. */
  readonly scratch: string;
  readonly random: Random;
  readonly log: BuildContext["log"];
  readonly abort: AbortSignal;
}

/**
 * Destroys what an attempt had made and no job will: the server refused what it told, or has no such workspace. What is
 * destroyed leaves the record, so that an interrupted destruction goes on. Errors: those of Terraform's `destroy`.
 */
export async function destroyLeftOver(deps: SessionDeps, options: LeftOverOptions): Promise<void> {
  const { folder, record, scratch, random, log } = options;
  const held = options.scope === "all" ? record.state : unknownToOthers(record);
  if (held.tfstate === null && held.unfinished.length === 0) return;
  if (record.build === null) throw withoutBuild(record);
  const tfstate = tfstateToDestroy({
    tfstate: tfstateOf(held),
    unfinished: held.unfinished,
    newId: () => random.uuid(),
    terraformVersion: deps.tool.version,
  });
  log("warn", "destroy", "removing what an earlier attempt has left over");
  const context = contextOf(record, record.build, options);
  const input = { context, folder, known: held, tfstate, keeping: "record", failure: "build_failed" } as const;
  try {
    await withSession(deps, input, async ({ run }) => run.destroy());
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Of a record, what the server cannot know: a later job works on the rest, or has taken it over. */
function unknownToOthers({ state, mayBeKnown }: WorkspaceRecord): TerraformState {
  const keys = new Set(mayBeKnown);
  const addresses = new Set(mayBeKnown.map((key) => key.slice(0, key.lastIndexOf(" "))));
  const tfstate = tfstateOf(state);
  const left = tfstate === null ? null : tfstateWithout(tfstate, keys);
  return {
    ...state,
    tfstate: left === null ? null : packTfstate(left),
    unfinished: state.unfinished.filter(({ address }) => !addresses.has(address)),
  };
}

function withoutBuild({ workspaceId, jobId }: WorkspaceRecord): CodedError {
  return new CodedError(
    "build_failed",
    `What the job ${jobId} has left over of the workspace ${workspaceId} cannot be removed: an earlier release wrote it down.`,
    { next: "Destroy it by hand with the state in `record.json` of the workspace's folder, then remove the folder." },
  );
}

function contextOf(
  { jobId, attempt, state }: WorkspaceRecord,
  build: RecordedBuild,
  { folder, scratch, log, abort }: LeftOverOptions,
): BuildContext {
  return {
    ...build,
    jobId,
    attempt,
    versionState: { ...fieldsOf(build.versionState), lockFile: state.lockFile },
    work: { ...build.work, transition: "delete", stage: "ordinary" },
    abort,
    log,
    templateFolder: () => takeTemplate(folder, scratch),
    saveState: async () => {},
  };
}
