import type { User } from "../../contracts/api/identity.ts";
import { addressOfPage, reachablePages } from "../shell/menu-entries.ts";

interface Place {
  readonly label: string;
  readonly address: string;
  /** The keys that go there, where there are any. */
  readonly aside: string;
}

/** Every page that stands by itself, and the parts that pages name. */
export function placesFor(me: User): readonly Place[] {
  return reachablePages(me).flatMap((page) => [
    // A page with an entry stands by itself.
    ...(page.menu === undefined
      ? []
      : [
          {
            label: page.menu.label,
            address: addressOfPage(page),
            aside: page.menu.key === undefined ? "" : `g ${page.menu.key}`,
          },
        ]),
    ...(page.places ?? []).map(({ label, address }) => ({ label, address, aside: "" })),
  ]);
}
