import { getAgentLogs } from "../../app/jobs/jobs.ts";
import { bulkWorkspaces } from "../../app/workspaces/bulk-workspaces.ts";
import { createWorkspace } from "../../app/workspaces/create-workspace.ts";
import { countVisibleWorkspaces, listVisibleWorkspaces } from "../../app/workspaces/list-workspaces.ts";
import { orphanWorkspace } from "../../app/workspaces/orphan-workspace.ts";
import { previewCreation } from "../../app/workspaces/preview-creation.ts";
import { rename } from "../../app/workspaces/rename-workspace.ts";
import { createBuild, getBuild, getWorkspace, listBuilds } from "../../app/workspaces/workspaces.ts";
import type { workspaceBulkRoutes } from "../../contracts/api/workspaces-bulk.ts";
import type { workspaceRoutes } from "../../contracts/api/workspaces.ts";
import type { WorkspaceId } from "../../contracts/ids.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";
import { openEventStream } from "../event-stream.ts";
import { measureCreation } from "../measure.ts";

export function workspaceHandlers(
  deps: HttpDeps,
): Handlers<keyof typeof workspaceRoutes | keyof typeof workspaceBulkRoutes> {
  return {
    createWorkspace: async (call) => {
      const { caller, query, body } = call;
      const gone = body.mode === "wait" ? call.gone : undefined;
      return await measureCreation(deps, async () => createWorkspace(deps, caller, { ...query, ...body }, gone));
    },
    previewWorkspace: async ({ caller, query, body }) => await previewCreation(deps, caller, { ...query, ...body }),
    listWorkspaces: async ({ caller, query }) => await listVisibleWorkspaces(deps, caller, query),
    countWorkspaces: async ({ caller, query }) => await countVisibleWorkspaces(deps, caller, query),
    bulkWorkspaces: async ({ caller, body, gone }) => await bulkWorkspaces(deps, caller, body, gone),
    getWorkspace: async ({ caller, params }) => await getWorkspace(deps, caller, params.workspace),
    createBuild: async ({ caller, params, body }) => await createBuild(deps, caller, { ...params, ...body }),
    orphanWorkspace: async ({ caller, params }) => await orphanWorkspace(deps, caller, params.workspace),
    renameWorkspace: async ({ caller, params, body }) => await rename(deps, caller, { ...params, ...body }),
    listBuilds: async ({ caller, params, query }) => await listBuilds(deps, caller, { ...query, ...params }),
    getBuild: async ({ caller, params }) => getBuild(deps, caller, params),
    getAgentLogs: async ({ caller, params, query, gone }) => {
      const asked = { ...query, ...params };
      return await deps.searches.counted(caller, query.search, () => getAgentLogs(deps, caller, asked, gone));
    },
    watchWorkspace: async (call) => {
      const { caller, params } = call;
      const first = await getWorkspace(deps, caller, params.workspace);
      await openEventStream(deps, { call, topics: [`workspace:${first.id as WorkspaceId}`] }, async (send) => {
        // By its id from now on: it may be renamed, and a deleted one is still told about.
        const workspace = await getWorkspace(deps, caller, first.id);
        await send("workspace", workspace);
        return workspace.status === "deleted" ? "ended" : "open";
      });
    },
  };
}
