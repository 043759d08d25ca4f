import { Chip } from "../../components/chip.tsx";
import { type SearchQuery, termOf, withTerm } from "../../search/query-language.ts";

const groups = ["running", "starting", "stopped", "failed", "dormant"] as const;

interface StatusChipsProps {
  readonly query: SearchQuery;
  readonly onChange: (text: string) => void;
}

/** The five groups by which people look for workspaces; each writes its term into the search. */
export function StatusChips({ query, onChange }: StatusChipsProps) {
  const isDormant = termOf(query, "dormant") === "yes";
  return (
    <div role="group" aria-label="State" className="flex flex-wrap gap-1.5">
      {groups.map((group) => {
        const [key, value] = group === "dormant" ? ["dormant", "yes"] : ["status", group];
        const isOn = group === "dormant" ? isDormant : termOf(query, "status") === group;
        return (
          <Chip key={group} isOn={isOn} onClick={() => onChange(withTerm(query, key, isOn ? undefined : value))}>
            {group}
          </Chip>
        );
      })}
    </div>
  );
}
