import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { LogPage } from "../../../contracts/api/logs.ts";
import type { ApiError } from "../../api/api-error.ts";
import { type LogSource, searchAt } from "./use-log-lines.ts";

/** Answers after which it is not asked on by itself, to count what the bound of one search leaves out. */
const answersMax = 20;

/** What the server has found so far of a text in the whole log. */
export interface WholeSearch {
  /** Cursors of the lines that are known. */
  readonly ids: readonly number[];
  /** How many there are, or more if not `isCounted`. */
  readonly matches: number;
  readonly isCounted: boolean;
  /** Up to this cursor all matches are in `ids`. */
  readonly knownTo: number;
  readonly hasMore: boolean;
}

interface ServerSearch {
  /** Undefined before it has answered, and while it need not be asked. */
  readonly whole: WholeSearch | undefined;
  readonly isAsking: boolean;
  readonly error: ApiError | null;
  readonly askAgain: () => void;
  /** Asks on from what is known; undefined where that failed, which `error` says. */
  readonly askOn: () => Promise<WholeSearch | undefined>;
}

/** Asks the server for a text in a log of which not all is in memory. */
export function useServerSearch(source: LogSource, needle: string, isNeeded: boolean): ServerSearch {
  const name = source.kind === "job" ? source.jobId : source.workspaceId;
  const query = useInfiniteQuery<LogPage, ApiError, readonly LogPage[], readonly string[], number>({
    // No news has it asked again: lines that come are in memory, and searched there.
    queryKey: ["log search", source.kind, name, needle],
    queryFn: async ({ pageParam, signal }) => await searchAt(source, needle, { after: pageParam, signal }),
    initialPageParam: 0,
    getNextPageParam: ({ found }) => found?.next ?? undefined,
    select: ({ pages }) => pages,
    enabled: isNeeded && needle !== "",
    staleTime: Infinity,
    gcTime: 0,
  });
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query;
  const last = data?.at(-1);
  const isUncounted = last?.found?.isWhole === false && last.found.matches === last.entries.length;
  const isAskedOn = isUncounted && (data?.length ?? 0) < answersMax;
  useEffect(() => {
    if (isAskedOn && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [isAskedOn, hasNextPage, isFetching, isError, fetchNextPage]);
  return {
    whole: wholeOf(data),
    isAsking: isFetching,
    error: query.error,
    askAgain: () => void (data === undefined ? query.refetch() : fetchNextPage()),
    askOn: async () => {
      const asked = await fetchNextPage();
      return asked.isError ? undefined : wholeOf(asked.data);
    },
  };
}

function wholeOf(pages: readonly LogPage[] | undefined): WholeSearch | undefined {
  const found = pages?.at(-1)?.found;
  if (pages === undefined || found === undefined) return undefined;
  const ids = pages.flatMap(({ entries }) => entries.map(({ id }) => id));
  const before = ids.length - (pages.at(-1)?.entries.length ?? 0);
  const knownTo = found.next ?? ids.at(-1) ?? 0;
  return {
    ids,
    matches: before + found.matches,
    isCounted: found.isWhole,
    knownTo,
    hasMore: found.next !== null,
  };
}
