import { createContext, useContext, useEffect, useId } from "react";

/** What the page on screen offers to do, as its buttons say it. */
export interface OfferedAction {
  readonly label: string;
  /** Why it cannot be done now. */
  readonly disabledBecause?: string | undefined;
  readonly run: () => void;
}

/** Whether what is rendered stands in the head of a page: what can be done there can be done from the palette, too. */
export const InPageHead = createContext(false);

const offered = new Map<string, readonly OfferedAction[]>();

/** All that the page offers at this moment, in the order in which it came to be. */
export function offeredActions(): readonly OfferedAction[] {
  return [...offered.values()].flat();
}

/** Offers what a button or a menu does, as long as it is shown in the head of a page. */
export function useOffer(actions: readonly OfferedAction[]): void {
  const id = useId();
  const isInHead = useContext(InPageHead);
  // At each rendering: the reasons change, and what is run has to be the newest.
  useEffect(() => {
    if (isInHead && actions.length > 0) offered.set(id, actions);
    else offered.delete(id);
  });
  useEffect(() => () => void offered.delete(id), [id]);
}
