import { type Static, Type } from "typebox";
import { ides } from "../ides.ts";
import { ImageFacts } from "../image-facts.ts";
import { nameLengthMax } from "../limits.ts";
import { closed, Instant } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const ImageFinding = Type.Object({
  check: Type.String(),
  /** `error`: it does not work; `warning`: it works, and something is missing. */
  severity: Type.Union([Type.Literal("ok"), Type.Literal("warning"), Type.Literal("error")]),
  message: Type.String(),
  next: Type.Union([Type.String(), Type.Null()]),
});

const IdeFindings = Type.Object({
  ide: Type.Enum(ides),
  displayName: Type.String(),
  findings: Type.Array(ImageFinding),
});

/** What a pool's image has for people and their editors, as the agent of one of its first prebuilds saw it. */
export const PoolImage = Type.Object({
  agent: Type.String(),
  at: Instant,
  /** Of any session, with an editor or without. */
  sessions: Type.Array(ImageFinding),
  ides: Type.Array(IdeFindings),
});
export type PoolImage = Static<typeof PoolImage>;

export const WorkspaceIdes = Type.Object({
  agent: Type.String(),
  /** The workspace's host as `prewarm config-ssh` names it, unless another prefix was chosen there. */
  host: Type.String(),
  /** Where editors are opened; `/` where neither the template nor the agent says another one. */
  folder: Type.String(),
  /** What the agent sees at this moment; null where it could not be asked. */
  facts: Type.Union([ImageFacts, Type.Null()]),
  /** Why the agent could not be asked; null where it was. */
  problem: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
  /** Of any session, with an editor or without; empty where the agent could not be asked. */
  sessions: Type.Array(ImageFinding),
  ides: Type.Array(
    Type.Object({
      ...IdeFindings.properties,
      /** Opens the editor on the person's machine, after `prewarm config-ssh`. */
      link: Type.String(),
    }),
  ),
});
export type WorkspaceIdes = Static<typeof WorkspaceIdes>;

export const ideRoutes = {
  listIdes: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/ides",
    tag: "workspaces",
    summary: "Editors with the links that open them in a workspace, and what its image lacks for each at this moment.",
    credential: "user",
    access: "workspace_user",
    params: Type.Object({ workspace: Type.String() }),
    query: Type.Object(
      {
        agent: Type.Optional(Type.String({ maxLength: nameLengthMax })),
        /** Absolute; the agent's `directory`, or its home, unless said. */
        folder: Type.Optional(Type.String({ pattern: "^/", maxLength: 4_096 })),
      },
      closed,
    ),
    response: WorkspaceIdes,
  },
} as const satisfies Record<string, RouteDefinition>;
