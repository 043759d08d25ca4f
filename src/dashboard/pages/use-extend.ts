import { useMutation, type UseMutationResult, useQueryClient } from "@tanstack/react-query";
import type { WorkspaceSchedule } from "../../contracts/api/schedules.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import type { ApiError } from "../api/api-error.ts";
import { call } from "../api/call.ts";
import { absoluteTime } from "../components/time-words.ts";
import { showToast } from "../components/toasts.ts";

/** Moves the deadline of a workspace by so many milliseconds, and says where it is then. */
export function useExtend({
  id,
  name,
}: Pick<Workspace, "id" | "name">): UseMutationResult<WorkspaceSchedule, ApiError, number> {
  const client = useQueryClient();
  return useMutation<WorkspaceSchedule, ApiError, number>({
    mutationFn: async (byMs) => await call("extendWorkspace", { params: { workspace: id }, body: { byMs } }),
    onSuccess: ({ deadlineAt }) => {
      if (deadlineAt === null) return;
      showToast({ tone: "ok", text: `${name} runs until ${absoluteTime(Date.parse(deadlineAt))}.` });
    },
    onError: ({ message, next }) => showToast({ tone: "bad", text: `${message} ${next}` }),
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["workspaces"] }),
        client.invalidateQueries({ queryKey: ["workspace"] }),
      ]);
    },
  });
}
