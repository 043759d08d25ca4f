import { type Static, Type } from "typebox";
import { appLinkSecondsMax } from "../app-address.ts";
import { shareLevels } from "../share-levels.ts";
import { appOpenIns } from "../manifest-apps.ts";
import { nameLengthMax, usernameLengthMax } from "../limits.ts";
import { closed, Empty, Instant, OptionalInstant, pageQuery, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";
import { AppHealthView } from "./workspaces.ts";

const Share = Type.Enum(shareLevels);
/** Name of an app, or a port, with an `s` behind it where it speaks TLS. */
const AppRefText = Type.String({ minLength: 1, maxLength: 40 });
const secondsMax = 31_536_000;

export const App = Type.Object({
  /** Name of the app, or the port. */
  app: Type.String(),
  displayName: Type.String(),
  icon: Type.Union([Type.String(), Type.Null()]),
  agent: Type.String(),
  /** Where it is opened; null for a command, and where the server has no domain for apps: `prewarm open` reaches it. */
  url: Type.Union([Type.String(), Type.Null()]),
  /** In the workspace; null for one that listens on a socket, and for a command. */
  port: Type.Union([Type.Integer(), Type.Null()]),
  /** Path of the socket on which it listens; `~/` is the workspace's home. */
  socket: Type.Union([Type.String(), Type.Null()]),
  /** What is run in a terminal, instead of anything that listens. */
  command: Type.Union([Type.String(), Type.Null()]),
  isTls: Type.Boolean(),
  /** Path and query at which it is opened. */
  path: Type.String(),
  share: Share,
  /** When it goes back to what its template says. */
  shareExpiresAt: OptionalInstant,
  /** The most that template and deployment allow. */
  maxShare: Share,
  /** As its agent found it last; null where its template does not say how to check. */
  health: Type.Union([AppHealthView, Type.Null()]),
  /** What a page that links to it opens it in. */
  openIn: Type.Enum(appOpenIns),
  isHidden: Type.Boolean(),
});
export type App = Static<typeof App>;

export const ListeningPort = Type.Object({
  port: Type.Integer(),
  agent: Type.String(),
  /** Of the program that listens, where it can be seen. */
  process: Type.Union([Type.String(), Type.Null()]),
  url: Type.Union([Type.String(), Type.Null()]),
  share: Share,
  shareExpiresAt: OptionalInstant,
});
export type ListeningPort = Static<typeof ListeningPort>;

export const SharedApp = Type.Object({
  workspaceId: Uuid,
  workspace: Type.String(),
  owner: Type.String(),
  agent: Type.String(),
  app: Type.String(),
  share: Share,
  sharedAt: Instant,
  expiresAt: OptionalInstant,
});
export type SharedApp = Static<typeof SharedApp>;

const SetShare = Type.Object(
  {
    share: Share,
    /** Seconds after which it goes back to what its template says; null: never. */
    expiresInSeconds: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: secondsMax }), Type.Null()])),
    /** The workspace's first unless said. */
    agent: Type.Optional(Type.String({ maxLength: nameLengthMax })),
  },
  closed,
);
export type SetShare = Static<typeof SetShare>;

/** What is told to those with whom it is shared; null where the server has no domain for apps. */
export const AppShared = Type.Object({ url: Type.Union([Type.String(), Type.Null()]) });
export type AppShared = Static<typeof AppShared>;

const CreateAppLink = Type.Object(
  {
    /** 900 unless said. */
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: appLinkSecondsMax })),
    /** The workspace's first unless said. */
    agent: Type.Optional(Type.String({ maxLength: nameLengthMax })),
  },
  closed,
);
export type CreateAppLink = Static<typeof CreateAppLink>;

export const AppLinkView = Type.Object({
  url: Type.String(),
  /** For another path of the same app: the parameter `prewarm_token` of its query. */
  token: Type.String(),
  expiresAt: Instant,
});
export type AppLinkView = Static<typeof AppLinkView>;

const ofWorkspace = Type.Object({ workspace: Type.String() });
const ofApp = Type.Object({ workspace: Type.String(), app: AppRefText });
const agentQuery = Type.Object({ agent: Type.Optional(Type.String({ maxLength: nameLengthMax })) }, closed);

export const appRoutes = {
  listApps: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/apps",
    tag: "apps",
    summary: "The apps that a workspace's template declares, with their addresses.",
    credential: "user",
    access: "workspace_owner",
    params: ofWorkspace,
    response: Type.Object({ apps: Type.Array(App) }),
  },
  listPorts: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/ports",
    tag: "apps",
    summary: "The TCP ports on which something listens in a workspace at this moment.",
    credential: "user",
    access: "workspace_user",
    params: ofWorkspace,
    query: agentQuery,
    response: Type.Object({ ports: Type.Array(ListeningPort) }),
  },
  listShares: {
    method: "GET",
    path: "/api/v1/shares",
    tag: "apps",
    summary: "Apps and ports that the caller shares otherwise than their templates say; administrators see anybody's.",
    credential: "user",
    access: "signed_in",
    query: Type.Object(
      {
        ...pageQuery,
        /** User name; `*` for everybody. The caller unless said. */
        owner: Type.Optional(Type.String({ maxLength: usernameLengthMax })),
        workspace: Type.Optional(Type.String({ maxLength: 128 })),
      },
      closed,
    ),
    response: Type.Object({ shares: Type.Array(SharedApp), total: Type.Integer() }),
  },
  setShare: {
    method: "PUT",
    path: "/api/v1/workspaces/:workspace/shares/:app",
    tag: "apps",
    summary: "Shares an app or a port, with an end or without, and answers its address; `owner` keeps it to oneself.",
    credential: "user",
    access: "workspace_user",
    params: ofApp,
    body: SetShare,
    response: AppShared,
  },
  createAppLink: {
    method: "POST",
    path: "/api/v1/workspaces/:workspace/apps/:app/links",
    tag: "apps",
    summary: "Makes an address that opens an app or a port as the caller, for a program, for at most an hour.",
    credential: "user",
    access: "workspace_user",
    params: ofApp,
    body: CreateAppLink,
    response: AppLinkView,
  },
  removeShare: {
    method: "DELETE",
    path: "/api/v1/workspaces/:workspace/shares/:app",
    tag: "apps",
    summary: "Takes an app or a port back to what its template says. Administrators may, too.",
    credential: "user",
    access: "workspace_owner",
    params: ofApp,
    query: agentQuery,
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
