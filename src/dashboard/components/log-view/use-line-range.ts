import { useRouter, useRouterState } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { type LineRange, lineRangeText, readLineRange } from "./line-range.ts";

/** The lines that the address names, and how to have it name others. */
export function useLineRange(): readonly [LineRange | null, (range: LineRange) => void] {
  const router = useRouter();
  const hash = useRouterState({ select: (state) => state.location.hash });
  const range = useMemo(() => readLineRange(hash), [hash]);
  const change = useCallback(
    (next: LineRange) => {
      const { pathname, searchStr } = router.state.location;
      void router.navigate({
        href: `${pathname}${searchStr}#${lineRangeText(next)}`,
        replace: true,
        resetScroll: false,
        hashScrollIntoView: false,
      });
    },
    [router],
  );
  return [range, change];
}
