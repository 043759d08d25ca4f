import { describe, expect, it } from "vitest";
import {
  sampleBuild,
  sampleIds,
  sampleJob,
  sampleLog,
  sampleWorkspace,
  usableWorkspace,
} from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import { codedAnswer } from "../support/scripted-api.ts";

const stopping = sampleWorkspace({ status: "stopping", latestBuild: sampleBuild({ transition: "stop", number: 2 }) });
const stopped = sampleWorkspace({
  status: "stopped",
  latestBuild: sampleBuild({ transition: "stop", number: 2, status: "succeeded" }),
});
const deleting = sampleWorkspace({ status: "deleting", latestBuild: sampleBuild({ transition: "delete", number: 2 }) });

describe("list", () => {
  it("shows workspaces with times relative to now", async () => {
    const { api, bench } = await cliAgainst({
      listWorkspaces: () => ({ json: { workspaces: [usableWorkspace({ isOutdated: true })], total: 1 } }),
    });
    const { stdout } = await bench.run("list", "--status", "running", "--sort", "last_used", "--order", "desc");
    expect(stdout).toBe(
      "NAME  STATUS   USABLE  TEMPLATE         PRESET  CREATED    NEXT  LAST USED\n" +
        "dev   running  yes     node (outdated)  small   3 min ago  –     –\n",
    );
    expect(api.requests[0]?.query).toEqual({ status: "running", sort: "last_used", order: "desc" });
  });

  it("asks for everybody's with --all and then names the owners", async () => {
    const { api, bench } = await cliAgainst({
      listWorkspaces: () => ({ json: { workspaces: [usableWorkspace()], total: 1 } }),
    });
    expect((await bench.run("list", "--all")).stdout).toContain("ann/dev");
    expect(api.requests[0]?.query).toEqual({ owner: "*" });
  });

  it("refuses a status that does not exist and names those that do", async () => {
    const { bench } = await cliAgainst({});
    const done = await bench.run("list", "--status", "asleep");
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toContain('--status is "asleep"; it must be one of pending, starting, running');
  });
});

describe("stop, start, restart and delete", () => {
  it("waits for the stop and shows its log", async () => {
    const { api, bench } = await cliAgainst({
      getWorkspace: () => ({ json: usableWorkspace() }),
      createBuild: () => ({ status: 201, json: stopping }),
      watchJob: () => ({
        events: [
          ["log", sampleLog(1, "stopping it")],
          ["job", sampleJob()],
        ],
      }),
      watchWorkspace: () => ({
        events: [
          ["workspace", stopping],
          ["workspace", stopped],
        ],
        staysOpen: true,
      }),
    });
    const done = await bench.run("stop", "ann/dev");
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toMatch(/^dev: stopped after /);
    expect(done.stderr).toContain("stopping it");
    expect(api.calls("getWorkspace")[0]?.params).toEqual({ workspace: "ann/dev" });
    expect(api.calls("createBuild")[0]?.params).toEqual({ workspace: sampleIds.workspace });
  });

  it("says why the stop hook failed, and that it is stopped all the same", async () => {
    const { bench } = await cliAgainst({
      getWorkspace: () => ({ json: usableWorkspace() }),
      createBuild: () => ({ status: 201, json: stopping }),
      watchJob: () => ({ events: [["job", sampleJob()]] }),
      watchWorkspace: () => ({
        events: [["workspace", { ...stopped, stopError: "The stop hook failed: disk is full.\u0007" }]],
        staysOpen: true,
      }),
    });
    const done = await bench.run("stop", "dev");
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toMatch(/^dev: stopped after /);
    expect(done.stderr).toContain("dev: The stop hook failed: disk is full.\\x07\n");
  });

  it("restarts by a stop and then a start with the new parameters", async () => {
    const { api, bench } = await cliAgainst({
      getWorkspace: () => ({ json: usableWorkspace() }),
      createBuild: ({ body }) => ({
        status: 201,
        json: (body as { transition: string }).transition === "stop" ? stopped : usableWorkspace(),
      }),
      watchJob: () => ({ events: [["job", sampleJob()]] }),
    });
    const done = await bench.run("restart", "dev", "--parameter", "size=large", "--update");
    expect(done.exitCode).toBe(0);
    expect(api.calls("createBuild").map(({ body }) => body)).toEqual([
      { transition: "stop" },
      { transition: "start", parameters: { size: "large" }, update: true },
    ]);
  });

  it("takes a workspace that can no longer be found as deleted", async () => {
    const { bench } = await cliAgainst({
      getWorkspace: () => ({ json: usableWorkspace() }),
      createBuild: () => ({ status: 201, json: deleting }),
      watchJob: () => ({ events: [["job", sampleJob()]] }),
      watchWorkspace: (_request, attempt) =>
        attempt === 1 ? { events: [["workspace", deleting]] } : codedAnswer(404, "not_found"),
    });
    const done = await bench.run("delete", "dev", "--json");
    expect(JSON.parse(done.stdout)).toMatchObject({ name: "dev", status: "deleted" });
  });

  it("fails with the code of the error that ends a stream of events", async () => {
    const { api, bench } = await cliAgainst({
      getWorkspace: () => ({ json: stopped }),
      createBuild: () => ({ status: 201, json: sampleWorkspace() }),
      watchWorkspace: () => ({ events: [["error", { error: { code: "forbidden", message: "No longer yours." } }]] }),
      watchJob: () => ({ events: [["job", sampleJob()]] }),
    });
    const done = await bench.run("start", "dev");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("error: No longer yours. [forbidden]");
    expect(api.calls("watchWorkspace")).toHaveLength(1);
  });

  it("fails when somebody else's build takes over", async () => {
    const { bench } = await cliAgainst({
      getWorkspace: () => ({ json: stopped }),
      createBuild: () => ({ status: 201, json: sampleWorkspace() }),
      watchWorkspace: () => ({ events: [["workspace", stopping]], staysOpen: true }),
      watchJob: () => ({ events: [["job", sampleJob()]] }),
    });
    const done = await bench.run("start", "dev");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("[conflict]");
  });
});

