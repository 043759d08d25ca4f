import type { Mutation } from "../mutation.ts";

/** What workspaces serve: how it is, and who gets to it. */
export const appMutations: readonly Mutation[] = [
  {
    name: "app-health-required",
    breaks: "a workspace is usable only while the apps are healthy that its template requires",
    edits: [
      {
        file: "src/app/workspaces/workspace-view.ts",
        find: '!isRequired || health === "healthy"',
        replace: '!isRequired || health === "starting" || health === "healthy"',
      },
    ],
    tests: ["test/db/app-health.test.ts"],
  },
  {
    name: "app-health-unknown",
    breaks: "nothing waits for the word of an agent that never says how its apps are",
    edits: [
      {
        file: "src/app/workspaces/workspace-view.ts",
        find: ' || health === "healthy" || health === "unknown"',
        replace: ' || health === "healthy"',
      },
    ],
    tests: ["test/db/app-health.test.ts"],
  },
  {
    name: "app-health-prebuild",
    breaks: "an app that waits for its owner is not called unhealthy before he comes",
    edits: [
      {
        file: "src/agent/apps/app-checks.ts",
        find: "threshold * intervalMs && this.#deps.isOwned();",
        replace: "threshold * intervalMs;",
      },
    ],
    tests: ["test/http/agent-app-health.test.ts"],
  },
  {
    name: "app-health-level",
    breaks: "how apps are is told anew with each connection, before the state",
    edits: [{ file: "src/agent/run-agent.ts", find: "  void parts.apps.tell();\n", replace: "" }],
    tests: ["test/http/agent-app-health.test.ts"],
  },
  {
    name: "app-link-of-another",
    breaks: "an address that a program was given opens one app",
    edits: [
      {
        file: "src/app/apps/app-sessions.ts",
        find: "link?.label === label && link.endsAt",
        replace: 'link?.label !== "" && label !== "" && link !== undefined && link.endsAt',
      },
    ],
    tests: ["test/unit/apps/app-links.test.ts"],
  },
  {
    name: "app-link-in-referer",
    breaks: "an app never sees what a program's address was signed with",
    edits: [
      {
        file: "src/http/apps/app-link.ts",
        find: "if (at >= 0) request.rawHeaders[at + 1] = url;",
        replace: "if (at < 0) request.rawHeaders[at + 1] = url;",
      },
    ],
    tests: ["test/unit/apps/app-links.test.ts"],
  },
  {
    name: "metadata-ends-with-agent",
    breaks: "what an agent found is not shown of it once its connection has ended",
    edits: [
      {
        file: "src/http/agent-socket.ts",
        find: "    deps.agentMetadata.forget(agent.id, connectionId);\n",
        replace: "",
      },
    ],
    tests: ["test/http/agent-metadata.test.ts"],
  },
  {
    name: "metadata-told-to-readers",
    breaks: "a change of what nobody reads makes no news",
    edits: [
      {
        file: "src/http/metadata/metadata-book.ts",
        find: "if (same === undefined || same.isRead) kept.pace.hear();",
        replace: "kept.pace.hear();",
      },
    ],
    tests: ["test/unit/http/metadata-book.test.ts"],
  },
  {
    name: "metadata-topic-asks",
    breaks: "nobody hears of the metadata of a workspace that he may not see",
    edits: [
      {
        file: "src/app/live/admit-topic.ts",
        find: `    case "metadata":
      await requireWorkspace(context, actor, topic.id);
`,
        replace: `    case "metadata":
`,
      },
    ],
    tests: ["test/http/agent-metadata.test.ts"],
  },
];
