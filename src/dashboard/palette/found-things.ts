import { useEffect, useState } from "react";
import type { ApiError } from "../api/api-error.ts";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";

const afterMs = 150;
const ofEachKind = 5;

/** A thing that the server found, and where it is. */
export interface FoundThing {
  readonly kind: "Workspace" | "Template" | "Pool" | "Person";
  readonly name: string;
  /** Beside the name: whose it is, how it is. */
  readonly aside: string;
  readonly address: string;
}

interface Found {
  readonly things: readonly FoundThing[];
  readonly isSearching: boolean;
  /** Why it may not be all that there is. */
  readonly fault: ApiError | undefined;
}

/** What the server knows by these words. It is asked once nothing was typed for a moment. */
export function useFoundThings(words: string, isAdministrator: boolean): Found {
  const search = useSettled(words.trim().slice(0, 64));
  const isEnabled = search !== "";
  const query = { search, limit: ofEachKind };
  const all = isAdministrator ? { ...query, owner: "*" } : query;
  const asking = { isEnabled, keepsPrevious: true };
  const workspaces = useApi("listWorkspaces", { key: keys.workspaces(all), input: { query: all }, ...asking });
  const templates = useApi("listTemplates", { key: keys.templates(query), input: { query }, ...asking });
  const poolQuery = { text: search, limit: ofEachKind };
  const pools = useApi("listPools", { key: keys.pools(poolQuery), input: { query: poolQuery }, ...asking });
  const people = useApi("listUsers", {
    key: keys.admin("users", query),
    input: { query },
    ...asking,
    isEnabled: isEnabled && isAdministrator,
  });
  if (!isEnabled) return { things: [], isSearching: words.trim() !== "", fault: undefined };
  const things: FoundThing[] = [
    ...(workspaces.data?.workspaces ?? []).map(({ owner, name, status }) => ({
      kind: "Workspace" as const,
      name: `${owner}/${name}`,
      aside: status,
      address: `/@${owner}/${name}`,
    })),
    ...(templates.data?.templates ?? []).map(({ name, deprecatedAt }) => ({
      kind: "Template" as const,
      name,
      aside: deprecatedAt === null ? "" : "deprecated",
      address: `/templates/${encodeURIComponent(name)}`,
    })),
    ...(pools.data?.pools ?? []).map(({ template, preset, condition, eligible, desired }) => ({
      kind: "Pool" as const,
      name: `${template} / ${preset}`,
      aside: `${condition ?? ""} ${eligible} of ${desired} ready`.trim(),
      address: `/pools/${encodeURIComponent(template)}/${encodeURIComponent(preset)}`,
    })),
    ...(people.data?.users ?? []).map(({ username, role }) => ({
      kind: "Person" as const,
      name: username,
      aside: role,
      address: `/admin/users?q=${encodeURIComponent(username)}`,
    })),
  ];
  const asked = [workspaces, templates, pools, ...(isAdministrator ? [people] : [])];
  return {
    things,
    isSearching: search !== words.trim().slice(0, 64) || asked.some(({ isFetching }) => isFetching),
    fault: asked.map(({ error }) => error).find((error) => error !== null),
  };
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
