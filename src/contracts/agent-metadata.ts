import { type Static, Type } from "typebox";
import { agentMetadataMax } from "./agent-settings.ts";

/** What a script printed counts up to here. */
export const metadataValueBytesMax = 2_048;
export const metadataErrorLengthMax = 256;

/** How one item of an agent's metadata is now. */
export const AgentMetadataValue = Type.Object({
  key: Type.String({ minLength: 1, maxLength: 128 }),
  name: Type.String({ maxLength: 128 }),
  value: Type.String({ maxLength: metadataValueBytesMax }),
  /** Why the script has not ended well; empty when it has. */
  error: Type.String({ maxLength: metadataErrorLengthMax }),
  /** When the value was found for the last time; null before the first time. */
  collectedAt: Type.Union([Type.Null(), Type.String({ maxLength: 32 })]),
  /** Items are shown by it, and by their keys where it is the same. */
  order: Type.Integer(),
});
export type AgentMetadataValue = Static<typeof AgentMetadataValue>;

export const AgentMetadataValues = Type.Array(AgentMetadataValue, { maxItems: agentMetadataMax });
