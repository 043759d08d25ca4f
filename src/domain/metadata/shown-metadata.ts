import { type AgentMetadataValue, metadataStaleGraceMs } from "../../contracts/agent-metadata.ts";
import type { AgentMetadataItemView } from "../../contracts/api/agent-metadata.ts";

/** What an agent told at once, and when that was: by the clock of the server that heard it. */
export interface ToldMetadata {
  readonly values: readonly AgentMetadataValue[];
  /** The agent's own time then; null where it did not say. */
  readonly toldAt: string | null;
  readonly heardAtMs: number;
}

/** As people see it, in its order: by `order`, then by key. */
export function shownMetadata(told: ToldMetadata, nowMs: number): AgentMetadataItemView[] {
  const byKey = new Map(told.values.map((value) => [value.key, value]));
  return [...byKey.values()]
    .map((value) => itemView(value, told, nowMs))
    .sort((a, b) => a.order - b.order || (a.key < b.key ? -1 : 1));
}

function itemView(item: AgentMetadataValue, told: ToldMetadata, nowMs: number): AgentMetadataItemView {
  const { key, name, value, error, order, intervalMs } = item;
  const foundAtMs = foundAt(item, told);
  const shown = { key, name: name === "" ? key : name, value, error, order };
  if (foundAtMs === null) return { ...shown, collectedAt: null, isStale: false };
  const isStale = intervalMs !== undefined && nowMs - foundAtMs > 2 * intervalMs + metadataStaleGraceMs;
  return { ...shown, collectedAt: new Date(foundAtMs).toISOString(), isStale };
}

/** By the server's clock, whatever the agent's says: only how much earlier than its report it was is taken from it. */
function foundAt({ collectedAt }: AgentMetadataValue, { toldAt, heardAtMs }: ToldMetadata): number | null {
  if (collectedAt === null) return null;
  const agoMs = toldAt === null ? heardAtMs - Date.parse(collectedAt) : Date.parse(toldAt) - Date.parse(collectedAt);
  if (!Number.isFinite(agoMs)) return heardAtMs;
  return heardAtMs - Math.min(Math.max(agoMs, 0), agoMsMax);
}

/** Earlier is as good as never: an instant that an agent has made up is not to be one that cannot be written. */
const agoMsMax = 366 * 86_400_000;
