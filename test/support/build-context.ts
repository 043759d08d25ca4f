import type { BuildContext, BuildWork } from "../../src/provisioner/driver.ts";

export interface BuildContextDraft {
  readonly workspaceId: string;
  /** Folder with the unpacked template. */
  readonly template: string;
  readonly manifest?: BuildContext["manifest"];
  readonly work?: Partial<BuildWork>;
  readonly accessUrl?: string;
  readonly deploymentId?: string;
  readonly states?: unknown[];
  readonly templateFolder?: () => Promise<string>;
}

export const testDeploymentId = "0d000000-0000-4000-8000-00000000000d";

/** What a driver is given for one build, without a server behind it. */
export function buildContext(draft: BuildContextDraft): BuildContext {
  const { workspaceId } = draft;
  return {
    jobId: "job-1",
    attempt: 1,
    archiveHash: "0".repeat(64),
    manifest: draft.manifest ?? { driver: "process", agents: [{ name: "main" }] },
    templateName: "starter",
    accessUrl: draft.accessUrl ?? "http://127.0.0.1:9",
    deploymentId: draft.deploymentId ?? testDeploymentId,
    abort: new AbortController().signal,
    log: () => {},
    templateFolder: draft.templateFolder ?? (async () => draft.template),
    saveState: async (state) => void draft.states?.push(state),
    work: {
      kind: "build",
      buildId: "build-1",
      buildNumber: 1,
      transition: "start",
      stage: "prebuild",
      workspaceId,
      workspaceName: "dev",
      owner: { id: "user-1", username: "prebuilds", name: "", email: "" },
      parameters: {},
      agents: [{ id: `agent-of-${workspaceId}`, name: "main", token: "agent-token" }],
      state: null,
      ...draft.work,
    },
  };
}
