import type { AgentMetadataItemView } from "../../../contracts/api/agent-metadata.ts";
import { durationWords } from "../../components/time-words.ts";

/** Characters of a value that are shown before its whole is asked for. */
const shortLengthMax = 80;

/** The beginning of a value that is long, or has several lines; the value itself where it is neither. */
export function shortValue(value: string): { readonly text: string; readonly isCut: boolean } {
  const [line = ""] = value.split(/\r?\n|\r/u);
  const characters = Array.from(line);
  const text = characters.length > shortLengthMax ? characters.slice(0, shortLengthMax).join("").trimEnd() : line;
  const isCut = text !== value;
  return { text: isCut ? `${text}…` : text, isCut };
}

/** How long ago it was found: "now", "12 s ago", "2 min 5 s ago"; and that it should be newer. */
export function ageWords(
  { collectedAt, isStale }: Pick<AgentMetadataItemView, "collectedAt" | "isStale">,
  nowMs: number,
): string {
  if (collectedAt === null) return "not found yet";
  const agoMs = nowMs - Date.parse(collectedAt);
  const ago = agoMs < 1_000 ? "now" : `${durationWords(agoMs)} ago`;
  return isStale ? `${ago}, stale` : ago;
}
