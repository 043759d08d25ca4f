import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { WorkspaceAgent } from "../../src/contracts/api/workspaces.ts";
import {
  sampleBuild,
  sampleIds,
  sampleJob,
  sampleVersion,
  sampleWorkspace,
  usableWorkspace,
} from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import type { CliBench } from "../support/cli-run.ts";
import type { ScriptedApi, ScriptedAnswer, Scripts } from "../support/scripted-api.ts";
import { waitUntil } from "../support/wait-until.ts";

const stays: ScriptedAnswer = { events: [], staysOpen: true };
const timings = { claimMs: null, waitMs: 0, totalMs: 1 };
const cold = { workspace: sampleWorkspace(), outcome: "cold", missReason: "pool_empty", timings };
const unready: WorkspaceAgent = {
  id: sampleIds.build,
  name: "main",
  state: "ready",
  detail: "",
  isConnected: true,
  readyAt: null,
  isHandedOver: false,
  claimError: null,
};
const building = (transition: "stop" | "delete") =>
  sampleWorkspace({ latestBuild: sampleBuild({ transition, number: 2, status: "pending" }) });

/** Runs a command, presses Ctrl-C when the server has been asked for `route`, and answers how it ended. */
async function interruptAt(
  route: Parameters<ScriptedApi["calls"]>[0],
  { scripts, argv, before }: { scripts: Scripts; argv: readonly string[]; before?: (bench: CliBench) => void },
) {
  const { api, bench } = await cliAgainst(scripts);
  before?.(bench);
  const running = bench.run(...argv);
  await waitUntil(`the command has called ${route}`, () => api.calls(route).length > 0);
  bench.raise("SIGINT");
  return running;
}

describe("Ctrl-C says what goes on on the server, how to follow it and how to cancel it, and ends with 130:", () => {
  it("a creation that is built", async () => {
    const scripts: Scripts = {
      createWorkspace: () => ({ status: 201, json: cold }),
      watchWorkspace: () => stays,
      watchJob: () => stays,
    };
    const done = await interruptAt("watchWorkspace", { scripts, argv: ["create", "dev", "--template", "node"] });
    expect(done.exitCode).toBe(130);
    expect(done.stderr).toContain("error: Interrupted: the start of dev goes on on the server. [interrupted]\n");
    expect(done.stderr).toContain(
      "→ `prewarm logs -f dev` follows it, `prewarm jobs cancel dev` cancels it, `prewarm delete dev` removes the workspace.",
    );
    expect(done.stdout).toBe("");
  });

  it("a creation that was claimed, of which there is no job to cancel", async () => {
    const workspace = sampleWorkspace({
      latestBuild: sampleBuild({ stage: "claim", jobId: null, status: "succeeded" }),
    });
    const agents = [unready];
    const claimed = { ...cold, workspace: { ...workspace, agents }, outcome: "claimed", missReason: null };
    const scripts: Scripts = {
      createWorkspace: () => ({ status: 201, json: claimed }),
      watchWorkspace: () => stays,
    };
    const done = await interruptAt("watchWorkspace", {
      scripts,
      argv: ["create", "dev", "-t", "node", "--owner", "ann"],
    });
    expect(done.exitCode).toBe(130);
    expect(done.stderr).toContain("Interrupted: dev is there, and goes on getting ready.");
    expect(done.stderr).toContain(
      "`prewarm show ann/dev` says when it is usable; `prewarm delete ann/dev` removes it.",
    );
  });

  it("a creation that the server has not answered, of which nobody knows", async () => {
    let hang = (): void => undefined;
    const scripts: Scripts = { createWorkspace: () => (hang(), { drop: true }) };
    const { api, bench } = await cliAgainst(scripts);
    hang = () => bench.raise("SIGINT");
    const done = await bench.run("create", "dev", "--template", "node");
    expect(done.exitCode).toBe(130);
    expect(done.stderr).toContain("it is not known whether the server has begun to make dev");
    expect(api.calls("createWorkspace")).toHaveLength(1);
  });

  it.each(["stop", "delete"] as const)("a %s", async (transition) => {
    const scripts: Scripts = {
      getWorkspace: () => ({ json: usableWorkspace() }),
      createBuild: () => ({ status: 201, json: building(transition) }),
      watchWorkspace: () => stays,
      watchJob: () => stays,
    };
    const done = await interruptAt("watchWorkspace", { scripts, argv: [transition, "dev", "--json"] });
    expect(done.exitCode).toBe(130);
    expect(JSON.parse(done.stderr)).toMatchObject({
      error: {
        code: "interrupted",
        message: `Interrupted: the ${transition} of dev goes on on the server.`,
        next: "`prewarm logs -f dev` follows it, `prewarm jobs cancel dev` cancels it.",
      },
    });
  });

  it("the import of a template", async () => {
    const scripts: Scripts = {
      pushTemplate: () => ({ status: 201, json: { template: { name: "node" }, version: sampleVersion() } }),
      watchJob: () => stays,
    };
    const before = (bench: CliBench): void => {
      mkdirSync(path.join(bench.folder, "node"));
      writeFileSync(path.join(bench.folder, "node/template.yaml"), "name: node\n");
    };
    const done = await interruptAt("watchJob", { scripts, argv: ["templates", "push", "node"], before });
    expect(done.exitCode).toBe(130);
    expect(done.stderr).toContain(`\`prewarm jobs cancel ${sampleIds.job}\` cancels it`);
  });

  it("and a second one is heard by nobody here, so that it ends the process at once", async () => {
    let isHeard = 0;
    const { api, bench } = await cliAgainst(
      {
        getWorkspace: () => ({ json: usableWorkspace() }),
        createBuild: () => ({ status: 201, json: building("stop") }),
        watchWorkspace: () => stays,
        watchJob: () => stays,
      },
      {
        onSignal: (_, listener) => {
          isHeard += 1;
          interrupt = listener;
          return () => (isHeard -= 1);
        },
      },
    );
    let interrupt = (): void => undefined;
    const running = bench.run("stop", "dev");
    await waitUntil("it waits", () => api.calls("watchWorkspace").length > 0);
    expect(isHeard).toBe(1);
    interrupt();
    expect(isHeard).toBe(0);
    expect((await running).exitCode).toBe(130);
  });
});

