import type { Query, QueryKey } from "@tanstack/react-query";
import { useEffect } from "react";

const leaving = new Set<string>();

const nameOf = (queryKey: QueryKey): string => JSON.stringify(queryKey.slice(0, 2));

/**
 * What its own page is deleting is not asked for again: the news of it are of its deletion, and may be here before the
 * deletion's own answer.
 *
 * @param queryKey of the thing, from `keys`; what begins with it is of it
 */
export function useLeaving(queryKey: QueryKey, isLeaving: boolean): void {
  const name = nameOf(queryKey);
  useEffect(() => {
    if (!isLeaving) return undefined;
    leaving.add(name);
    return () => void leaving.delete(name);
  }, [name, isLeaving]);
}

/** For whoever asks again by himself, be it on news or from time to time. */
export const isWanted = ({ queryKey }: Query): boolean => !leaving.has(nameOf(queryKey));
