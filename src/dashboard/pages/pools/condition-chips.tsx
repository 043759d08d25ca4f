import { poolConditions } from "../../../contracts/states.ts";
import { Chip } from "../../components/chip.tsx";
import { type SearchQuery, termOf, withTerm } from "../../search/query-language.ts";

interface ConditionChipsProps {
  readonly query: SearchQuery;
  /** Of all pools; absent while they are asked for. */
  readonly counts: Readonly<Record<(typeof poolConditions)[number], number>> | undefined;
  readonly onChange: (text: string) => void;
}

/** How pools are, with how many are so; each writes its term into the search. */
export function ConditionChips({ query, counts, onChange }: ConditionChipsProps) {
  const chosen = termOf(query, "condition");
  return (
    <div role="group" aria-label="Condition" className="flex flex-wrap gap-1.5">
      {poolConditions.map((condition) => (
        <Chip
          key={condition}
          isOn={chosen === condition}
          onClick={() => onChange(withTerm(query, "condition", chosen === condition ? undefined : condition))}
        >
          {condition}
          {counts === undefined ? null : ` ${counts[condition]}`}
        </Chip>
      ))}
    </div>
  );
}
