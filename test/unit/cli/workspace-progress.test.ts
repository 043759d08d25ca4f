import { describe, expect, it } from "vitest";
import { workspaceProgress } from "../../../src/cli/follow/workspace-progress.ts";
import type { WorkspaceAgent } from "../../../src/contracts/api/workspaces.ts";
import { sampleBuild, sampleIds, sampleWorkspace, usableWorkspace } from "../../support/api-samples.ts";

const agent = (changes: Partial<WorkspaceAgent>): WorkspaceAgent => ({
  id: sampleIds.preset,
  name: "main",
  state: "ready",
  detail: "",
  isConnected: true,
  readyAt: null,
  isHandedOver: true,
  claimError: null,
  ...changes,
});
const built = (...agents: readonly WorkspaceAgent[]) => usableWorkspace({ isUsable: false, agents: [...agents] });

describe("a workspace on its way", () => {
  it("waits while its build runs, also when an agent has failed to start so far", () => {
    expect(workspaceProgress(sampleWorkspace(), "start").kind).toBe("waiting");
    const trying = sampleWorkspace({ agents: [agent({ state: "start_error" })] });
    expect(workspaceProgress(trying, "start").kind).toBe("waiting");
  });

  it("is there when it is usable, though its claim build still runs", () => {
    expect(workspaceProgress(sampleWorkspace({ isUsable: true }), "start").kind).toBe("reached");
  });

  it("waits for agents after its build", () => {
    expect(workspaceProgress(built(agent({ state: "starting" })), "start").kind).toBe("waiting");
  });

  it("is there after its build when it has no agents, for nothing else would ever come", () => {
    expect(workspaceProgress(built(), "start").kind).toBe("reached");
  });

  it.each([
    [agent({ state: "start_error", detail: "exit 3" }), "start_error exit 3"],
    [agent({ state: "start_timeout" }), "start_timeout"],
    [agent({ claimError: "exit 4" }), "the claim hook failed: exit 4"],
  ])("has failed when an agent cannot become usable", (broken, reason) => {
    const progress = workspaceProgress(built(broken), "start");
    expect(progress).toMatchObject({ kind: "failed", error: { code: "build_failed" } });
    expect(progress.kind === "failed" && progress.error.message).toContain(reason);
  });

  it.each([
    ["prewarm_failed", false, "hook_failed", "restart dev"],
    ["claim_failed", true, "hook_failed", "usable all the same"],
    ["not_connected", false, "agent_not_connected", "access_url"],
  ] as const)("has failed by what the server tells of it: %s", (kind, isUsable, code, next) => {
    const message = "The hook failed: it exited with 7. Its last line: no key";
    const workspace = usableWorkspace({ isUsable, trouble: { kind, message } });
    const progress = workspaceProgress(workspace, "start");
    expect(progress).toMatchObject({ kind: "failed", error: { code, message: `dev: ${message}` } });
    expect(progress.kind === "failed" && progress.error.next).toContain("`prewarm logs dev` shows the rest");
    expect(progress.kind === "failed" && progress.error.next).toContain(next);
  });

  it("has failed with the build's code, and as cancelled when it was", () => {
    const failed = sampleWorkspace({
      latestBuild: sampleBuild({ status: "failed", errorCode: "capacity", error: "full" }),
    });
    expect(workspaceProgress(failed, "start")).toMatchObject({ kind: "failed", error: { code: "capacity" } });
    const canceled = sampleWorkspace({ latestBuild: sampleBuild({ status: "canceled" }) });
    expect(workspaceProgress(canceled, "start")).toMatchObject({ kind: "failed", error: { code: "canceled" } });
  });

  it("is stopped or deleted once that build has succeeded", () => {
    for (const transition of ["stop", "delete"] as const) {
      const running = sampleWorkspace({ latestBuild: sampleBuild({ transition }) });
      const done = sampleWorkspace({ latestBuild: sampleBuild({ transition, status: "succeeded" }) });
      expect(workspaceProgress(running, transition).kind).toBe("waiting");
      expect(workspaceProgress(done, transition).kind).toBe("reached");
    }
  });
});
