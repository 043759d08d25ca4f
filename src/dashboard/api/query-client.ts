import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api-error.ts";

const retriesMax = 2;

/** Nothing is asked for twice within this, by two parts of a page that want the same. */
const freshMs = 1_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: freshMs,
      retry: (failures, error) =>
        failures < retriesMax && error instanceof ApiError && error.isPassing && error.code !== "unreachable",
      // Polling and the live channel do this, with the page's visibility in view.
      refetchOnWindowFocus: false,
      refetchOnReconnect: true,
      networkMode: "always",
    },
    mutations: { retry: false, networkMode: "always" },
  },
});
