import { type Static, Type } from "typebox";
import { dotfilesFolderLengthMax, gitBranchLengthMax, gitRepositoryLengthMax } from "../limits.ts";
import { closed, Empty } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const Dotfiles = Type.Object({
  repository: Type.String(),
  /** Empty: the one that the repository names. */
  branch: Type.String(),
  /** In the repository; empty for its top. */
  folder: Type.String(),
  /** Whether workspaces run them. */
  isOn: Type.Boolean(),
});
export type Dotfiles = Static<typeof Dotfiles>;

/** What is left out stays as it is. */
const SetDotfiles = Type.Object(
  {
    repository: Type.Optional(Type.String({ minLength: 1, maxLength: gitRepositoryLengthMax })),
    branch: Type.Optional(
      Type.String({ maxLength: gitBranchLengthMax, pattern: "^([A-Za-z0-9_][A-Za-z0-9._/+-]*)?$" }),
    ),
    folder: Type.Optional(
      Type.String({ maxLength: dotfilesFolderLengthMax, pattern: "^([A-Za-z0-9_.][\\x20-\\x7e]*)?$" }),
    ),
    isOn: Type.Optional(Type.Boolean()),
  },
  { ...closed, minProperties: 1 },
);
export type SetDotfiles = Static<typeof SetDotfiles>;

const own = { tag: "dotfiles", credential: "user", access: "signed_in", path: "/api/v1/dotfiles" } as const;

export const dotfilesRoutes = {
  getDotfiles: { ...own, method: "GET", summary: "Your own dotfiles.", response: Dotfiles },
  setDotfiles: {
    ...own,
    method: "PUT",
    summary: "Set your own dotfiles, which your workspaces run once they are yours.",
    body: SetDotfiles,
    response: Dotfiles,
  },
  clearDotfiles: { ...own, method: "DELETE", summary: "Have no dotfiles any more.", response: Empty },
  runDotfiles: {
    method: "POST",
    path: "/api/v1/workspaces/:workspace/dotfiles",
    tag: "dotfiles",
    summary: "Have a workspace fetch and run its owner's dotfiles once more; a stopped one does at its next start.",
    credential: "user",
    access: "workspace_owner",
    params: Type.Object({ workspace: Type.String({ maxLength: 128 }) }),
    response: Type.Object({
      repository: Type.String(),
      /** Whether an agent is connected that can run them now. */
      isConnected: Type.Boolean(),
    }),
  },
} as const satisfies Record<string, RouteDefinition>;
