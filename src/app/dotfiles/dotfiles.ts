import type { Dotfiles, SetDotfiles } from "../../contracts/api/dotfiles.ts";
import { CodedError } from "../../contracts/errors.ts";
import { repositoryProblem } from "../../contracts/git-repository.ts";
import { dotfilesOf, takeDotfiles, wantDotfilesRun, writeDotfiles } from "../../db/people/dotfiles.ts";
import type { AppContext } from "../app-context.ts";
import { auditOwn, type OwnEntry } from "../audit/audit-own.ts";
import type { Actor } from "../authorize.ts";
import { requireWorkspace } from "../workspaces/workspaces.ts";

/** Errors: `not_found`. */
export async function seeDotfiles(context: AppContext, actor: Actor): Promise<Dotfiles> {
  const dotfiles = await dotfilesOf(context.db, actor.userId);
  if (dotfiles === null) throw noDotfiles();
  return dotfiles;
}

/** Errors: `invalid_request`, `not_found` where nothing is set that could be changed. */
export async function setDotfiles(context: AppContext, actor: Actor, input: SetDotfiles): Promise<Dotfiles> {
  const repositoryReason = input.repository === undefined ? undefined : repositoryProblem(input.repository);
  if (repositoryReason !== undefined) throw invalid("repository", repositoryReason);
  if (input.folder?.split("/").includes("..") === true) throw invalid("folder", "it leaves the repository");
  if (input.branch?.includes("..") === true) throw invalid("branch", "no branch has two dots in its name");
  return await context.db.transaction("set dotfiles", async (tx) => {
    const before = await takeDotfiles(tx, actor.userId);
    const repository = input.repository ?? before?.repository;
    if (repository === undefined) throw noDotfiles();
    // Of another repository, branch and folder of the one before mean nothing.
    const same = repository === before?.repository ? before : undefined;
    const dotfiles: Dotfiles = {
      repository,
      branch: input.branch ?? same?.branch ?? "",
      folder: input.folder ?? same?.folder ?? "",
      isOn: input.isOn ?? before?.isOn ?? true,
    };
    await writeDotfiles(tx, actor.userId, dotfiles);
    await auditOwn(context, tx, { ...of(actor), action: "dotfiles.set", detail: dotfiles });
    return dotfiles;
  });
}

/** Errors: `not_found`. */
export async function clearDotfiles(context: AppContext, actor: Actor): Promise<void> {
  await context.db.transaction("clear dotfiles", async (tx) => {
    const before = await takeDotfiles(tx, actor.userId);
    if (before === null) throw noDotfiles();
    await writeDotfiles(tx, actor.userId, null);
    await auditOwn(context, tx, { ...of(actor), action: "dotfiles.clear", detail: { repository: before.repository } });
  });
}

/**
 * Has a workspace run its owner's dotfiles once more. It is a number in the claim record, which is looked at again until it is
 * done: a stopped workspace runs them at its next start.
 * Errors: `not_found`; `conflict` where the owner has none, or has switched them off.
 */
export async function runDotfiles(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string },
): Promise<{ repository: string; isConnected: boolean }> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  const dotfiles = await dotfilesOf(context.db, workspace.owner_id);
  const who = workspace.owner_id === actor.userId ? "You have" : `${workspace.owner} has`;
  if (dotfiles === null) {
    const next = "`prewarm dotfiles set REPOSITORY` sets them.";
    throw new CodedError("conflict", `${who} no dotfiles that could be run.`, { next });
  }
  if (!dotfiles.isOn) {
    throw new CodedError("conflict", `${who} switched dotfiles off.`, { next: "`prewarm dotfiles set --on`" });
  }
  await context.db.transaction("run dotfiles", async (tx) => wantDotfilesRun(tx, workspace.id));
  const isConnected = workspace.agents.some((agent) => agent.is_connected);
  return { repository: dotfiles.repository, isConnected };
}

function of(actor: Actor): Pick<OwnEntry, "actor" | "id" | "of"> {
  return { actor, id: actor.userId, of: actor.username };
}

function noDotfiles(): CodedError {
  return new CodedError("not_found", "You have no dotfiles.", { next: "`prewarm dotfiles set REPOSITORY` sets them." });
}

function invalid(field: string, reason: string): CodedError {
  const message = `The ${field} cannot be used: ${reason}.`;
  return new CodedError("invalid_request", message, { problems: [{ field, reason }] });
}
