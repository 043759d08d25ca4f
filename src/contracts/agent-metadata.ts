import { type Static, Type } from "typebox";
import { agentMetadataMax } from "./agent-settings.ts";

/** What a script printed counts up to here. */
export const metadataValueBytesMax = 2_048;
export const metadataErrorLengthMax = 256;
/** What was found anew and is as before is told by then, so that its age is right. */
export const metadataRefreshMs = 15_000;
/** Beside two of its intervals, before an item is stale: it may be late, and is told of at its agent's leisure. */
export const metadataStaleGraceMs = 30_000;

/** Agents of which one server keeps the metadata, and the characters that it keeps of them all; beyond either, of no more. */
export const metadataAgentsMax = 20_000;
export const metadataCharactersMax = 33_554_432;
/** Whoever watches one workspace is told of its metadata this far apart at least. */
export const metadataPokeIntervalMs = 1_000;

/** How one item of an agent's metadata is now. */
export const AgentMetadataValue = Type.Object({
  key: Type.String({ minLength: 1, maxLength: 128 }),
  name: Type.String({ maxLength: 128 }),
  value: Type.String({ maxLength: metadataValueBytesMax }),
  /** Why the script has not ended well; empty when it has. */
  error: Type.String({ maxLength: metadataErrorLengthMax }),
  /** When the value was found for the last time; null before the first time. */
  collectedAt: Type.Union([Type.Null(), Type.String({ maxLength: 32 })]),
  /** How often it is looked for. An agent that does not say so has none that is stale. */
  intervalMs: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Items are shown by it, and by their keys where it is the same. */
  order: Type.Integer(),
});
export type AgentMetadataValue = Static<typeof AgentMetadataValue>;

export const AgentMetadataValues = Type.Array(AgentMetadataValue, { maxItems: agentMetadataMax });
