import type { Build, BuildDetail, Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { BuildId, JobId, TemplateVersionId, WorkspaceId } from "../../contracts/ids.ts";
import type { Transition } from "../../contracts/states.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { buildDetail } from "../../db/builds/build-reports.ts";
import { activeVersionIdOf } from "../../db/claims/creation-target.ts";
import {
  buildsOfWorkspace,
  type WorkspaceView,
  workspaceById,
  workspaceByName,
} from "../../db/workspaces/workspace-views.ts";
import type { Tx } from "../../db/store.ts";
import { type ChosenBuild, type CurrentBuild, startBuild } from "../../db/builds/start-build.ts";
import { takeUpdateCost } from "../../db/builds/update-cost.ts";
import { carryOver, notUpdatedBecause, notUpdatedForQuota } from "../../domain/parameters/carry-over.ts";
import type { ResolveResult } from "../../domain/parameters/resolve-parameters.ts";
import type { AppContext } from "../app-context.ts";
import type { FormsContext } from "../forms/evaluate-form.ts";
import { type FormsAhead, formsAhead } from "../forms/forms-ahead.ts";
import { type Actor, canManageWorkspace } from "../authorize.ts";
import { type PageQuery, pageOf } from "../page.ts";
import type { VersionDefinition, VersionDefinitions } from "./version-definitions.ts";
import { troubleGiven } from "./workspace-trouble.ts";
import { admitUpdate } from "./within-quota.ts";
import { buildView, workspaceView } from "./workspace-view.ts";

type WorkspacesContext = FormsContext & { readonly versions: VersionDefinitions };

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * A workspace by id, `OWNER/NAME`, or `NAME` for one of the actor's own, if he may manage it.
 * Errors: `not_found`, also for one that is somebody else's: its existence is not told.
 */
export async function requireWorkspace(context: AppContext, actor: Actor, which: string): Promise<WorkspaceView> {
  const row = await findWorkspace(context, actor, which);
  if (row === undefined || !canManageWorkspace(actor, row)) {
    throw new CodedError("not_found", `There is no workspace "${which}" of yours.`, {
      next: "`prewarm list` shows what there is; `OWNER/NAME` names somebody else's.",
    });
  }
  return row;
}

/** Found by whoever asks: what he may do with it is for the caller to check. */
export async function findWorkspace(
  context: AppContext,
  actor: Actor,
  which: string,
): Promise<WorkspaceView | undefined> {
  if (uuidPattern.test(which)) return await workspaceById(context.db, which as WorkspaceId);
  const slash = which.indexOf("/");
  const owner = slash < 0 ? actor.username : which.slice(0, slash);
  return await workspaceByName(context.db, owner, which.slice(slash + 1));
}

export async function getWorkspace(context: AppContext, actor: Actor, which: string): Promise<Workspace> {
  return workspaceView(await requireWorkspace(context, actor, which), troubleGiven(context));
}

export async function listBuilds(
  context: AppContext,
  actor: Actor,
  input: PageQuery & { readonly workspace: string },
): Promise<{ builds: Build[]; total: number }> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  const rows = await buildsOfWorkspace(context.db, workspace.id, pageOf(input));
  return { builds: rows.map(buildView), total: rows[0]?.total ?? 0 };
}

/** Errors: `not_found`. */
export async function getBuild(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly number: number },
): Promise<BuildDetail> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  const row = await buildDetail(context.db, workspace.id, input.number);
  if (row === undefined) {
    throw new CodedError("not_found", `The workspace "${workspace.name}" has no build ${input.number}.`);
  }
  return { build: buildView(row), resources: row.resources, plan: row.plan, phases: row.phases ?? [] };
}

export interface BuildInput {
  readonly workspace: string;
  readonly transition: Transition;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly update?: boolean;
}

/**
 * Starts, stops or deletes a workspace. Never claims: only a creation does (spec §4, case 135).
 * Errors: `not_found`, `build_in_progress`, `invalid_parameter`, `invalid_request`, `quota_exceeded`; those of `formsAhead`.
 */
export async function createBuild(context: WorkspacesContext, actor: Actor, input: BuildInput): Promise<Workspace> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  if (input.transition !== "start" && (input.parameters !== undefined || input.update === true)) {
    throw new CodedError("invalid_request", "Only a start takes parameters or an update.");
  }
  const forms =
    input.transition === "start"
      ? await formsAhead(context, actor, { workspace, parameters: input.parameters, update: input.update })
      : new Map();
  const now = context.clock.now();
  await context.db.transaction("create build", async (tx) => {
    const started = await startBuild(tx, {
      workspaceId: workspace.id,
      transition: input.transition,
      initiatorId: actor.userId,
      buildId: context.random.uuid() as BuildId,
      jobId: context.random.uuid() as JobId,
      choose: async (current) => await chooseBuild(context, tx, { workspace, input, current, forms }),
      now,
    });
    if (started.kind === "gone") throw new CodedError("not_found", `The workspace "${workspace.name}" is deleted.`);
    if (started.kind === "refused") {
      const what = `it is ${started.ledgerState}, and cannot be ${input.transition === "start" ? "started" : "stopped"}`;
      throw new CodedError("build_in_progress", `The prebuild "${workspace.name}" is not claimed: ${what}.`, {
        next: "A delete that failed is tried again by itself; the pool makes another prebuild.",
      });
    }
    if (started.kind === "busy") {
      const what = `its ${started.transition} build is ${started.status}`;
      throw new CodedError("build_in_progress", `The workspace "${workspace.name}" is busy: ${what}.`);
    }
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: workspace.organization_id,
      action: `workspace.${input.transition}`,
      targetId: workspace.id,
      targetName: workspace.name,
      detail: {},
    });
  });
  return await getWorkspace(context, actor, workspace.id);
}

