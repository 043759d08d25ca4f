import type { User } from "../../contracts/api/identity.ts";
import type { PageDefinition } from "../pages/page-definition.ts";
import { createStore } from "../state/store.ts";

const known = createStore<readonly PageDefinition[]>([]);

/** Every page there is. Told once, when the program is put together: the shell must not import what it frames. */
export function setPages(pages: readonly PageDefinition[]): void {
  known.set(pages);
}

/** The pages with an entry in the menu, from the top. */
export function menuEntries(): readonly PageDefinition[] {
  const withEntry = known.get().filter(({ menu }) => menu !== undefined);
  return withEntry.toSorted((one, other) => (one.menu?.place ?? 0) - (other.menu?.place ?? 0));
}

/** The pages that somebody may go to. */
export function reachablePages(me: User): readonly PageDefinition[] {
  return known.get().filter(({ menu }) => menu?.isFor?.(me) !== false);
}

/** Where a page is when none of its optional parts is named. */
export const addressOfPage = ({ path }: PageDefinition): string => path.replaceAll(/\/\{-\$\w+\}/g, "");

/** Whether it was built: nothing leads to a page that was not. */
export const hasPage = (path: string): boolean => known.get().some((page) => page.path === path);
