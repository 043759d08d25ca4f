import {
  addGroupMembers,
  createGroup,
  editGroup,
  getGroup,
  listOrganizationGroups,
  removeGroup,
  removeGroupMember,
} from "../../app/groups/groups.ts";
import { getQuota } from "../../app/groups/quota.ts";
import type { groupRoutes } from "../../contracts/api/groups.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function groupHandlers(deps: HttpDeps): Handlers<keyof typeof groupRoutes> {
  return {
    listGroups: async ({ caller, query }) => await listOrganizationGroups(deps, caller, query),
    getGroup: async ({ caller, params, query }) => await getGroup(deps, caller, { ...query, ...params }),
    createGroup: async ({ caller, query, body }) => await createGroup(deps, caller, { ...query, ...body }),
    editGroup: async ({ caller, params, query, body }) =>
      await editGroup(deps, caller, { ...query, ...params, ...body }),
    deleteGroup: async ({ caller, params, query }) => {
      await removeGroup(deps, caller, { ...query, ...params });
      return {};
    },
    addGroupMembers: async ({ caller, params, query, body }) =>
      await addGroupMembers(deps, caller, { ...query, ...params, ...body }),
    removeGroupMember: async ({ caller, params, query }) =>
      await removeGroupMember(deps, caller, { ...query, ...params }),
    getQuota: async ({ caller, query }) => await getQuota(deps, caller, query),
  };
}
