import { type UseMutationResult, useMutation, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import type { ChangePreferences, Preferences } from "../../contracts/api/preferences.ts";
import type { ApiError } from "../api/api-error.ts";
import { call } from "../api/call.ts";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";
import { showToast } from "../components/toasts.ts";

const none: Preferences = { favourites: [], views: [] };

interface Known extends Preferences {
  /** What asking for them failed with is in it. */
  readonly query: UseQueryResult<Preferences, ApiError>;
  readonly change: UseMutationResult<Preferences, ApiError, ChangePreferences>["mutate"];
}

/** What the person has chosen to see first, and how to change it: a star is seen at once, and taken back where the server refuses. */
export function usePreferences(): Known {
  const key = keys.preferences;
  const client = useQueryClient();
  const query = useApi("getPreferences", { key, input: {} });
  const { mutate } = useMutation<Preferences, ApiError, ChangePreferences>({
    mutationFn: async (body) => await call("changePreferences", { body }),
    onMutate: async ({ addFavourites = [], removeFavourites = [] }) => {
      await client.cancelQueries({ queryKey: key });
      client.setQueryData<Preferences>(key, (before) =>
        before === undefined
          ? undefined
          : {
              ...before,
              favourites: [...before.favourites.filter((id) => !removeFavourites.includes(id)), ...addFavourites],
            },
      );
    },
    onSuccess: (answer) => client.setQueryData<Preferences>(key, answer),
    onError: ({ message, next }) => {
      void client.invalidateQueries({ queryKey: key });
      showToast({ tone: "bad", text: `${message} ${next}` });
    },
  });
  return { ...(query.data ?? none), query, change: mutate };
}
