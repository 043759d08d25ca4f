import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import type { Transition } from "../../contracts/states.ts";
import type { ApiError } from "../api/api-error.ts";
import { call } from "../api/call.ts";
import { showToast } from "../components/toasts.ts";

/** Starts, stops or deletes a workspace, and has what shows it asked for again. */
export function useTransition(workspace: Pick<Workspace, "id">) {
  const client = useQueryClient();
  return useMutation<Workspace, ApiError, Transition>({
    mutationFn: async (transition) =>
      await call("createBuild", { params: { workspace: workspace.id }, body: { transition } }),
    onError: ({ message, next }) => showToast({ tone: "bad", text: `${message} ${next}` }),
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["workspaces"] }),
        client.invalidateQueries({ queryKey: ["workspace"] }),
      ]);
    },
  });
}
