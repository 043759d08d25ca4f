import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Client } from "../../../src/client/client.ts";
import { reportedResourcesMax, resourceDetailLengthMax } from "../../../src/contracts/limits.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import type { Driver, DriverResource } from "../../../src/provisioner/driver.ts";
import { sweep } from "../../../src/provisioner/sweep.ts";
import { testDeploymentId as ours } from "../../support/build-context.ts";
import { ScriptedProvisionerServer } from "../../support/scripted-provisioner-server.ts";

let server: ScriptedProvisionerServer;
let removed: string[];
beforeEach(async () => {
  server = new ScriptedProvisionerServer();
  await server.start();
  removed = [];
});
afterEach(() => server.stop());

const theirs = randomUUID();
const nothing = async (): Promise<void> => {};

function driverWith(resources: readonly DriverResource[], over: Partial<Driver> = {}): Driver {
  return {
    name: "fake",
    apply: nothing,
    destroy: nothing,
    open: nothing,
    close: nothing,
    parse: nothing,
    capabilities: () => ({ claimEffect: "unknown" }),
    list: async () => resources,
    remove: async (workspaceId) => void removed.push(workspaceId),
    ...over,
  };
}

const run = (...drivers: readonly Driver[]): Promise<void> =>
  sweep(drivers, {
    client: new Client({ url: server.url, token: "daemon-token" }),
    daemonId: "daemon-1",
    incarnation: "one",
    deploymentId: ours,
    logger: silentLogger,
    abort: new AbortController().signal,
  });

const resource = (deploymentId?: string): DriverResource => ({ workspaceId: randomUUID(), detail: "d", deploymentId });

describe("a sweep", () => {
  test("tells what is ours or unmarked, and not even the ids of what another deployment made", async () => {
    const [marked, unmarked, foreign] = [resource(ours), resource(), resource(theirs)];
    await run(
      driverWith([marked, unmarked, foreign, { workspaceId: "no id of ours", detail: "", deploymentId: ours }]),
    );
    expect(server.reports).toEqual([
      {
        daemonId: "daemon-1",
        incarnation: "one",
        driver: "fake",
        isComplete: true,
        resources: [
          { workspaceId: marked.workspaceId, detail: "d", isMarked: true },
          { workspaceId: unmarked.workspaceId, detail: "d", isMarked: false },
        ],
      },
    ]);
  });

  test("removes the strangers that it is told, and never what is unmarked, whatever it is told", async () => {
    const [stranger, known, unmarked] = [resource(ours), resource(ours), resource()];
    for (const { workspaceId } of [stranger, unmarked]) server.strangers.add(workspaceId);
    await run(driverWith([stranger, known, unmarked]));
    expect(removed).toEqual([stranger.workspaceId]);
  });

  test("tells also that there is nothing", async () => {
    await run(driverWith([]));
    expect(server.reports).toMatchObject([{ isComplete: true, resources: [] }]);
  });

  test("sends more than fit in several reports, none of which claims to be whole", async () => {
    const many = Array.from({ length: reportedResourcesMax + 1 }, () => resource(ours));
    const last = many.at(-1)?.workspaceId ?? "";
    server.strangers.add(last);
    await run(driverWith(many));
    expect(server.reports.map((report) => [report.resources.length, report.isComplete])).toEqual([
      [reportedResourcesMax, false],
      [1, false],
    ]);
    expect(removed).toEqual([last]);
  });

  test("cuts details to their limit", async () => {
    await run(driverWith([{ ...resource(ours), detail: "x".repeat(resourceDetailLengthMax + 9) }]));
    expect(server.reports[0]?.resources[0]?.detail).toHaveLength(resourceDetailLengthMax);
  });

  test("goes on with the next driver, and the next stranger, when one fails", async () => {
    const [first, second] = [resource(ours), resource(ours)];
    for (const { workspaceId } of [first, second]) server.strangers.add(workspaceId);
    const broken = driverWith([], { list: () => Promise.reject(new Error("no list")) });
    const clumsy = driverWith([first, second], {
      remove: async (workspaceId) => {
        if (workspaceId === first.workspaceId) throw new Error("busy");
        removed.push(workspaceId);
      },
    });
    await run(broken, clumsy);
    expect(server.reports).toHaveLength(1);
    expect(removed).toEqual([second.workspaceId]);
  });
});
