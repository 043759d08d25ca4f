import { describe, expect, it } from "vitest";
import { sampleIds, sampleJob, sampleLog, samplePool } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import { codedAnswer } from "../support/scripted-api.ts";

const status = (changes: Record<string, unknown> = {}) => ({
  isEnabled: true,
  isOffByOption: false,
  disabledAt: null,
  disabledBy: null,
  isPaused: false,
  pausedAt: null,
  pausedBy: null,
  pools: [samplePool()],
  total: 1,
  lastCycle: null,
  ...changes,
});

describe("prebuilds", () => {
  it("lists each pool in numbers, with what is held back until when", async () => {
    const held = [{ reason: "backoff", until: "2030-01-01T12:02:00.000Z", count: 1, detail: "one failed" }] as const;
    const { bench } = await cliAgainst({
      listPools: () => ({ json: status({ pools: [samplePool({ held: [...held] })] }) }),
    });
    const { stdout } = await bench.run("prebuilds", "list");
    const [head = "", row = ""] = stdout.split("\n");
    expect(head.split(/\s+/)).toEqual(
      "TEMPLATE PRESET DESIRED ACTUAL ELIGIBLE EXPIRED STARTING DELETING FAILED HELD".split(" "),
    );
    expect(row.split(/\s{2,}/)).toEqual([
      "node",
      "small",
      "3",
      "2",
      "1",
      "0",
      "1",
      "0",
      "4",
      "backoff ×1 until 2030-01-01 12:02 (in 2 min)",
    ]);
  });

  it("says beneath the pools why they are held or short, and the command that shows the rest", async () => {
    const lastFailure = {
      at: "2030-01-01T11:59:00.000Z",
      prebuild: "prebuild-x",
      error: "the mirror is down",
      command: "prewarm logs prebuilds/prebuild-x",
    };
    const held = {
      reason: "hard_limited",
      until: null,
      count: 1,
      detail: "the newest 3 prebuilds failed: the mirror is down",
    } as const;
    const pools = [
      samplePool({ preset: "held", held: [held], lastFailure }),
      samplePool({ preset: "short", eligible: 0, lastFailure }),
      samplePool({ preset: "full", eligible: 3, desired: 3, lastFailure }),
    ];
    const { bench } = await cliAgainst({ listPools: () => ({ json: status({ pools }) }) });
    const rest = "(`prewarm logs prebuilds/prebuild-x` shows the rest)";
    expect((await bench.run("prebuilds", "list")).stdout.split("\n").slice(-3)).toEqual([
      `node/held: hard_limited: the newest 3 prebuilds failed: the mirror is down ${rest}`,
      `node/short: the newest failure: the mirror is down ${rest}`,
      "",
    ]);
  });

  it("gives pools, isPaused and isEnabled as JSON", async () => {
    const { bench } = await cliAgainst({ listPools: () => ({ json: status({ isPaused: true }) }) });
    const { stdout } = await bench.run("prebuilds", "list", "--json");
    expect(JSON.parse(stdout)).toEqual(status({ isPaused: true }));
  });

  it("says that reconciliation is paused, since when and by whom", async () => {
    const paused = { isPaused: true, pausedAt: "2030-01-01T11:57:00.000Z", pausedBy: "root" };
    const { bench } = await cliAgainst({ listPools: () => ({ json: status(paused) }) });
    const { stdout } = await bench.run("prebuilds", "list");
    expect(stdout).toContain("Reconciliation was paused 3 min ago by root");
  });

  it("says that prebuilds are switched off, since when and by whom, or by which option", async () => {
    const off = { isEnabled: false, disabledAt: "2030-01-01T11:57:00.000Z", disabledBy: "root" };
    const stored = await cliAgainst({ listPools: () => ({ json: status(off) }) });
    expect((await stored.bench.run("prebuilds", "list")).stdout).toContain("switched off 3 min ago by root");
    const byOption = { isEnabled: false, isOffByOption: true };
    const started = await cliAgainst({ listPools: () => ({ json: status(byOption) }) });
    expect((await started.bench.run("prebuilds", "list")).stdout).toContain("--prebuilds-enabled");
  });

  it("switches prebuilds off and on, and says when a server stays off", async () => {
    const { bench } = await cliAgainst({
      disablePrebuilds: () => ({ json: { isEnabled: false, isOffByOption: false } }),
      enablePrebuilds: () => ({ json: { isEnabled: false, isOffByOption: true } }),
    });
    expect((await bench.run("prebuilds", "disable")).stdout).toContain("prewarm prebuilds enable");
    expect((await bench.run("prebuilds", "enable")).stdout).toContain("stays off");
    const { stdout } = await bench.run("prebuilds", "disable", "--json");
    expect(JSON.parse(stdout)).toEqual({ isEnabled: false, isOffByOption: false });
  });

  it("lists the single prebuilds by state", async () => {
    const prebuild = {
      workspaceId: sampleIds.workspace,
      name: "prebuild-abcdefghijklmno",
      template: "node",
      preset: "small",
      version: "amber-fox",
      state: "failed",
      isExpired: false,
      error: "no space left",
      createdAt: "2030-01-01T11:00:00.000Z",
      readyAt: null,
    };
    const { api, bench } = await cliAgainst({ listPrebuilds: () => ({ json: { prebuilds: [prebuild], total: 1 } }) });
    const { stdout } = await bench.run("prebuilds", "list", "--workspaces", "--state", "failed", "--template", "node");
    expect(stdout).toMatch(/prebuild-abcdefghijklmno +node amber-fox +small +failed +1 h ago +– +no space left/);
    expect(api.requests[0]?.query).toEqual({ state: "failed", template: "node", limit: "500" });
  });

  it("explains a pool in sentences", async () => {
    const sentences = ["3 are desired.", "1 more is created."];
    const history = [{ at: "2030-01-01T11:59:00.000Z", record: {}, sentences: ["2 were desired."] }];
    const json = { pool: samplePool(), sentences, record: {}, history };
    const { api, bench } = await cliAgainst({ explainPool: () => ({ json }) });
    const { stdout } = await bench.run("prebuilds", "explain", "node/small");
    expect(stdout).toContain("3 are desired.\n1 more is created.\n");
    expect(stdout).toContain("1 min ago  2 were desired.");
    expect(api.requests[0]?.params).toEqual({ template: "node", preset: "small" });
  });

  it("resumes the reconciler without a pool, and one pool with its name", async () => {
    const { api, bench } = await cliAgainst({
      resumePrebuilds: () => ({ json: { isPaused: false } }),
      resumePool: () => ({ json: samplePool() }),
    });
    expect((await bench.run("prebuilds", "resume")).stdout).toBe("Reconciliation goes on.\n");
    await bench.run("prebuilds", "resume", "node/small");
    expect(api.requests.map(({ id }) => id)).toEqual(["resumePrebuilds", "resumePool"]);
  });

  it("invalidates a template or one of its presets", async () => {
    const { api, bench } = await cliAgainst({ invalidatePrebuilds: () => ({ json: { presets: 1, prebuilds: 3 } }) });
    await bench.run("prebuilds", "invalidate", "node");
    await bench.run("prebuilds", "invalidate", "node/small");
    expect(api.requests.map(({ body }) => body)).toEqual([{ template: "node" }, { template: "node", preset: "small" }]);
  });

  it("cleans everything, a template, or a preset", async () => {
    const { api, bench } = await cliAgainst({ cleanPrebuilds: () => ({ json: { deleting: 2 } }) });
    for (const pool of [[], ["node"], ["node/small"]]) await bench.run("prebuilds", "clean", ...pool);
    expect(api.requests.map(({ body }) => body)).toEqual([
      {},
      { template: "node" },
      { template: "node", preset: "small" },
    ]);
  });

  it.each([
    ["explain", "node"],
    ["explain", "/small"],
    ["list", "--state", "failed"],
    ["list", "--limit", "0"],
  ])("is wrong usage: prebuilds %s %s", async (...words) => {
    const { api, bench } = await cliAgainst({});
    expect((await bench.run("prebuilds", ...words)).exitCode).toBe(2);
    expect(api.requests).toHaveLength(0);
  });
});

