import { useState } from "react";
import { useUrlState } from "../../../state/url-state.ts";

export interface Panes {
  /** Of the terminals that are shown: none yet, one, or two beside each other. */
  readonly ids: readonly string[];
  /** The one that has the focus, or had it last. */
  readonly chosen: string | undefined;
  /** Shows it in place of the chosen one, or goes to it where it is shown beside. */
  choose(id: string): void;
  /** It has the focus now. */
  at(id: string): void;
  split(id: string): void;
  /** The chosen one alone. */
  join(): void;
  /** It is shown no more: the other one is alone then, or `instead` takes its place. */
  leave(id: string, instead: string): void;
}

/** Which terminals are shown is in the address, so that a page that is loaded again comes back to them. */
export function usePanes(): Panes {
  const [{ terminal = "", beside = "" }, change] = useUrlState();
  const [last, at] = useState("");
  const ids = [terminal, ...(beside === terminal ? [] : [beside])].filter((id) => id !== "");
  const chosen = ids.includes(last) ? last : ids[0];
  const show = (next: readonly string[], id: string | undefined): void => {
    at(id ?? "");
    change({ terminal: next[0] ?? "", beside: next[1] ?? "" });
  };
  const inPlaceOf = (old: string | undefined, id: string): readonly string[] =>
    old === undefined ? [id] : ids.map((one) => (one === old ? id : one));
  return {
    ids,
    chosen,
    at,
    choose: (id) => (ids.includes(id) ? at(id) : show(inPlaceOf(chosen, id), id)),
    split: (id) => show([...ids.slice(0, 1), id], id),
    join: () =>
      show(
        ids.filter((id) => id === chosen),
        chosen,
      ),
    leave: (id, instead) => {
      const others = ids.filter((one) => one !== id);
      if (others.length > 0) show(others, others[0]);
      else show([instead], instead);
    },
  };
}
