import type { AgentMetadata } from "../../contracts/api/agent-metadata.ts";
import { shownMetadata, type ToldMetadata } from "../../domain/metadata/shown-metadata.ts";
import type { AppContext } from "../app-context.ts";

/** The last report of an agent, as its server keeps it. */
export type KeptMetadata = ToldMetadata;

/** What people are shown of it now. */
export function shownAgentMetadata({ clock }: Pick<AppContext, "clock">, kept: KeptMetadata): AgentMetadata {
  return { state: "known", items: shownMetadata(kept, clock.now().getTime()) };
}
