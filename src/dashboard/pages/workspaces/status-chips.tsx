import type { WorkspaceCounts } from "../../../contracts/api/workspaces-bulk.ts";
import { workspaceGroups } from "../../../contracts/workspace-groups.ts";
import { Chip } from "../../components/chip.tsx";
import { type SearchQuery, termOf, withTerm } from "../../search/query-language.ts";

interface StatusChipsProps {
  readonly query: SearchQuery;
  /** How many are in each, under the same search; absent while nobody has said. */
  readonly counts: WorkspaceCounts | undefined;
  readonly onChange: (text: string) => void;
}

/** The five groups by which people look for workspaces; each writes its term into the search. */
export function StatusChips({ query, counts, onChange }: StatusChipsProps) {
  const chosen = termOf(query, "status");
  return (
    <div role="group" aria-label="State" className="flex flex-wrap gap-1.5">
      {workspaceGroups.map((group) => (
        <Chip
          key={group}
          isOn={chosen === group}
          onClick={() => onChange(withTerm(query, "status", chosen === group ? undefined : group))}
        >
          {group}{" "}
          {counts === undefined ? null : (
            <span className="ml-0.5 tabular-nums">
              {counts.groups[group]}
              {counts.isComplete ? "" : "+"}
            </span>
          )}
        </Chip>
      ))}
    </div>
  );
}
