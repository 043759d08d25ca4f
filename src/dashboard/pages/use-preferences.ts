import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Preferences, SetPreferences } from "../../contracts/api/preferences.ts";
import type { ApiError } from "../api/api-error.ts";
import { call } from "../api/call.ts";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";
import { showToast } from "../components/toasts.ts";

const none: Preferences = { favourites: [], views: [] };

interface Known extends Preferences {
  readonly change: UseMutationResult<Preferences, ApiError, SetPreferences>["mutate"];
}

/** What the person has chosen to see first, and how to change it: it is seen at once, and taken back where the server refuses. */
export function usePreferences(): Known {
  const key = keys.account("preferences");
  const client = useQueryClient();
  const { data = none } = useApi("getPreferences", { key, input: {} });
  const { mutate } = useMutation<Preferences, ApiError, SetPreferences, { before: Preferences }>({
    mutationFn: async (body) => await call("setPreferences", { body }),
    onMutate: async (changes) => {
      await client.cancelQueries({ queryKey: key });
      const before = client.getQueryData<Preferences>(key) ?? none;
      client.setQueryData<Preferences>(key, {
        favourites: changes.favourites ?? before.favourites,
        views: changes.views ?? before.views,
      });
      return { before };
    },
    onSuccess: (answer) => client.setQueryData<Preferences>(key, answer),
    onError: ({ message, next }, _, kept) => {
      client.setQueryData<Preferences>(key, kept?.before ?? none);
      showToast({ tone: "bad", text: `${message} ${next}` });
    },
  });
  return { ...data, change: mutate };
}
