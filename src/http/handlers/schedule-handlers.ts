import { changeTemplatePolicy, getTemplateLifecycle } from "../../app/templates/template-lifecycle.ts";
import { changeDormancy } from "../../app/workspaces/dormancy.ts";
import { changeSchedule, extendDeadline, getSchedule, getWeek } from "../../app/workspaces/schedule.ts";
import type { scheduleRoutes } from "../../contracts/api/schedules.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function scheduleHandlers(deps: HttpDeps): Handlers<keyof typeof scheduleRoutes> {
  return {
    getWorkspaceSchedule: async ({ caller, params }) => await getSchedule(deps, caller, params),
    getWorkspaceWeek: async ({ caller, params, query }) => await getWeek(deps, caller, { ...query, ...params }),
    setWorkspaceSchedule: async ({ caller, params, body }) =>
      await changeSchedule(deps, caller, { ...params, ...body }),
    extendWorkspace: async ({ caller, params, body }) => await extendDeadline(deps, caller, { ...params, ...body }),
    setWorkspaceDormancy: async ({ caller, params, body }) =>
      await changeDormancy(deps, caller, { ...params, ...body }),
    getTemplateLifecycle: async ({ caller, params, query }) =>
      await getTemplateLifecycle(deps, caller, { ...query, ...params }),
    setTemplateLifecycle: async ({ caller, params, query, body }) =>
      await changeTemplatePolicy(deps, caller, { ...query, ...params, ...body }),
  };
}
