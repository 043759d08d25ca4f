import type { Workspace } from "./api/workspaces.ts";
import type { ErrorCode } from "./errors.ts";
import { isJobFinished, type JobStatus } from "./states.ts";

/** What somebody may want of a workspace. `update`: to start it with its template's active version. */
export const workspaceActions = [
  "start",
  "stop",
  "update",
  "delete",
  "extend",
  "rename",
  "schedule",
  "sleep",
  "wake",
  "connect",
] as const;
export type WorkspaceAction = (typeof workspaceActions)[number];

/** What the answer depends on. */
export type WorkspaceFacts = Pick<
  Workspace,
  | "name"
  | "owner"
  | "organization"
  | "status"
  | "lost"
  | "trouble"
  | "isPrebuild"
  | "isUsable"
  | "isOutdated"
  | "deadlineAt"
  | "dormantAt"
> & {
  readonly latestBuild: Pick<Workspace["latestBuild"], "transition" | "status">;
  readonly agents: readonly Pick<Workspace["agents"][number], "isConnected">[];
};

export interface Viewer {
  readonly username: string;
  readonly role: "administrator" | "member";
  readonly organizations?: readonly { readonly name: string; readonly role: string }[];
}

/**
 * Whether it can be done, or why not, in words for people. `code` is what the server answers to whoever asks all the
 * same; `needless`: the server would do it, and nobody would be better off, so that nothing offers it and an act upon
 * many passes over it.
 */
export type Permission =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly because: string; readonly code: ErrorCode | "needless" };

interface Rule {
  readonly refuses: (workspace: WorkspaceFacts, viewer: Viewer) => boolean;
  readonly because: (workspace: WorkspaceFacts) => string;
  readonly code: ErrorCode | "needless";
}

const busyWords: Readonly<Record<Workspace["latestBuild"]["transition"], string>> = {
  start: "It is starting.",
  stop: "It is stopping.",
  delete: "It is being deleted.",
};

function busyText({ latestBuild: { transition, status } }: WorkspaceFacts): string {
  if (status === "pending") return "It waits for a provisioner: wait for it, or cancel its job.";
  return status === "canceling" ? "Its build is being cancelled." : busyWords[transition];
}

const isUnderWay = ({ latestBuild }: WorkspaceFacts): boolean => !isJobFinished(latestBuild.status);
const isEnded = (status: JobStatus): boolean => status === "failed" || status === "canceled";
/** Its delete has not failed: it is gone soon. */
const isInDeletion = ({ latestBuild: { transition, status } }: WorkspaceFacts): boolean =>
  transition === "delete" && !isEnded(status);
const isManaged = ({ owner, isPrebuild, organization }: WorkspaceFacts, viewer: Viewer): boolean =>
  viewer.role === "administrator" ||
  (isPrebuild
    ? (viewer.organizations ?? []).some(({ name, role }) => name === organization && role === "template_admin")
    : owner === viewer.username);

const deleted: Rule = {
  refuses: ({ status }) => status === "deleted",
  because: () => "It is deleted.",
  code: "not_found",
};
const whose: Rule = {
  refuses: (workspace, viewer) => !isManaged(workspace, viewer),
  because: ({ owner, isPrebuild }) =>
    isPrebuild
      ? "It is an unclaimed prebuild: only template admins and administrators may do this."
      : `It belongs to ${owner}: only its owner and administrators may do this.`,
  // Its existence is not told.
  code: "not_found",
};
const notOfPools: Rule = {
  refuses: ({ isPrebuild }) => isPrebuild,
  because: () => "It is an unclaimed prebuild: its pool alone looks after it.",
  code: "prebuild_immutable",
};
const notBusy: Rule = { refuses: isUnderWay, because: busyText, code: "build_in_progress" };
/** A prebuild whose delete failed is of no use to anybody: its pool deletes it again. */
const notGivenUp: Rule = {
  refuses: ({ isPrebuild, latestBuild: { transition } }) => isPrebuild && transition === "delete",
  because: () => "Its delete failed, and is tried again by itself.",
  code: "build_in_progress",
};
const needless = (refuses: Rule["refuses"], because: string): Rule => ({
  refuses,
  because: () => because,
  code: "needless",
});

const ownRules: Readonly<Record<WorkspaceAction, readonly Rule[]>> = {
  start: [
    notBusy,
    notGivenUp,
    // What is lost, or has something wrong in it, is started again.
    needless(
      ({ status, lost, trouble }) => status === "running" && lost === undefined && trouble === undefined,
      "It is running already.",
    ),
  ],
  update: [
    notBusy,
    notGivenUp,
    notOfPools,
    needless(({ isOutdated }) => !isOutdated, "It has its template's active version already."),
  ],
  stop: [notBusy, notGivenUp, needless(({ status }) => status === "stopped", "It is stopped already.")],
  delete: [
    // A delete does not wait for what has not begun: that is cancelled.
    {
      refuses: (workspace) =>
        isUnderWay(workspace) &&
        (workspace.latestBuild.status !== "pending" || workspace.latestBuild.transition === "delete"),
      because: busyText,
      code: "build_in_progress",
    },
  ],
  rename: [notOfPools, { refuses: isInDeletion, because: () => "It is being deleted.", code: "conflict" }],
  schedule: [notOfPools],
  extend: [
    notOfPools,
    {
      refuses: ({ deadlineAt }) => deadlineAt === null,
      because: ({ status }) =>
        status === "running" ? "It has no deadline: nothing stops it." : "It does not run, so nothing stops it.",
      code: "conflict",
    },
    needless(({ latestBuild }) => isEnded(latestBuild.status), "It does not run, so nothing stops it."),
  ],
  sleep: [notOfPools, notBusy, needless(({ dormantAt }) => dormantAt !== null, "It is dormant already.")],
  wake: [notOfPools, needless(({ dormantAt }) => dormantAt === null, "It is not dormant.")],
  connect: [
    {
      refuses: ({ owner }, { username }) => owner !== username,
      because: ({ owner }) => `Only its owner, ${owner}, may work in it.`,
      code: "forbidden",
    },
    {
      refuses: ({ agents }) => agents[0]?.isConnected !== true,
      because: ({ status }) => (status === "running" ? "Its agent is not connected." : "Start it first."),
      code: "agent_unavailable",
    },
    {
      refuses: ({ isUsable }) => !isUsable,
      because: ({ status }) => (status === "running" ? "Its agent is not ready yet." : "It does not run."),
      code: "needless",
    },
  ],
};

/** Of one that is deleted nothing is left that an agent could run in: `connect` finds that out by itself. */
const rulesOf = (action: WorkspaceAction): readonly Rule[] =>
  action === "connect" ? [whose, ...ownRules.connect] : [whose, deleted, ...ownRules[action]];

/**
 * What a workspace's state and a person's role permit: the first rule that refuses says why. The server decides by its
 * own statements; `test/db/workspace-actions.test.ts` compares what it answers with this, state by state.
 */
export function canDo(action: WorkspaceAction, workspace: WorkspaceFacts, viewer: Viewer): Permission {
  for (const { refuses, because, code } of rulesOf(action)) {
    if (refuses(workspace, viewer)) return { isAllowed: false, because: because(workspace), code };
  }
  return { isAllowed: true };
}

/** The reason alone, for a button; undefined where nothing stands in the way. */
export function refusalOf(action: WorkspaceAction, workspace: WorkspaceFacts, viewer: Viewer): string | undefined {
  const permission = canDo(action, workspace, viewer);
  return permission.isAllowed ? undefined : permission.because;
}
