import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Manifest } from "../../src/contracts/manifest.ts";
import { sampleIds, sampleJob, sampleLog, sampleVersion } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import type { CliBench } from "../support/cli-run.ts";
import { codedAnswer, type Scripts } from "../support/scripted-api.ts";

function writeTemplate(bench: CliBench, manifest: string): string {
  const folder = path.join(bench.folder, "from-folder");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "template.yaml"), manifest);
  return folder;
}

const ready = sampleVersion({ status: "ready", isActive: true });
const importing: Scripts = {
  pushTemplate: ({ params }) => ({
    status: 201,
    json: { template: { id: sampleIds.template, name: params["template"] }, version: sampleVersion() },
  }),
  watchJob: () => ({
    events: [
      ["log", sampleLog(1, "checked the manifest")],
      ["job", sampleJob()],
    ],
  }),
  listTemplateVersions: () => ({ json: { versions: [ready], total: 1 } }),
};

describe("templates push", () => {
  it("packs the folder, shows the import and says that the version is ready", async () => {
    const { api, bench } = await cliAgainst(importing);
    writeTemplate(bench, "name: node\ndriver: process\n");
    const words = ["from-folder", "--message", "first one", "--version-name", "v1", "--no-activate"];
    const done = await bench.run("templates", "push", ...words);
    expect(done.exitCode).toBe(0);
    expect(done.stderr).toContain("checked the manifest");
    expect(done.stdout).toMatch(/^node version 3 \(amber-fox\) is ready and active after /);
    const [request] = api.calls("pushTemplate");
    expect(request?.params).toEqual({ template: "node" });
    expect(request?.query).toEqual({ activate: "false", message: "first one", name: "v1" });
    // The magic bytes of gzip.
    expect(request?.bytes.subarray(0, 2).toString("hex")).toBe("1f8b");
  });

  it("says what the import waits for", async () => {
    const text = "a daemon that can take it: no daemon with the driver process is connected";
    const pending = sampleJob({ status: "pending", waitingFor: { kind: "daemon", text } });
    const { bench } = await cliAgainst({
      ...importing,
      watchJob: () => ({
        events: [
          ["job", pending],
          ["job", sampleJob()],
        ],
      }),
    });
    writeTemplate(bench, "name: node\ndriver: process\n");
    const done = await bench.run("templates", "push", "from-folder");
    expect(done.stderr).toContain(
      "The job waits for a daemon that can take it: no daemon with the driver process is connected.\n",
    );
  });

  it("takes the name from --name, else the manifest, else the folder", async () => {
    const { api, bench } = await cliAgainst(importing);
    writeTemplate(bench, "driver: process\n");
    await bench.run("templates", "push", "from-folder");
    await bench.run("templates", "push", "from-folder", "--name", "asked");
    expect(api.calls("pushTemplate").map(({ params }) => params["template"])).toEqual(["from-folder", "asked"]);
  });

  it("fails with the import's code and reason", async () => {
    const failed = sampleJob({ status: "failed", errorCode: "invalid_template", error: "no such image" });
    const { bench } = await cliAgainst({ ...importing, watchJob: () => ({ events: [["job", failed]] }) });
    writeTemplate(bench, "name: node\ndriver: process\n");
    const done = await bench.run("templates", "push", "from-folder");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("error: Version 3 of node failed: no such image [invalid_template]");
  });

  it("shows each problem with its place, field and reason", async () => {
    const problems = [
      { field: "presets[1].prebuilds.instances", reason: "must be >= 0", file: "template.yaml", line: 12, column: 7 },
      { field: "driver", reason: "is missing" },
    ];
    const { bench } = await cliAgainst({
      pushTemplate: () => codedAnswer(400, "invalid_manifest", { problems, next: "Correct them." }),
    });
    writeTemplate(bench, "name: node\n");
    const done = await bench.run("templates", "push", "from-folder");
    expect(done.stderr).toContain(
      "error: Scripted invalid_manifest. [invalid_manifest]\n" +
        "  template.yaml:12:7  presets[1].prebuilds.instances  must be >= 0\n" +
        "  driver  is missing\n" +
        "→ Correct them.\n",
    );
  });

  it("names the line and column of what is not YAML, before anything is sent", async () => {
    const { api, bench } = await cliAgainst({});
    const folder = writeTemplate(bench, "name: node\npresets: [\n");
    const done = await bench.run("templates", "push", folder);
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toMatch(new RegExp(`${folder}/template.yaml:\\d+:\\d+  `));
    expect(api.requests).toHaveLength(0);
  });

  it("sends variables beside the archive, a flag's over the file's, and says which are used again", async () => {
    const reusedVariables = { version: 2, names: ["region"] };
    const { api, bench } = await cliAgainst({
      ...importing,
      pushTemplate: () => ({
        status: 201,
        json: { template: { id: sampleIds.template, name: "node" }, version: sampleVersion(), reusedVariables },
      }),
    });
    writeTemplate(bench, "name: node\ndriver: terraform\n");
    writeFileSync(path.join(bench.folder, "v.yaml"), "namespace: of-file\nzones: [a, b]\n");
    const words = ["--variables-file", "v.yaml", "--variable", "namespace=of-flag"];
    const done = await bench.run("templates", "push", "from-folder", ...words);
    expect(done.exitCode).toBe(0);
    expect(done.stderr).toContain("variables of version 2 are used again: region\n");
    const [request] = api.calls("pushTemplate");
    expect(request?.bytes.toString("latin1")).toContain('{"namespace":"of-flag","zones":"[\\"a\\",\\"b\\"]"}');
    expect(JSON.stringify(request?.query)).not.toContain("of-flag");
    expect(done.stdout + done.stderr).not.toMatch(/of-flag|of-file/);
    await bench.run("templates", "push", "from-folder", "--no-keep-variables");
    const [, second] = api.calls("pushTemplate");
    expect(second?.query).toEqual({ activate: "true", keepVariables: "false" });
    expect(second?.bytes.subarray(0, 2).toString("hex")).toBe("1f8b");
  });

  it("refuses a variable without a value with the exit code of a wrong command line", async () => {
    const { api, bench } = await cliAgainst({});
    const done = await bench.run("templates", "push", "from-folder", "--variable", "hush-hush");
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toContain("--variable must be NAME=VALUE");
    expect(done.stderr).not.toContain("hush");
    expect(api.requests).toHaveLength(0);
  });

  it("says what is missing in a folder without a manifest", async () => {
    const { bench } = await cliAgainst({});
    const done = await bench.run("templates", "push", ".");
    expect(done.stderr).toContain("template.yaml. [invalid_manifest]");
  });
});

