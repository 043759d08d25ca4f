import type { Workspace } from "./api/workspaces.ts";

/** What somebody may want of a workspace. */
export const workspaceActions = ["start", "stop", "delete", "extend", "rename", "connect"] as const;
export type WorkspaceAction = (typeof workspaceActions)[number];

/** What the answer depends on. */
export type WorkspaceFacts = Pick<
  Workspace,
  "name" | "owner" | "status" | "isPrebuild" | "isUsable" | "deadlineAt" | "dormantAt"
>;

export interface Viewer {
  readonly username: string;
  readonly role: "administrator" | "member";
}

/** Whether it can be done, or why not, in words for people. */
export type Permission = { readonly isAllowed: true } | { readonly isAllowed: false; readonly because: string };

type Status = Workspace["status"];

const allowed: Permission = { isAllowed: true };
const refused = (because: string): Permission => ({ isAllowed: false, because });

/** A build is under way: what is asked for then is answered with `build_in_progress`. */
const busyWords: Readonly<Partial<Record<Status, string>>> = {
  pending: "It waits for a provisioner: wait for it, or cancel its job.",
  starting: "It is starting.",
  stopping: "It is stopping.",
  deleting: "It is being deleted.",
  canceling: "Its build is being cancelled.",
};

interface Rule {
  readonly refuses: (workspace: WorkspaceFacts, viewer: Viewer) => boolean;
  readonly because: (workspace: WorkspaceFacts) => string;
}

const isBusy = ({ status }: WorkspaceFacts): boolean => busyWords[status] !== undefined;
const notWhile = (status: Status, words: string): Rule => ({
  refuses: (workspace) => workspace.status === status,
  because: () => words,
});
const notBusy: Rule = { refuses: isBusy, because: ({ status }) => busyWords[status] ?? "" };
const exists: Rule = notWhile("deleted", "It is deleted.");

const everyAction: readonly Rule[] = [
  exists,
  {
    refuses: ({ isPrebuild }) => isPrebuild,
    because: () => "It is an unclaimed prebuild: its pool alone looks after it.",
  },
  {
    refuses: ({ owner }, { username, role }) => owner !== username && role !== "administrator",
    because: ({ owner }) => `It belongs to ${owner}: only its owner and administrators may do this.`,
  },
];

const ownRules: Readonly<Record<WorkspaceAction, readonly Rule[]>> = {
  start: [notBusy, notWhile("running", "It is running already.")],
  stop: [notBusy, notWhile("stopped", "It is stopped already.")],
  delete: [notBusy],
  rename: [],
  extend: [
    { refuses: ({ status }) => status !== "running", because: () => "It does not run, so nothing stops it." },
    { refuses: ({ deadlineAt }) => deadlineAt === null, because: () => "It has no deadline: nothing stops it." },
  ],
  connect: [
    {
      refuses: ({ owner }, { username }) => owner !== username,
      because: ({ owner }) => `Only its owner, ${owner}, may work in it.`,
    },
    { refuses: ({ status }) => status !== "running", because: () => "Start it first." },
    { refuses: ({ isUsable }) => !isUsable, because: () => "Its agent is not ready yet." },
  ],
};

/**
 * What a workspace's state and a person's role permit: the first rule that refuses says why. The server decides by its
 * own statements; this says beforehand what it would answer.
 */
export function canDo(action: WorkspaceAction, workspace: WorkspaceFacts, viewer: Viewer): Permission {
  for (const { refuses, because } of [...everyAction, ...ownRules[action]]) {
    if (refuses(workspace, viewer)) return refused(because(workspace));
  }
  return allowed;
}

/** The reason alone, for a button; undefined where nothing stands in the way. */
export function refusalOf(action: WorkspaceAction, workspace: WorkspaceFacts, viewer: Viewer): string | undefined {
  const permission = canDo(action, workspace, viewer);
  return permission.isAllowed ? undefined : permission.because;
}
