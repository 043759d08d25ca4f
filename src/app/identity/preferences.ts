import type { ChangePreferences, Preferences } from "../../contracts/api/preferences.ts";
import { CodedError } from "../../contracts/errors.ts";
import { favouritesMax, savedViewsMax } from "../../contracts/limits.ts";
import { existingWorkspaces, preferencesOf, takePreferences, writePreferences } from "../../db/people/preferences.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isAdministrator } from "../authorize.ts";

const none: Preferences = { favourites: [], views: [] };

export async function seePreferences(context: AppContext, actor: Actor): Promise<Preferences> {
  return (await preferencesOf(context.db, actor.userId)) ?? none;
}

/**
 * A favourite that is no workspace of his, or is gone, is left out and tells nothing.
 * Errors: `conflict` where there would be more than are kept.
 */
export async function changePreferences(
  context: AppContext,
  actor: Actor,
  changes: ChangePreferences,
): Promise<Preferences> {
  const looker = { userId: actor.userId, seesAll: isAdministrator(actor) };
  return await context.db.transaction("change preferences", async (tx) => {
    const changed = changedBy(changes, (await takePreferences(tx, actor.userId)) ?? none);
    const existing = await existingWorkspaces(tx, changed.favourites, looker);
    const preferences = { ...changed, favourites: changed.favourites.filter((id) => existing.has(id)) };
    refuseMore(preferences.favourites.length, favouritesMax, "favourites");
    refuseMore(preferences.views.length, savedViewsMax, "saved views");
    await writePreferences(tx, actor.userId, preferences);
    return preferences;
  });
}

function changedBy(
  { addFavourites = [], removeFavourites = [], saveView, forgetView }: ChangePreferences,
  { favourites, views }: Preferences,
): Preferences {
  const gone = [saveView, forgetView];
  const kept = views.filter((view) => !gone.some((one) => one?.list === view.list && one.name === view.name));
  const removed = new Set(removeFavourites);
  return {
    favourites: [...new Set([...favourites, ...addFavourites])].filter((id) => !removed.has(id)),
    views: saveView === undefined ? kept : [...kept, saveView],
  };
}

function refuseMore(count: number, most: number, what: string): void {
  if (count <= most) return;
  throw new CodedError("conflict", `You would have ${count} ${what}; at most ${most} are kept.`, {
    next: "Take some away first.",
  });
}
