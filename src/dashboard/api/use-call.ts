import { type QueryKey, useMutation, type UseMutationResult, useQueryClient } from "@tanstack/react-query";
import type { CallInput } from "../../client/client.ts";
import type { ResponseOf } from "../../contracts/api/route.ts";
import type { RouteId, Routes } from "../../contracts/api/routes.ts";
import type { ApiError } from "./api-error.ts";
import { call } from "./call.ts";

/**
 * A route that changes something. Queries whose keys begin as one of `refreshes` are asked again afterwards.
 *
 * @param onDone is called also where news of the change has taken away what asked for it. What `mutate` is given is
 * not, and fits what is done to the asking part itself: closing it, or going on from it.
 */
export function useCall<Id extends RouteId>(
  id: Id,
  refreshes: readonly QueryKey[] = [],
  onDone?: (answer: ResponseOf<Routes[Id]>) => void,
): UseMutationResult<ResponseOf<Routes[Id]>, ApiError, CallInput<Id>> {
  const client = useQueryClient();
  return useMutation<ResponseOf<Routes[Id]>, ApiError, CallInput<Id>>({
    mutationFn: async (input) => await call(id, input),
    onSuccess: (answer) => onDone?.(answer),
    onSettled: async () => {
      await Promise.all(refreshes.map(async (queryKey) => await client.invalidateQueries({ queryKey })));
    },
  });
}
