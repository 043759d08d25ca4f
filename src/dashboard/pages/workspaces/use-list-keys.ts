import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { User } from "../../../contracts/api/identity.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { refusalOf, type WorkspaceAction } from "../../../contracts/workspace-actions.ts";
import type { ApiError } from "../../api/api-error.ts";
import { call } from "../../api/call.ts";
import { showToast } from "../../components/toasts.ts";
import { useGoTo } from "../../state/url-state.ts";
import { workspaceAddress } from "../workspace-state.tsx";

const hourMs = 3_600_000;
type Keyed = Extract<WorkspaceAction, "connect" | "start" | "extend">;

/**
 * `t` opens a terminal, `s` starts and `e` extends the workspace of the row; what its state does not permit is said. A key
 * alone stops nothing: whoever meant another row would lose his work.
 */
export function useListKeys(me: User): Readonly<Record<string, (workspace: Workspace) => void>> {
  const client = useQueryClient();
  const goTo = useGoTo();
  const act = useMutation<unknown, ApiError, { readonly workspace: Workspace; readonly action: "start" | "extend" }>({
    mutationFn: async ({ workspace: { id }, action }) =>
      action === "start"
        ? await call("createBuild", { params: { workspace: id }, body: { transition: "start" } })
        : await call("extendWorkspace", { params: { workspace: id }, body: { byMs: hourMs } }),
    onSuccess: (_, { workspace: { name }, action }) =>
      showToast({ tone: "ok", text: action === "start" ? `${name} is started.` : `${name} runs an hour longer.` }),
    onError: ({ message, next }) => showToast({ tone: "bad", text: `${message} ${next}` }),
    onSettled: async () => await client.invalidateQueries({ queryKey: ["workspaces"] }),
  });
  const unless =
    (action: Keyed, run: (workspace: Workspace) => void) =>
    (workspace: Workspace): void => {
      const because = refusalOf(action, workspace, me);
      if (because === undefined) run(workspace);
      else showToast({ tone: "warn", text: `${workspace.name}: ${because}` });
    };
  return {
    t: unless("connect", (workspace) => goTo(`${workspaceAddress(workspace)}/terminal`)),
    s: unless("start", (workspace) => act.mutate({ workspace, action: "start" })),
    e: unless("extend", (workspace) => act.mutate({ workspace, action: "extend" })),
  };
}
