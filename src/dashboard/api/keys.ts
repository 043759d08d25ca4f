/** As the library of queries has it, whose types would bring React's into whatever reads this. */
export type QueryKey = readonly unknown[];

/** The key of every query, in one place: what news are about is told by topic, and a topic means keys. */
export const keys = {
  me: ["me"],
  preferences: ["preferences"],
  organizations: ["organizations"],
  inbox: ["inbox"],
  inboxPage: (query: object) => ["inbox", query],
  workspaces: (query: object) => ["workspaces", query],
  /** @param ref `owner/name` */
  workspace: (ref: string) => ["workspace", ref],
  workspacePart: (ref: string, part: string) => ["workspace", ref, part],
  /** Not below the workspace's own: it changes each second, and the workspace does not. */
  metadata: (workspaceId: string, agent: string) => ["metadata", workspaceId, agent],
  templates: (query: object) => ["templates", query],
  template: (name: string) => ["template", name],
  templatePart: (name: string, part: string, query: object = {}) => ["template", name, part, query],
  /** Not below the template's own: it is summed, and not to be summed again with every poke of a pool. */
  insights: (template: string, query: object) => ["insights", template, query],
  admin: (section: string, query: object = {}) => ["admin", section, query],
  account: (section: string, query: object = {}) => ["account", section, query],
  pools: (query: object) => ["pools", query],
  pool: (preset: string) => ["pool", preset],
  jobs: (query: object) => ["jobs", query],
  /** Their slots change with each job, and they themselves by their own news. */
  queueDaemons: ["jobs", "daemons"],
  job: (id: string) => ["job", id],
  settings: ["settings"],
  preview: (wish: object) => ["preview", wish],
  form: (template: string, asked: object) => ["form", template, asked],
} as const;

const byKind: Readonly<Record<string, readonly QueryKey[]>> = {
  workspace: [["workspace"], ["workspaces"]],
  metadata: [["metadata"]],
  workspaces: [["workspaces"], ["workspace"]],
  pools: [["preview"], ["pools"], ["pool"], ["templates"], ["template"]],
  pool: [["pool"]],
  templates: [["templates"], ["template"], ["form"]],
  daemons: [
    ["admin", "daemons"],
    ["jobs", "daemons"],
  ],
  jobs: [["jobs"]],
  job: [["job"]],
  inbox: [["inbox"]],
  settings: [["settings"]],
};

/** What to ask for again when there is news of a topic such as `workspace:ID`: all keys that begin so. */
export function keysOfTopic(topic: string): readonly QueryKey[] {
  return byKind[topic.split(":")[0] ?? ""] ?? [];
}
