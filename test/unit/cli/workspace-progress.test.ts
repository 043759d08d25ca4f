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
