import { type QueryKey, useMutation, type UseMutationResult, useQueryClient } from "@tanstack/react-query";
import type { CallInput } from "../../client/client.ts";
import type { ResponseOf } from "../../contracts/api/route.ts";
import type { RouteId, Routes } from "../../contracts/api/routes.ts";
import type { ApiError } from "./api-error.ts";
import { call } from "./call.ts";

/** A route that changes something. Queries whose keys begin as one of `refreshes` are asked again afterwards. */
export function useCall<Id extends RouteId>(
  id: Id,
  refreshes: readonly QueryKey[] = [],
): UseMutationResult<ResponseOf<Routes[Id]>, ApiError, CallInput<Id>> {
  const client = useQueryClient();
  return useMutation<ResponseOf<Routes[Id]>, ApiError, CallInput<Id>>({
    mutationFn: async (input) => await call(id, input),
    onSettled: async () => {
      await Promise.all(refreshes.map(async (queryKey) => await client.invalidateQueries({ queryKey })));
    },
  });
}
