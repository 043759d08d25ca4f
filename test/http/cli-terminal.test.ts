import { describe, expect, it } from "vitest";
import { sampleIds, sampleJob, sampleLog, samplePool, sampleWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import { codedAnswer } from "../support/scripted-api.ts";

/** A name that clears the screen, a title, a C1 sequence, and a name that reads the other way round. */
const hostile = "\u001b[2J\u001b]0;owned\u0007 \u009b31m \u202enimda";
// oxlint-disable-next-line no-control-regex -- Control characters are what this is about.
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

const pools = {
  isEnabled: true,
  isOffByOption: false,
  disabledAt: null,
  disabledBy: null,
  isPaused: false,
  pausedAt: null,
  pausedBy: null,
  pools: [samplePool({ template: hostile })],
  total: 1,
  lastCycle: null,
};
const job = sampleJob({ template: hostile, error: hostile, status: "failed", errorCode: "build_failed" });
const workspace = sampleWorkspace({ name: hostile, template: hostile });

describe("what would steer the terminal is written out", () => {
  it.each([
    ["prebuilds list", ["prebuilds", "list"]],
    ["list", ["list"]],
    ["jobs show", ["jobs", "show", sampleIds.job]],
    ["jobs logs", ["jobs", "logs", sampleIds.job]],
    ["templates deprecate", ["templates", "deprecate", "node"]],
    ["an error", ["users", "list"]],
  ])("by %s", async (_, argv) => {
    const { bench } = await cliAgainst({
      listPools: () => ({ json: pools }),
      listWorkspaces: () => ({ json: { workspaces: [workspace], total: 1 } }),
      getJob: () => ({ json: job }),
      getJobLogs: () => ({ json: { entries: [sampleLog(1, hostile, { stage: hostile })] } }),
      deprecateTemplate: () => ({ json: { name: hostile } }),
      listUsers: () => codedAnswer(403, "forbidden", { message: hostile, next: hostile }),
    });
    const { stdout, stderr } = await bench.run(...argv);
    expect(`${stdout}${stderr}`).not.toMatch(steering);
    expect(`${stdout}${stderr}`).toContain("\\x1b[2J\\x1b]0;owned\\x07");
    expect(`${stdout}${stderr}`).toContain("\\u202enimda");
  });

  it("but for programs, which ask with --json", async () => {
    const { bench } = await cliAgainst({ listPools: () => ({ json: pools }) });
    const { stdout } = await bench.run("prebuilds", "list", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ pools: [{ template: hostile }] });
  });
});

it("our own colours stay", async () => {
  const { bench } = await cliAgainst({ listPools: () => ({ json: pools }) }, { isOutputTerminal: true });
  expect((await bench.run("prebuilds", "list")).stdout).toContain("\u001b[2mTEMPLATE");
});