interface Choice {
  readonly workspace: WorkspaceView;
  readonly input: BuildInput;
  readonly current: CurrentBuild;
  readonly forms: FormsAhead;
}

async function chooseBuild(context: WorkspacesContext, tx: Tx, choice: Choice): Promise<ChosenBuild> {
  const { workspace, input, current } = choice;
  if (input.transition !== "start") return current;
  if (current.isUnclaimed) return asItsPoolSays(choice);
  if (input.update === true) {
    return await mustChoose(
      context,
      tx,
      choice,
      (await activeVersionIdOf(tx, workspace.id)) ?? current.templateVersionId,
    );
  }
  if (current.updateTo === null) return await mustChoose(context, tx, choice, current.templateVersionId);
  const { version, resolved } = await resolveFor(context, tx, choice, current.updateTo);
  const note =
    resolved.kind === "ok"
      ? await quotaNote(context, tx, { workspaceId: workspace.id, version })
      : notUpdatedBecause(version.name, resolved.problems);
  if (resolved.kind === "ok" && note === null) return { templateVersionId: version.id, parameters: resolved.values };
  // Nobody asked for this update, so it does not keep anybody from his workspace.
  const unchanged = await mustChoose(context, tx, choice, current.templateVersionId);
  return note === null ? unchanged : { ...unchanged, note };
}

/** Why the owner's quota keeps an automatic update from being made; null where it covers it, and has let it in. */
async function quotaNote(
  context: AppContext,
  tx: Tx,
  { workspaceId, version }: { readonly workspaceId: WorkspaceId; readonly version: VersionDefinition },
): Promise<string | null> {
  const { isQuotaEnabled } = context.options;
  const exceeded = await takeUpdateCost(tx, { workspaceId, versionId: version.id, isQuotaEnabled });
  return exceeded === null ? null : notUpdatedForQuota(version.name, exceeded);
}

/**
 * An unclaimed prebuild is handed out as what its preset and version say, so it is started as just that.
 * Errors: `prebuild_immutable`.
 */
function asItsPoolSays({ workspace, input, current }: Choice): ChosenBuild {
  const changed = Object.entries(input.parameters ?? {}).find(([name, value]) => current.parameters[name] !== value);
  if (changed === undefined && input.update !== true) return current;
  const what = changed === undefined ? "another version" : `another value of "${changed[0]}"`;
  throw new CodedError(
    "prebuild_immutable",
    `"${workspace.name}" is an unclaimed prebuild: with ${what} it would be handed out as what it is not.`,
    { next: "Start it as it is, or create a workspace with what you want." },
  );
}

/**
 * Errors: `invalid_parameter`, when the version cannot be built with what there is; `quota_exceeded`, when it costs more
 * than the owner's quota covers.
 */
async function mustChoose(
  context: WorkspacesContext,
  tx: Tx,
  choice: Choice,
  versionId: TemplateVersionId,
): Promise<ChosenBuild> {
  const { input, current } = choice;
  if (versionId === current.templateVersionId && input.parameters === undefined) return current;
  const { version, resolved } = await resolveFor(context, tx, choice, versionId);
  if (resolved.kind === "ok") {
    if (versionId !== current.templateVersionId)
      await admitUpdate(context, tx, { workspace: choice.workspace, version });
    return { templateVersionId: versionId, parameters: resolved.values };
  }
  const problems = resolved.problems.map(({ parameter, reason }) => ({ field: `parameters.${parameter}`, reason }));
  const [first] = resolved.problems;
  throw new CodedError("invalid_parameter", `Parameter "${first?.parameter}": ${first?.reason}.`, { problems });
}

async function resolveFor(
  context: WorkspacesContext,
  tx: Tx,
  { input, current, forms }: Choice,
  versionId: TemplateVersionId,
): Promise<{ readonly version: VersionDefinition; readonly resolved: ResolveResult }> {
  const version = await context.versions.get(tx, versionId);
  if (version === undefined) throw new Error(`The version ${versionId} is not there.`);
  const resolved = carryOver({
    definitions: forms.get(versionId) ?? version.parameters,
    userValues: input.parameters ?? {},
    previousValues: current.parameters,
  });
  return { version, resolved };
}
