import { useCallback, useState } from "react";
import type { Workspace } from "../../../contracts/api/workspaces.ts";

export interface Selection {
  /** As they were when they were selected, or seen last. */
  readonly workspaces: ReadonlyMap<string, Workspace>;
  /** All that the search finds, on whatever page. */
  readonly isEverything: boolean;
}

const nothing: Selection = { workspaces: new Map(), isEverything: false };

/** What is selected, across the pages of one search: another search begins with nothing. */
export function useSelection(search: string, rows: readonly Workspace[]) {
  const [kept, setKept] = useState<{ readonly search: string; readonly selection: Selection }>({
    search,
    selection: nothing,
  });
  const selection = kept.search === search ? kept.selection : nothing;
  const set = useCallback((next: Selection): void => setKept({ search, selection: next }), [search]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const current = new Map([...selection.workspaces].map(([id, was]) => [id, byId.get(id) ?? was]));
  return {
    selection: { ...selection, workspaces: current },
    choose: (ids: ReadonlySet<string>): void => {
      const chosen = [...ids].flatMap((id) => {
        const workspace = byId.get(id) ?? current.get(id);
        return workspace === undefined ? [] : [[id, workspace] as const];
      });
      set({ workspaces: new Map(chosen), isEverything: false });
    },
    chooseEverything: (): void => set({ workspaces: byId, isEverything: true }),
    clear: (): void => set(nothing),
  };
}
