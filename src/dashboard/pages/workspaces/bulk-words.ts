import type { BulkAction } from "../../../contracts/bulk-actions.ts";
import type { User } from "../../../contracts/api/identity.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { canDo } from "../../../contracts/workspace-actions.ts";

export const verbs: Readonly<Record<BulkAction, string>> = {
  start: "Start",
  stop: "Stop",
  update: "Update",
  extend: "Extend",
  delete: "Delete",
};

export const pastVerbs: Readonly<Record<BulkAction, string>> = {
  start: "are started",
  stop: "are stopped",
  update: "are updated",
  extend: "run an hour longer",
  delete: "are deleted",
};

/** What is lost or changed by it. */
export const effects: Readonly<Record<BulkAction, string>> = {
  start: "Each gets a run with a deadline of its own.",
  stop: "What runs in them ends. What their templates keep on volumes is there again when they are started.",
  update: "Each is built with its template's active version: what runs in it ends, and parts of it may be replaced.",
  extend: "Each is stopped an hour later than now planned, as far as its template allows.",
  delete: "They are ended, with all their files. This cannot be taken back.",
};

export const countWords = (count: number): string => `${count} ${count === 1 ? "workspace" : "workspaces"}`;

export interface Forecast {
  readonly willBe: readonly Workspace[];
  readonly wontBe: readonly { readonly workspace: Workspace; readonly because: string }[];
}

/** What the contract says beforehand of each. */
export function forecast(action: BulkAction, workspaces: Iterable<Workspace>, me: User): Forecast {
  const willBe: Workspace[] = [];
  const wontBe: { workspace: Workspace; because: string }[] = [];
  for (const workspace of workspaces) {
    const permission = canDo(action, workspace, me);
    if (permission.isAllowed) willBe.push(workspace);
    else wontBe.push({ workspace, because: permission.because });
  }
  return { willBe, wontBe };
}
