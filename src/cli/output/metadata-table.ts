import type { AgentMetadata, AgentMetadataItemView } from "../../contracts/api/agent-metadata.ts";
import { visibleLine } from "../../contracts/visible-text.ts";
import type { Output } from "./output.ts";
import { relativeTime } from "./time-text.ts";

/** What an agent found, or why that could not be read. */
export interface FoundMetadata {
  readonly agent: string;
  readonly metadata: AgentMetadata | null;
  /** Empty also for a server of the release before, which has none. */
  readonly error: string;
}

type Row = AgentMetadataItemView & { readonly agent: string };

/** Characters of a value in a table; `--json` and `-o wide` have all of it. */
const valueLengthMax = 60;

/** A block for each thing that there is to say; nothing where no agent has metadata. */
export function metadataBlocks(found: readonly FoundMetadata[], output: Output, now: Date): readonly string[] {
  const rows = found.flatMap(({ agent, metadata }) => (metadata?.items ?? []).map((item): Row => ({ ...item, agent })));
  const hasSeveral = new Set(rows.map(({ agent }) => agent)).size > 1;
  const table = output.table<Row>(rows, [
    ...(hasSeveral ? [{ title: "AGENT", cell: ({ agent }: Row) => agent }] : []),
    { title: "ITEM", cell: ({ name }) => name },
    { title: "VALUE", cell: ({ value }) => shortened(visibleLine(value)) },
    { title: "FOUND", cell: (row) => foundText(row, now) },
    { title: "ERROR", cell: ({ error }) => error, paint: output.paint.red },
    { title: "WHOLE VALUE", cell: ({ value }) => value, isWide: true },
  ]);
  return [...(rows.length === 0 ? [] : [table]), ...found.flatMap(troubleOf)];
}

function foundText({ collectedAt, isStale }: Row, now: Date): string {
  if (collectedAt === null) return "not yet";
  return `${relativeTime(collectedAt, now)}${isStale ? ", stale" : ""}`;
}

function shortened(value: string): string {
  const characters = Array.from(value);
  return characters.length <= valueLengthMax ? value : `${characters.slice(0, valueLengthMax - 1).join("")}…`;
}

function troubleOf({ agent, metadata, error }: FoundMetadata): readonly string[] {
  if (error !== "") return [`The metadata of the agent "${agent}" cannot be read now: ${error}`];
  if (metadata?.state !== "left_out") return [];
  return [`The metadata of the agent "${agent}" is left out: its server keeps that of as many agents as it may.`];
}
