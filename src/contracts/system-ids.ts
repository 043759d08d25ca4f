import type { OrganizationId, UserId } from "./ids.ts";

/** The system user who owns every unclaimed prebuild. He cannot sign in. */
export const prebuildsUserId = "00000000-0000-4000-8000-000000000001" as UserId;
export const prebuildsUsername = "prebuilds";

/** The group of everybody in the organization: nobody is added to it. */
export const everyoneGroupName = "everyone";
/** The group whose allowance the unclaimed prebuilds of the organization share. */
export const prebuildsGroupName = "prebuilds";

/**
 * The system user in whose name the lifecycle executor acts. He cannot sign in. No person's name has a full stop, so
 * his is never taken.
 */
export const lifecycleUserId = "00000000-0000-4000-8000-000000000002" as UserId;
export const lifecycleUsername = "system.lifecycle";

/** The organization that every deployment starts with. */
export const defaultOrganizationId = "00000000-0000-4000-8000-000000000010" as OrganizationId;
export const defaultOrganizationName = "default";
