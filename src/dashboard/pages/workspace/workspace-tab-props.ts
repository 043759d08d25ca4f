import type { User } from "../../../contracts/api/identity.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";

/** What each tab of a workspace's page is given. */
export interface WorkspaceTabProps {
  readonly workspace: Workspace;
  readonly me: User;
}
