import { type Static, Type } from "typebox";
import { favouritesMax, savedViewNameLengthMax, savedViewSearchLengthMax, savedViewsMax } from "../limits.ts";
import { closed, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

/** A list as somebody likes to see it, under a name. */
const SavedView = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: savedViewNameLengthMax }),
    /** The list it is of. */
    list: Type.Enum(["workspaces", "pools", "templates", "queue"]),
    /** What stands after the `?` of the list's address, without it. */
    search: Type.String({ maxLength: savedViewSearchLengthMax }),
  },
  closed,
);
export type SavedView = Static<typeof SavedView>;

export const Preferences = Type.Object(
  {
    /** Ids of workspaces, in the order in which they became favourites. One that is gone is left out when they are set. */
    favourites: Type.Array(Uuid, { maxItems: favouritesMax, uniqueItems: true }),
    views: Type.Array(SavedView, { maxItems: savedViewsMax }),
  },
  closed,
);
export type Preferences = Static<typeof Preferences>;

const Favourites = Preferences.properties.favourites;

/** What is added and what is taken away: whoever has seen an older state undoes nothing that another page has done since. */
const ChangePreferences = Type.Object(
  {
    addFavourites: Type.Optional(Favourites),
    removeFavourites: Type.Optional(Favourites),
    /** One of the same list and name is replaced. */
    saveView: Type.Optional(SavedView),
    forgetView: Type.Optional(Type.Pick(SavedView, ["list", "name"], closed)),
  },
  { ...closed, minProperties: 1 },
);
export type ChangePreferences = Static<typeof ChangePreferences>;

const own = { tag: "identity", credential: "user", access: "signed_in", path: "/api/v1/users/me/preferences" } as const;

export const preferenceRoutes = {
  getPreferences: {
    ...own,
    method: "GET",
    summary: "Your favourite workspaces and your saved views of lists.",
    response: Preferences,
  },
  changePreferences: {
    ...own,
    method: "POST",
    summary: "Add favourites or take them away, save a view or forget one.",
    body: ChangePreferences,
    response: Preferences,
  },
} as const satisfies Record<string, RouteDefinition>;