describe("logs", () => {
  it("shows the build's lines and then the agents', page by page", async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => sampleLog(index + 1, `line ${index + 1}`));
    const { api, bench } = await cliAgainst({
      getWorkspace: () => ({ json: usableWorkspace() }),
      getJobLogs: (_request, attempt) => ({ json: { entries: attempt === 1 ? many : [sampleLog(2_001, "last")] } }),
      getAgentLogs: () => ({ json: { entries: [sampleLog(5, "hook says hello", { stage: "claim" })] } }),
    });
    const { stdout } = await bench.run("logs", "dev", "--json");
    const { entries } = JSON.parse(stdout) as { entries: { source: string; line: string }[] };
    expect(entries).toHaveLength(2_002);
    expect(entries.at(-1)).toMatchObject({ source: "agent", line: "hook says hello" });
    expect(api.calls("getJobLogs").map(({ query }) => query["after"])).toEqual(["0", "2000"]);
  });

  it("searches both logs at the server, page by page, and says where not all was looked through", async () => {
    const line = "no space left";
    const { api, bench } = await cliAgainst({
      getWorkspace: () => ({ json: usableWorkspace() }),
      getJobLogs: (_request, attempt) => ({
        json: {
          entries: [sampleLog(attempt, `${line} ${attempt}`)],
          found: { matches: 1, isWhole: true, next: attempt === 1 ? 7 : null },
        },
      }),
      getAgentLogs: () => ({ json: { entries: [], found: { matches: 0, isWhole: false, next: 9 } } }),
    });
    const done = await bench.run("logs", "dev", "--search", "NO space");
    expect(done.stdout).toMatch(/no space left 1\n.*no space left 2\n$/);
    expect(done.stderr).toContain("there may be more lines that have it");
    expect(api.calls("getJobLogs").map(({ query }) => [query["search"], query["after"]])).toEqual([
      ["NO space", "0"],
      ["NO space", "7"],
    ]);
    const refused = await bench.run("logs", "dev", "-f", "--search", "x");
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("do not go together")]);
  });

  it("follows until the workspace is deleted", async () => {
    const deleted = usableWorkspace({ status: "deleted" });
    const { bench } = await cliAgainst({
      getWorkspace: (_request, attempt) => ({ json: attempt === 1 ? usableWorkspace() : deleted }),
      getJobLogs: () => ({ json: { entries: [sampleLog(1, "built")] } }),
      getAgentLogs: (_request, attempt) => ({ json: { entries: [sampleLog(attempt, `tick ${attempt}`)] } }),
    });
    const done = await bench.run("logs", "-f", "dev");
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toMatch(/built\n.*tick 1\n.*tick 2\n$/);
  });
});

describe("workspaces", () => {
  const results = [
    { id: sampleIds.workspace, name: "ann/dev", outcome: "done" },
    {
      id: null,
      name: "old",
      outcome: "refused",
      error: { code: "not_found", message: "There is none.", next: "List." },
    },
  ];
  const answer = { action: "stop", done: 1, skipped: 0, refused: 1, notTried: 0, results };

  it("stops those that are named, tells of each, and fails when one was refused", async () => {
    const { api, bench } = await cliAgainst({ bulkWorkspaces: () => ({ json: answer }) });
    const done = await bench.run("workspaces", "stop", "dev", "old");
    expect(api.requests[0]?.body).toEqual({ workspaces: ["dev", "old"], action: "stop" });
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toContain("ann/dev  is stopped");
    expect(done.stdout).toContain("refused (not_found): There is none. List.");
    expect(JSON.parse((await bench.run("workspaces", "stop", "dev", "old", "--json")).stdout)).toEqual(answer);
  });

  it("says how many it found, so that nothing is done when there are others by then", async () => {
    const { api, bench } = await cliAgainst({
      listWorkspaces: () => ({ json: { workspaces: [usableWorkspace()], total: 7 } }),
      bulkWorkspaces: () => ({ json: { ...answer, action: "extend", refused: 0, results: [] } }),
    });
    expect((await bench.run("workspaces", "extend", "--by", "2h", "--group", "running")).exitCode).toBe(0);
    expect(api.calls("bulkWorkspaces")[0]?.body).toEqual({
      query: { group: "running" },
      expectedCount: 7,
      action: "extend",
      byMs: 7_200_000,
    });
  });

  it("needs to be told which", async () => {
    const { bench } = await cliAgainst({});
    for (const words of [["stop"], ["stop", "dev", "--owner", "me"], ["extend", "dev"]]) {
      expect((await bench.run("workspaces", ...words)).exitCode).toBe(2);
    }
  });

  it("counts them", async () => {
    const groups = { running: 2, starting: 0, stopped: 1, failed: 0, dormant: 0 };
    const { bench } = await cliAgainst({ countWorkspaces: () => ({ json: { groups, total: 3, isComplete: true } }) });
    expect((await bench.run("workspaces", "count")).stdout).toMatch(/running +2/);
  });
});
