import type { QueryKey } from "../api/keys.ts";

/** A query that is on screen: its key, and what it was answered last. */
export interface SeenQuery {
  readonly queryKey: QueryKey;
  readonly data: unknown;
}

/** First parts of keys that the news of an organization are about. */
const ofOrganization: Readonly<Record<string, readonly string[]>> = {
  workspaces: ["workspaces"],
  templates: ["templates", "pools"],
  template: ["templates", "pools"],
  form: ["templates"],
  pools: ["pools"],
  preview: ["pools"],
  pool: ["pools"],
  jobs: ["jobs"],
};
const asTheyAre: ReadonlySet<string> = new Set(["inbox", "settings"]);

/** What has to be heard of so that what is on screen stays current; the reverse is `keysOfTopic`. */
export function topicsOf(queries: readonly SeenQuery[], organizations: readonly string[]): readonly string[] {
  const topics = new Set<string>();
  for (const { queryKey, data } of queries) {
    const [kind, of] = queryKey.map(String);
    if (kind === undefined) continue;
    if (asTheyAre.has(kind)) topics.add(kind);
    if ((kind === "admin" || kind === "jobs") && of === "daemons") topics.add("daemons");
    if (kind === "workspaces") topics.add("workspaces:me");
    if (kind === "metadata" && of !== undefined) topics.add(`metadata:${of}`);
    if (kind === "job" && of !== undefined) topics.add(`job:${of}`);
    const id = kind === "workspace" && queryKey.length === 2 ? idOf(data) : undefined;
    if (id !== undefined) topics.add(`workspace:${id}`);
    for (const topic of ofOrganization[kind] ?? []) for (const name of organizations) topics.add(`${topic}:${name}`);
  }
  return [...topics].sort();
}

function idOf(data: unknown): string | undefined {
  const id = typeof data === "object" && data !== null && "id" in data ? data.id : undefined;
  return typeof id === "string" ? id : undefined;
}
