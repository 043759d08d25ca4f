import { createContext, useContext, useEffect, useId } from "react";

/** What the page on screen offers to do, as its buttons and menus say it. */
export interface OfferedAction {
  readonly label: string;
  /** Why it cannot be done now. */
  readonly disabledBecause?: string | undefined;
  readonly run: () => void;
}

/** Where a button or a menu stands, and so with what it does something. */
export type OfferPlace =
  | { readonly kind: "page" }
  | { readonly kind: "row"; readonly id: string; readonly name: string }
  /** Whatever is selected in a list. */
  | { readonly kind: "selection"; readonly name: string };

export const pageHead: OfferPlace = { kind: "page" };
/** What can be done in one of these places can be done from the palette, too. */
export const OfferedFrom = createContext<OfferPlace | null>(null);

interface Offer {
  readonly place: OfferPlace;
  readonly actions: readonly OfferedAction[];
}

export interface OfferedGroup {
  readonly heading: string;
  readonly actions: readonly OfferedAction[];
}

/** What is done with no thing in particular, but on the page. */
export const doHere = "Do here";
const offered = new Map<string, Offer>();

/** What can be done at this moment: first with the row that is meant, then with what is selected, then on the page. */
export function offeredGroups(): readonly OfferedGroup[] {
  const rowId = rowMeant();
  const offers = [...offered.values()];
  const group = (heading: string | undefined, is: (place: OfferPlace) => boolean): readonly OfferedGroup[] => {
    const actions = offers.filter(({ place }) => is(place)).flatMap((offer) => offer.actions);
    return heading === undefined || actions.length === 0 ? [] : [{ heading, actions }];
  };
  const isMeant = (place: OfferPlace): boolean => place.kind === "row" && place.id === rowId;
  const isSelection = ({ kind }: OfferPlace): boolean => kind === "selection";
  const nameOf = (is: (place: OfferPlace) => boolean): string | undefined =>
    offers.flatMap(({ place }) => (place.kind !== "page" && is(place) ? [place.name] : []))[0];
  return [
    ...group(nameOf(isMeant), isMeant),
    ...group(nameOf(isSelection), isSelection),
    ...group(doHere, ({ kind }) => kind === "page"),
  ];
}

/** The row that has the focus, else the only one that is selected. */
function rowMeant(): string | undefined {
  const focused = document.activeElement?.closest<HTMLElement>("tr[data-row-id]");
  if (focused !== null && focused !== undefined) return focused.dataset["rowId"];
  const [first, ...others] = document.querySelectorAll<HTMLElement>('tr[data-row-id][data-selected="true"]');
  return others.length === 0 ? first?.dataset["rowId"] : undefined;
}

/** Offers what a button or a menu does, as long as it is shown in a place that is offered from. */
export function useOffer(actions: readonly OfferedAction[]): void {
  const id = useId();
  const place = useContext(OfferedFrom);
  // At each rendering: the reasons change, and what is run has to be the newest.
  useEffect(() => {
    if (place !== null && actions.length > 0) offered.set(id, { place, actions });
    else offered.delete(id);
  });
  useEffect(() => () => void offered.delete(id), [id]);
}
