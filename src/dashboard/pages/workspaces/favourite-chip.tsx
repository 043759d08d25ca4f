import { Chip } from "../../components/chip.tsx";
import { type SearchQuery, termOf, withTerm } from "../../search/query-language.ts";

interface FavouriteChipProps {
  readonly query: SearchQuery;
  readonly onChange: (text: string) => void;
}

/** Favourites alone, or all. */
export function FavouriteChip({ query, onChange }: FavouriteChipProps) {
  const isOn = termOf(query, "favourite") === "yes";
  return (
    <Chip isOn={isOn} onClick={() => onChange(withTerm(query, "favourite", isOn ? undefined : "yes"))}>
      favourites
    </Chip>
  );
}