describe("templates init", () => {
  it("writes a manifest that is valid, and never writes over one", async () => {
    const { bench } = await cliAgainst({});
    expect((await bench.run("templates", "init", "new/one")).exitCode).toBe(0);
    const file = path.join(bench.folder, "new/one/template.yaml");
    expect([...Value.Errors(Manifest, parse(readFileSync(file, "utf8")))]).toEqual([]);
    writeFileSync(file, "mine");
    const again = await bench.run("templates", "init", "new/one");
    expect(again.exitCode).toBe(1);
    expect(readFileSync(file, "utf8")).toBe("mine");
  });
});

describe("templates promote and deprecate", () => {
  it("promotes a version by number", async () => {
    const { api, bench } = await cliAgainst({ promoteTemplateVersion: () => ({ json: ready }) });
    expect((await bench.run("templates", "promote", "node", "3")).stdout).toBe(
      "node version 3 (amber-fox) is active.\n",
    );
    expect(api.requests[0]?.params).toEqual({ template: "node", version: "3" });
  });

  it("deprecates with a message and takes it back with --undo", async () => {
    const { api, bench } = await cliAgainst({ deprecateTemplate: () => ({ json: { name: "node" } }) });
    await bench.run("templates", "deprecate", "node", "--message", "use node-22");
    const undone = await bench.run("templates", "deprecate", "node", "--undo");
    expect(undone.stdout).toBe("node is no longer deprecated.\n");
    expect(api.requests.map(({ body }) => body)).toEqual([
      { deprecated: true, message: "use node-22" },
      { deprecated: false },
    ]);
  });
});

describe("templates insights", () => {
  const insights = {
    from: "2029-12-26",
    to: "2030-01-01",
    since: { creations: "2029-12-26T00:00:00.000Z", details: "2029-12-28T00:00:00.000Z" },
    creations: { warm: 3, cold: 1, refused: 0 },
    hitRate: 0.75,
    misses: [{ preset: null, reason: "parameters_differ", count: 1 }],
    usable: { warm: { p50Ms: 900, p90Ms: 1_500, p99Ms: 12_000, samples: 3 }, cold: null },
    failures: 0,
    people: { creating: 2, owning: 1 },
    workspaces: { running: 1, starting: 0, stopped: 0, failed: 0, dormant: 0 },
    parameters: [{ name: "region", values: [{ value: "eu", count: 3 }], others: 1 }],
    days: [
      { day: "2029-12-31", warm: 0, cold: 0, refused: 0 },
      { day: "2030-01-01", warm: 3, cold: 1, refused: 0 },
    ],
  };

  it("tells the figures, the misses, the parameters and the days on which there was something", async () => {
    const { api, bench } = await cliAgainst({ templateInsights: () => ({ json: insights }) });
    const { stdout, exitCode } = await bench.run("templates", "insights", "node", "--from", "2029-12-26");
    expect(exitCode).toBe(0);
    expect(api.calls("templateInsights")[0]?.query).toEqual({ from: "2029-12-26" });
    expect(stdout).toContain("3 warm, 1 cold, 0 refused");
    expect(stdout).toContain("75 %");
    expect(stdout).toContain("0.9 s, 1.5 s, 12 s (of 3)");
    expect(stdout).toMatch(/–\s+parameters_differ\s+1/);
    expect(stdout).toMatch(/region\s+\(any other\)\s+1/);
    expect(stdout).toMatch(/2030-01-01\s+3\s+1\s+0/);
    expect(stdout).not.toContain("2029-12-31 ");
  });

  it("gives a program the answer as it is", async () => {
    const { bench } = await cliAgainst({ templateInsights: () => ({ json: insights }) });
    const { stdout } = await bench.run("templates", "insights", "node", "--json");
    expect(JSON.parse(stdout)).toEqual(insights);
  });
});
