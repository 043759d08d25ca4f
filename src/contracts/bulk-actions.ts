/** What can be done with many workspaces at once. `update`: start with the template's active version. */
export const bulkActions = ["start", "stop", "update", "extend", "delete"] as const;
export type BulkAction = (typeof bulkActions)[number];