describe("delete", () => {
  const at = (transition: "start" | "stop" | "delete", status: "pending" | "running" | "canceling" | "canceled") =>
    sampleWorkspace({ latestBuild: sampleBuild({ transition, status, number: 2 }) });
  const gone = sampleWorkspace({ status: "deleted", latestBuild: sampleBuild({ transition: "delete", number: 3 }) });

  it("cancels a build that runs, waits for its end, and deletes then", async () => {
    const order: string[] = [];
    const { bench } = await cliAgainst({
      getWorkspace: (_request, attempt) => ({ json: at("start", attempt === 1 ? "running" : "canceled") }),
      cancelJob: () => (order.push("cancel"), { json: sampleJob({ status: "canceling" }) }),
      watchJob: () => (order.push("wait"), { events: [["job", sampleJob({ status: "canceled" })]] }),
      createBuild: () => (order.push("delete"), { status: 201, json: gone }),
    });
    const done = await bench.run("delete", "dev");
    expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^dev: deleted after/) });
    expect(done.stderr).toContain("dev is being built: that is cancelled, and what there is of it is deleted.");
    expect(order.slice(0, 3)).toEqual(["cancel", "wait", "delete"]);
  });

  it("lets a stop come to its end, and is not refused by a build that begins just then", async () => {
    const { api, bench } = await cliAgainst({
      getWorkspace: (_request, attempt) => ({ json: attempt < 3 ? at("stop", "running") : at("start", "canceled") }),
      watchJob: () => ({ events: [["job", sampleJob({ status: "succeeded" })]] }),
      createBuild: () => ({ status: 201, json: gone }),
    });
    const done = await bench.run("delete", "dev", "--no-wait");
    expect(done.exitCode).toBe(0);
    expect(done.stderr).toContain("dev is being stopped; it is deleted after that.");
    expect(api.calls("cancelJob")).toEqual([]);
    expect(api.calls("watchJob")).toHaveLength(2);
  });

  it("only follows one that is being deleted already", async () => {
    const { api, bench } = await cliAgainst({
      getWorkspace: () => ({ json: at("delete", "running") }),
      watchWorkspace: () => ({ events: [["workspace", gone]] }),
      watchJob: () => ({ events: [["job", sampleJob()]] }),
    });
    expect((await bench.run("delete", "dev")).stdout).toMatch(/^dev: deleted/);
    expect(api.calls("createBuild")).toEqual([]);
  });

  it("says that what has not begun is cancelled, which the server does", async () => {
    const { api, bench } = await cliAgainst({
      getWorkspace: () => ({ json: at("start", "pending") }),
      createBuild: () => ({ status: 201, json: gone }),
    });
    const done = await bench.run("delete", "dev");
    expect(done.stderr).toContain("dev: its start, which has not begun, is cancelled.");
    expect(api.calls("cancelJob")).toEqual([]);
  });
});

describe("jobs cancel", () => {
  it("takes a workspace for its latest build, by name, by OWNER/NAME and with --workspace", async () => {
    const { api, bench } = await cliAgainst({
      getWorkspace: () => ({ json: sampleWorkspace() }),
      cancelJob: () => ({ json: sampleJob({ status: "canceling" }) }),
    });
    const done = await bench.run("jobs", "cancel", "dev", "ann/dev", "--workspace", sampleIds.workspace);
    expect(done.stdout).toBe(`${sampleIds.job}  canceling\n`.repeat(3));
    expect(api.calls("getWorkspace").map(({ params }) => params["workspace"])).toEqual([
      "dev",
      "ann/dev",
      sampleIds.workspace,
    ]);
    expect(api.calls("cancelJob").map(({ params }) => params["jobId"])).toEqual(Array(3).fill(sampleIds.job));
  });

  it("says of a workspace at rest that there is nothing to cancel", async () => {
    const { bench } = await cliAgainst({ getWorkspace: () => ({ json: usableWorkspace() }) });
    const done = await bench.run("jobs", "cancel", "dev");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain('error: Nothing of the workspace "dev" waits or runs: it is running. [conflict]');
  });
});
