import { Star } from "lucide-react";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { favouritesMax } from "../../contracts/limits.ts";
import { IconButton } from "../components/icon-button.tsx";
import { usePreferences } from "./use-preferences.ts";

/** Marks a workspace as a favourite, or takes that back; it is seen at once. */
export function FavouriteStar({ workspace: { id, name } }: { readonly workspace: Pick<Workspace, "id" | "name"> }) {
  const { favourites, query, change } = usePreferences();
  const isFavourite = favourites.includes(id);
  const isFull = !isFavourite && favourites.length >= favouritesMax;
  const because = isFull
    ? `You have ${favouritesMax} favourites already.`
    : query.data === undefined && query.error !== null
      ? "Whether it is a favourite could not be asked."
      : undefined;
  return (
    <IconButton
      label={isFavourite ? `Take ${name} from the favourites` : `Make ${name} a favourite`}
      disabledBecause={because}
      aria-pressed={isFavourite}
      icon={<Star size={15} aria-hidden className={isFavourite ? "fill-warn-line text-warn" : "text-muted"} />}
      onClick={() => change(isFavourite ? { removeFavourites: [id] } : { addFavourites: [id] })}
    />
  );
}
