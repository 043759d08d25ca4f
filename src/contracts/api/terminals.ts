import { Type } from "typebox";
import { Terminal, TerminalId, TerminalName } from "../terminals.ts";
import { closed } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

/** The agent by name; the workspace's first unless said. */
const query = Type.Object({ agent: Type.Optional(Type.String({ maxLength: 64 })) });
const ofTerminal = Type.Object({ workspace: Type.String(), terminal: TerminalId });

export const terminalRoutes = {
  listTerminals: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/terminals",
    tag: "terminals",
    summary: "The terminals of a workspace's agent: those that run, and those that have ended of late.",
    credential: "user",
    access: "workspace_user",
    params: Type.Object({ workspace: Type.String() }),
    query,
    response: Type.Object({ terminals: Type.Array(Terminal) }),
  },
  renameTerminal: {
    method: "PUT",
    path: "/api/v1/workspaces/:workspace/terminals/:terminal",
    tag: "terminals",
    summary: "Name a terminal.",
    credential: "user",
    access: "workspace_user",
    params: ofTerminal,
    query,
    body: Type.Object({ name: TerminalName }, closed),
    response: Terminal,
  },
  closeTerminal: {
    method: "DELETE",
    path: "/api/v1/workspaces/:workspace/terminals/:terminal",
    tag: "terminals",
    summary: "End a terminal: its programs are hung up, and ended when they do not listen.",
    credential: "user",
    access: "workspace_user",
    params: ofTerminal,
    query,
    response: Terminal,
  },
} as const satisfies Record<string, RouteDefinition>;
