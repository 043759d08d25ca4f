import { type WorkspaceSort, workspaceSorts } from "../../../contracts/workspace-sorts.ts";
import { workspaceStatuses } from "../../../contracts/states.ts";
import { workspaceGroups } from "../../../contracts/workspace-groups.ts";
import { type SearchQuery, termOf } from "../../search/query-language.ts";

export const searchKeys = ["owner", "template", "status", "outdated", "dormant", "favourite"] as const;
const textLengthMax = 64;

/** What the server is asked for, whatever its state. */
function wideFilterOf(query: SearchQuery) {
  const [owner, template] = [termOf(query, "owner"), termOf(query, "template")];
  const outdated = termOf(query, "outdated");
  const dormant = termOf(query, "dormant");
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(template === undefined ? {} : { template: template.slice(0, textLengthMax) }),
    ...(outdated === undefined ? {} : { outdated: isYes(outdated) }),
    ...(dormant === undefined ? {} : { dormant: isYes(dormant) }),
    ...(isYes(termOf(query, "favourite") ?? "") ? { favourite: true as const } : {}),
    ...(query.words === "" ? {} : { search: query.words.slice(0, textLengthMax) }),
  };
}

/** `status:` takes a group, or one of the statuses that a group is made of. */
export function filterOf(query: SearchQuery) {
  const asked = termOf(query, "status");
  const group = workspaceGroups.find((known) => known === asked);
  const status = workspaceStatuses.find((known) => known === asked);
  const narrowed = group === undefined ? (status === undefined ? {} : { status }) : { group };
  return { ...wideFilterOf(query), ...narrowed };
}

/** The filter whose workspaces the chips count: as if no chip were chosen. */
export const countedFilterOf = wideFilterOf;

/** A state that no workspace can have: it is named, never passed over. */
export function unknownStatusOf(query: SearchQuery): string | undefined {
  const asked = termOf(query, "status");
  const known: readonly string[] = [...workspaceGroups, ...workspaceStatuses];
  return asked === undefined || known.includes(asked) ? undefined : asked;
}

const isYes = (text: string): boolean => text === "yes" || text === "true";

/** `-name` is downwards. */
export function sortOf(text: string): { readonly sort: WorkspaceSort; readonly order: "asc" | "desc" } {
  const sort = workspaceSorts.find((known) => known === text.replace(/^-/, "")) ?? "created";
  return { sort, order: text.startsWith("-") ? "desc" : "asc" };
}
