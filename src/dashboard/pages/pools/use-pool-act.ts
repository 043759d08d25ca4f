import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ApiError } from "../../api/api-error.ts";

/** Does something to pools, and has what shows them asked for again. */
export function usePoolAct<Answer>(act: () => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation<Answer, ApiError>({
    mutationFn: act,
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["pools"] }),
        client.invalidateQueries({ queryKey: ["pool"] }),
      ]);
    },
  });
}
