import { useRouter, useRouterState } from "@tanstack/react-router";
import { useCallback } from "react";

export type UrlParams = Readonly<Record<string, string>>;

/** Texts as they are: what looks like a number in an address is a text here too. */
export function parseSearch(search: string): UrlParams {
  return Object.fromEntries(new URLSearchParams(search));
}

export function renderSearch(params: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (typeof value === "string" && value !== "") query.set(key, value);
  }
  return query.size === 0 ? "" : `?${query.toString()}`;
}

/** What the address says after its `?`, and how to change it: an empty text takes a key away. */
export function useUrlState(): readonly [UrlParams, (changes: UrlParams) => void] {
  const router = useRouter();
  const params = useRouterState({ select: (state) => state.location.search as UrlParams });
  const change = useCallback(
    (changes: UrlParams) => {
      const { pathname, search } = router.state.location;
      const next = renderSearch({ ...(search as UrlParams), ...changes });
      if (next === renderSearch(search as UrlParams)) return;
      void router.navigate({ href: `${pathname}${next}`, replace: true, resetScroll: false });
    },
    [router],
  );
  return [params, change];
}

/** Goes to a page, by its path below the server's own. */
export function useGoTo(): (to: string) => void {
  const router = useRouter();
  return useCallback((to) => void router.navigate({ href: hrefOf(router.basepath, to) }), [router]);
}

/** As `useGoTo`, with the page that was here left out of what the browser goes back to. */
export function useReplaceWith(): (to: string) => void {
  const router = useRouter();
  return useCallback((to) => void router.navigate({ href: hrefOf(router.basepath, to), replace: true }), [router]);
}

const hrefOf = (basepath: string, to: string): string => `${basepath === "/" ? "" : basepath}${to}`;
