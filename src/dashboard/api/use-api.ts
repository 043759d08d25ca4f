import { keepPreviousData, type QueryKey, useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { CallInput } from "../../client/client.ts";
import type { ResponseOf } from "../../contracts/api/route.ts";
import type { RouteId, Routes } from "../../contracts/api/routes.ts";
import type { ApiError } from "./api-error.ts";
import { call } from "./call.ts";

interface Asking<Id extends RouteId> {
  /** From `keys`. */
  readonly key: QueryKey;
  readonly input: CallInput<Id>;
  readonly isEnabled?: boolean;
  /** Show the page before while the next one comes. */
  readonly keepsPrevious?: boolean;
  /** Ask again after so long although nothing is heard, for what changes while one looks; by what was answered last. */
  readonly everyMs?: number | undefined | ((last: ResponseOf<Routes[Id]> | undefined) => number | undefined);
}

/** What a route answers, kept under its key and asked for again when there is news of it. */
export function useApi<Id extends RouteId>(
  id: Id,
  { key, input, isEnabled = true, keepsPrevious = false, everyMs }: Asking<Id>,
): UseQueryResult<ResponseOf<Routes[Id]>, ApiError> {
  return useQuery<ResponseOf<Routes[Id]>, ApiError>({
    queryKey: key,
    queryFn: async ({ signal }) => await call(id, { ...input, signal }),
    enabled: isEnabled,
    ...(keepsPrevious ? { placeholderData: keepPreviousData } : {}),
    refetchInterval: (query) => (typeof everyMs === "function" ? everyMs(query.state.data) : everyMs) ?? false,
  });
}
