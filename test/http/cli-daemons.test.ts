import { describe, expect, it } from "vitest";
import { sampleIds, sampleWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import { codedAnswer } from "../support/scripted-api.ts";

const daemon = {
  id: sampleIds.build,
  name: "rack-1",
  kind: "external",
  state: "away",
  drivers: ["process"],
  tags: { zone: "eu" },
  version: "0.1.0",
  concurrency: 3,
  running: 1,
  jobs: [
    {
      jobId: sampleIds.job,
      kind: "build",
      transition: "start",
      stage: "ordinary",
      lane: "people",
      template: "node",
      workspace: "dev",
      isCanceling: false,
      startedAt: "2030-01-01T11:58:00.000Z",
    },
  ],
  workspaces: 4,
  seenAt: "2030-01-01T11:57:00.000Z",
} as const;

describe("daemons", () => {
  it("are listed with what lies on their hosts", async () => {
    const { bench } = await cliAgainst({ listDaemons: () => ({ json: { daemons: [daemon] } }) });
    const { stdout } = await bench.run("daemons", "list");
    const [head = "", row = ""] = stdout.split("\n");
    expect(head.split(/\s+/)).toEqual("NAME STATE SEEN DRIVERS TAGS JOBS RUNS WORKSPACES VERSION".split(" "));
    const runs = "start dev (2 min ago)";
    const cells = ["rack-1", "away", "3 min ago", "process", "zone=eu", "1 of 3", runs, "4", "0.1.0"];
    expect(row.split(/\s{2,}/)).toEqual(cells);
  });

  it("adopt what another left, and say what stays", async () => {
    const { bench, api } = await cliAgainst({ adoptDaemon: () => ({ json: { adopted: 3, left: 1 } }) });
    const { stdout } = await bench.run("daemons", "adopt", "rack-1", "rack-2");
    expect(stdout).toContain("rack-2 has 3 of rack-1's workspaces; 1 stay");
    expect(api.requests.at(-1)).toMatchObject({
      id: "adoptDaemon",
      params: { daemon: "rack-1" },
      body: { by: "rack-2" },
    });
  });

  it("are forgotten, or it is said why not", async () => {
    const { bench } = await cliAgainst({
      forgetDaemon: () => codedAnswer(409, "conflict", { message: '4 workspaces lie on the host of "rack-1".' }),
    });
    const { stderr, exitCode } = await bench.run("daemons", "forget", "rack-1");
    expect(stderr).toContain('4 workspaces lie on the host of "rack-1"');
    expect(exitCode).not.toBe(0);
  });
});

it("delete --orphan says what is left behind, and follows no job", async () => {
  const sentences = ["Whatever the driver terraform has made for it is left behind, and is to be removed by hand."];
  const { bench } = await cliAgainst({
    getWorkspace: () => ({ json: sampleWorkspace({ name: "dev" }) }),
    orphanWorkspace: () => ({
      json: {
        workspaceId: sampleIds.workspace,
        name: "dev",
        leftBehind: { driver: "terraform", daemon: null, resources: [], sentences },
      },
    }),
  });
  const { stdout, exitCode } = await bench.run("delete", "dev", "--orphan", "--yes");
  expect(stdout).toBe(`dev: deleted without its provisioner\n${sentences[0]}\n`);
  expect(exitCode).toBe(0);
});
