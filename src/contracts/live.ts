import { type Static, Type } from "typebox";
import type { JobId, PresetId, WorkspaceId } from "./ids.ts";
import { liveTopicLengthMax, liveTopicsMax } from "./limits.ts";

/** What a client wants to hear of: the whole set each time, so that sending it twice changes nothing. */
export const LiveSubscribe = Type.Object(
  {
    kind: Type.Literal("subscribe"),
    topics: Type.Array(Type.String({ maxLength: liveTopicLengthMax }), { maxItems: liveTopicsMax }),
  },
  { additionalProperties: false },
);
export type LiveSubscribe = Static<typeof LiveSubscribe>;

/** `at` is the server's time, by which a page knows how far its own clock is off. */
export const LiveFrame = Type.Union([
  /** At the beginning, and again and again as a sign of life, which a page cannot ask for. */
  Type.Object({ kind: Type.Literal("hello"), at: Type.String(), version: Type.String() }),
  /** Look again. The first one of each topic says that it is heard from now on. */
  Type.Object({ kind: Type.Literal("poke"), topic: Type.String(), at: Type.String() }),
  /** Nothing of this topic comes, or nothing more: it is none, or the caller may not see what it is about. */
  Type.Object({ kind: Type.Literal("refused"), topic: Type.String(), code: Type.String() }),
]);
export type LiveFrame = Static<typeof LiveFrame>;

export type LiveTopic =
  | { readonly kind: "workspace"; readonly id: WorkspaceId }
  /** What the agents of a workspace found by the scripts of their metadata. */
  | { readonly kind: "metadata"; readonly id: WorkspaceId }
  /** Of the caller. */
  | { readonly kind: "workspaces_of_me" }
  | { readonly kind: "workspaces"; readonly organization: string }
  | { readonly kind: "pools"; readonly organization: string }
  | { readonly kind: "pool"; readonly presetId: PresetId }
  | { readonly kind: "jobs"; readonly organization: string }
  | { readonly kind: "job"; readonly id: JobId }
  | { readonly kind: "templates"; readonly organization: string }
  | { readonly kind: "inbox" }
  | { readonly kind: "settings" }
  | { readonly kind: "daemons" };

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** As `namePattern` of manifests. */
const organizationPattern = /^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$/;

/** @returns undefined for what is no topic. */
export function readLiveTopic(text: string): LiveTopic | undefined {
  const [kind, of, ...rest] = text.split(":");
  if (rest.length > 0) return undefined;
  if (of === undefined) return kind === "inbox" || kind === "settings" || kind === "daemons" ? { kind } : undefined;
  switch (kind) {
    case "workspace":
    case "metadata":
      return uuidPattern.test(of) ? { kind, id: of as WorkspaceId } : undefined;
    case "pool":
      return uuidPattern.test(of) ? { kind, presetId: of as PresetId } : undefined;
    case "job":
      return uuidPattern.test(of) ? { kind, id: of as JobId } : undefined;
    case "workspaces":
      if (of === "me") return { kind: "workspaces_of_me" };
      return organizationPattern.test(of) ? { kind, organization: of } : undefined;
    case "pools":
    case "jobs":
    case "templates":
      return organizationPattern.test(of) ? { kind, organization: of } : undefined;
    default:
      return undefined;
  }
}
