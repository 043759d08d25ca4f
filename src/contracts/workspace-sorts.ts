/** What a list of workspaces can be sorted by. `state`: by group; `last_used`: by when it was used last. */
export const workspaceSorts = ["name", "created", "last_used", "state", "deadline", "template"] as const;
export type WorkspaceSort = (typeof workspaceSorts)[number];
