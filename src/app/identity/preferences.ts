import type { Preferences, SetPreferences } from "../../contracts/api/preferences.ts";
import { existingWorkspaces, preferencesOf, takePreferences, writePreferences } from "../../db/people/preferences.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";

const none: Preferences = { favourites: [], views: [] };

export async function seePreferences(context: AppContext, actor: Actor): Promise<Preferences> {
  return (await preferencesOf(context.db, actor.userId)) ?? none;
}

/** What is left out stays. A favourite that is no workspace of his, or is gone, is left out and tells nothing. */
export async function setPreferences(context: AppContext, actor: Actor, input: SetPreferences): Promise<Preferences> {
  const looker = { userId: actor.userId, seesAll: actor.role === "administrator" };
  return await context.db.transaction("set preferences", async (tx) => {
    const before = (await takePreferences(tx, actor.userId)) ?? none;
    const wanted = input.favourites ?? before.favourites;
    const existing = wanted.length === 0 ? new Set<string>() : await existingWorkspaces(tx, wanted, looker);
    const preferences: Preferences = {
      favourites: wanted.filter((id) => existing.has(id)),
      views: input.views ?? before.views,
    };
    await writePreferences(tx, actor.userId, preferences);
    return preferences;
  });
}