describe("jobs", () => {
  it("lists with place in the queue, what it waits for, and what follows", async () => {
    const waitingFor = { kind: "daemon", text: "a daemon that can take it: none with gpu=yes" } as const;
    const pending = sampleJob({ status: "pending", queuePosition: 2, waitingFor });
    const { api, bench } = await cliAgainst({ listJobs: () => ({ json: { jobs: [pending], total: 3 } }) });
    const { stdout, stderr } = await bench.run("jobs", "list", "--tag", "gpu=yes", "--limit", "1");
    expect(stdout).toMatch(
      /pending #2 +start +node +dev +ann +3 min ago +waits for a daemon that can take it: none with gpu=yes/,
    );
    expect(stderr).toBe("1 of 3 shown; --offset 1 shows what follows.\n");
    expect(api.requests[0]?.query).toEqual({ tag: "gpu=yes", limit: "1" });
  });

  it("cancels each job that is named, and fails when one cannot be", async () => {
    const other = "99999999-9999-4999-8999-999999999999";
    const { bench } = await cliAgainst({
      cancelJob: ({ params }) =>
        params["jobId"] === other ? codedAnswer(409, "conflict") : { json: sampleJob({ status: "canceled" }) },
    });
    const done = await bench.run("jobs", "cancel", other, sampleIds.job);
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toBe(`${sampleIds.job}  canceled\n`);
    expect(done.stderr).toContain("[conflict]");
  });

  it("cancels every pending prebuild job of a template", async () => {
    const { api, bench } = await cliAgainst({ cancelJobs: () => ({ json: { canceled: 4 } }) });
    const done = await bench.run("jobs", "cancel", "--all-prebuilds", "--template", "node");
    expect(done.stdout).toBe("4 pending prebuild jobs are cancelled.\n");
    expect(api.requests[0]?.body).toEqual({ template: "node" });
  });

  it("cancels nothing without a name", async () => {
    const { bench } = await cliAgainst({});
    expect((await bench.run("jobs", "cancel")).exitCode).toBe(2);
    expect((await bench.run("jobs", "cancel", sampleIds.job, "--all-prebuilds")).exitCode).toBe(2);
  });

  it("follows a log across a broken stream without repeating a line, and fails as the job did", async () => {
    const { api, bench } = await cliAgainst({
      watchJob: ({ query }, attempt) =>
        attempt === 1
          ? {
              events: [
                ["log", sampleLog(1, "one")],
                ["log", sampleLog(2, "two")],
              ],
            }
          : {
              events: [
                ["log", sampleLog(Number(query["after"]), "two")],
                ["log", sampleLog(3, "three")],
                ["job", sampleJob({ status: "failed" })],
              ],
            },
    });
    const done = await bench.run("jobs", "logs", "-f", sampleIds.job);
    expect(done.exitCode).toBe(1);
    expect(done.stdout.split("\n").map((line) => line.split(" ").at(-1))).toEqual(["one", "two", "three", ""]);
    expect(api.requests.map(({ query }) => query["after"])).toEqual(["0", "2"]);
  });

  it("searches a job's log at the server, and says where no line has the text", async () => {
    const found = (matches: number) => ({ matches, isWhole: true, next: null });
    const { bench } = await cliAgainst({
      getJobLogs: ({ query }) => ({
        json:
          query["search"] === "100%"
            ? { entries: [sampleLog(3, "at 100%")], found: found(1) }
            : { entries: [], found: found(0) },
      }),
    });
    const { stdout } = await bench.run("jobs", "logs", sampleIds.job, "--search", "100%", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ entries: [{ id: 3, line: "at 100%" }], isWhole: true });
    const none = await bench.run("jobs", "logs", sampleIds.job, "--search", "nowhere");
    expect([none.exitCode, none.stdout, none.stderr]).toEqual([0, "", "No line of the log has that text.\n"]);
  });

  it("never lets a log line steer the terminal", async () => {
    const entries = [sampleLog(1, "\u001b[2J\u001b]0;owned\u0007red \u001b[31malert\u001b[0m\r\u0008done")];
    const { bench } = await cliAgainst({ getJobLogs: () => ({ json: { entries } }) });
    const { stdout } = await bench.run("jobs", "logs", sampleIds.job);
    expect(stdout).toBe("11:57:00 apply    \\x1b[2J\\x1b]0;owned\\x07red alert\\r\\bdone\n");
  });
});
