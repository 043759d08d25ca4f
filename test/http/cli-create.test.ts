import { afterEach, describe, expect, it } from "vitest";
import type { Workspace } from "../../src/contracts/api/workspaces.ts";
import {
  sampleBuild,
  sampleIds,
  sampleJob,
  sampleLog,
  sampleWorkspace,
  usableWorkspace,
} from "../support/api-samples.ts";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { codedAnswer, type ScriptedApi, type Scripts, startScriptedApi } from "../support/scripted-api.ts";

const open: { api: ScriptedApi; bench: CliBench }[] = [];
afterEach(async () => {
  for (const { api, bench } of open.splice(0)) {
    bench.dispose();
    await api.close();
  }
});

async function arrange(scripts: Scripts): Promise<{ api: ScriptedApi; bench: CliBench }> {
  const api = await startScriptedApi({ scripts });
  const bench = cliBench({ env: { PREWARM_URL: api.url, PREWARM_TOKEN: "secret" } });
  open.push({ api, bench });
  return { api, bench };
}

const timings = { createMs: 4, waitedMs: 0, totalMs: 6 };
const claimed = (workspace: Workspace) => ({ workspace, outcome: "claimed", missReason: null, timings });
const cold = (workspace: Workspace, missReason: string) => ({ workspace, outcome: "cold", missReason, timings });
const claiming = sampleWorkspace({ latestBuild: sampleBuild({ stage: "claim", number: 2 }) });

describe("create", () => {
  it("says how fast a prebuild was claimed and when it was usable", async () => {
    const { bench, api } = await arrange({
      createWorkspace: () => ({ status: 201, json: claimed(claiming) }),
      watchWorkspace: () => ({
        events: [
          ["workspace", claiming],
          ["workspace", usableWorkspace()],
        ],
        staysOpen: true,
      }),
    });
    const done = await bench.run("create", "dev", "--template", "node", "--parameter", "size=small");
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toMatch(/^claimed in \d+(\.\d)? m?s\nusable after \d+(\.\d)? m?s\n$/);
    const [request] = api.calls("createWorkspace");
    expect(request?.token).toBe("secret");
    expect(request?.body).toMatchObject({ name: "dev", template: "node", parameters: { size: "small" } });
  });

  const templates = (...names: readonly string[]) => ({
    listTemplates: () => ({ json: { templates: names.map((name) => ({ name })), total: names.length } }),
    createWorkspace: () => ({ status: 201, json: claimed(usableWorkspace()) }),
  });

  it("takes the only template that there is, and says so", async () => {
    const { bench, api } = await arrange(templates("starter"));
    const done = await bench.run("create", "dev");
    expect([done.exitCode, done.stderr]).toEqual([0, expect.stringContaining("Made from starter, the only template.")]);
    expect(api.calls("createWorkspace")[0]?.body).toMatchObject({ template: "starter" });
  });

  it("asks which one where there are several, and how to make one where there is none", async () => {
    const several = await arrange(templates("node", "web"));
    const asked = await several.bench.run("create", "dev");
    expect([asked.exitCode, asked.stderr]).toEqual([
      2,
      expect.stringContaining("--template is required: there are node, web."),
    ]);
    expect(several.api.calls("createWorkspace")).toEqual([]);
    const none = await (await arrange(templates())).bench.run("create", "dev");
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining("prewarm templates push")]);
  });

  it("gives workspace, outcome, miss reason and its own timings as JSON, with nothing on standard error", async () => {
    const { bench } = await arrange({ createWorkspace: () => ({ status: 201, json: claimed(usableWorkspace()) }) });
    const done = await bench.run("create", "dev", "--template", "node", "--json");
    const json = JSON.parse(done.stdout) as { timings: { requestMs: number; usableMs: number } };
    expect(json).toMatchObject({
      outcome: "claimed",
      missReason: null,
      workspace: { name: "dev", isUsable: true },
      timings,
    });
    expect(json.timings.requestMs).toBeGreaterThan(0);
    expect(json.timings.usableMs).toBeGreaterThanOrEqual(json.timings.requestMs);
    expect(done.stderr).toBe("");
  });

  it("that is refused for want of a prebuild says why the pool has none", async () => {
    const details = { missReason: "none_ready", template: "node", preset: "small" };
    const { bench, api } = await arrange({
      createWorkspace: () => codedAnswer(409, "no_claimable_prebuild", { details }),
      explainPool: () => ({ json: { sentences: ["It wants 2 prebuilds.", "No provisioner has the driver docker."] } }),
    });
    const done = await bench.run("create", "dev", "--template", "node", "--mode", "warm_only");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain(
      "error: Scripted no_claimable_prebuild. The pool of small: It wants 2 prebuilds. No provisioner has the driver docker. [no_claimable_prebuild]",
    );
    expect(api.calls("explainPool")[0]?.params).toEqual({ template: "node", preset: "small" });
  });

  it("names the reason of a miss and shows the build log while it waits", async () => {
    let isLogRead = false;
    const { bench } = await arrange({
      createWorkspace: () => ({ status: 201, json: cold(sampleWorkspace(), "pool_empty") }),
      explainPool: () => ({
        json: {
          sentences: [
            'Preset "small" of template "node" (default): it is active.',
            "It wants 2 prebuilds, by the base count.",
            "2 creates are held until 12:00: 1 recent prebuild failed.",
            "Decided at 12:00, 0 s ago.",
          ],
        },
      }),
      watchJob: () => {
        isLogRead = true;
        return {
          events: [
            ["log", sampleLog(1, "made the folder")],
            ["job", sampleJob()],
          ],
          staysOpen: true,
        };
      },
      // It becomes usable only once the log was asked for, so that this test does not race it.
      watchWorkspace: () => ({ events: [["workspace", isLogRead ? usableWorkspace() : sampleWorkspace()]] }),
    });
    const done = await bench.run("create", "dev", "--template", "node");
    expect(done.exitCode).toBe(0);
    expect(done.stderr).toContain("no prebuild was ready (pool_empty: the pool is empty), building…");
    expect(done.stderr).toContain(
      "The pool of small: It wants 2 prebuilds, by the base count. 2 creates are held until 12:00: 1 recent prebuild failed.\n",
    );
    expect(done.stdout).toMatch(/^usable after /);
  });

  it("fails with the build's own code, after its log", async () => {
    const failed = sampleBuild({ status: "failed", errorCode: "build_timeout", error: "the hook hung" });
    const { bench } = await arrange({
      createWorkspace: () => ({ status: 201, json: cold(sampleWorkspace(), "none_ready") }),
      watchJob: () => ({
        events: [
          ["log", sampleLog(1, "installing")],
          ["job", sampleJob({ status: "failed" })],
        ],
      }),
      watchWorkspace: () => ({ events: [["workspace", sampleWorkspace({ status: "failed", latestBuild: failed })]] }),
    });
    const done = await bench.run("create", "dev", "--template", "node");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("installing");
    expect(done.stderr).toContain("error: Build 1 (start) of dev failed: the hook hung. [build_timeout]");
    expect(done.stderr).toContain("→ See the build log");
  });

  it("ends with 1 when the claim hook failed, and says its exit code, its last line and what shows the rest", async () => {
    const message = "The claim hook failed: it exited with 7. Its last line: no key";
    const { bench } = await arrange({
      createWorkspace: () => ({ status: 201, json: claimed(sampleWorkspace()) }),
      watchWorkspace: () => ({
        events: [["workspace", usableWorkspace({ trouble: { kind: "claim_failed", message } })]],
      }),
    });
    const done = await bench.run("create", "dev", "--template", "node");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain(`error: dev: ${message} [hook_failed]`);
    expect(done.stderr).toContain("→ `prewarm logs dev` shows the rest. It is usable all the same");
  });

  it("repeats a request whose answer was lost, with the same idempotency key", async () => {
    const { bench, api } = await arrange({
      createWorkspace: (_request, attempt) =>
        attempt < 3 ? { drop: true } : { status: 201, json: claimed(usableWorkspace()) },
    });
    const done = await bench.run("create", "dev", "--template", "node");
    expect(done.exitCode).toBe(0);
    const keys = api.calls("createWorkspace").map(({ body }) => (body as { idempotencyKey: string }).idempotencyKey);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("does not repeat what the server has refused", async () => {
    const { bench, api } = await arrange({
      createWorkspace: () => codedAnswer(409, "no_claimable_prebuild", { details: { missReason: "pool_empty" } }),
    });
    const done = await bench.run("create", "dev", "--template", "node", "--mode", "warm_only", "--json");
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toBe("");
    expect(JSON.parse(done.stderr)).toMatchObject({
      error: { code: "no_claimable_prebuild", details: { missReason: "pool_empty" } },
    });
    expect(api.calls("createWorkspace")).toHaveLength(1);
  });

  it("says when a retry may succeed", async () => {
    const { bench } = await arrange({
      createWorkspace: () => ({ ...codedAnswer(409, "no_claimable_prebuild"), headers: { "retry-after": "7" } }),
    });
    const done = await bench.run("create", "dev", "--template", "node", "--mode", "warm_only");
    expect(done.stderr).toContain("[no_claimable_prebuild]\n  a retry may succeed after 7 s\n→ ");
  });

  it("returns at once with --no-wait", async () => {
    const { bench, api } = await arrange({
      createWorkspace: () => ({ status: 201, json: cold(sampleWorkspace(), "no_pool") }),
    });
    const done = await bench.run("create", "dev", "--template", "node", "--no-wait", "--json");
    expect(JSON.parse(done.stdout)).toMatchObject({
      outcome: "cold",
      missReason: "no_pool",
      timings: { usableMs: null },
    });
    expect(api.calls("watchWorkspace")).toHaveLength(0);
  });

  it("sends mode, wait, preset, owner, organization and the key that were asked for", async () => {
    const { bench, api } = await arrange({
      createWorkspace: () => ({ status: 201, json: claimed(usableWorkspace()) }),
    });
    const words = "--template node --preset small --mode wait --wait 1m30s --owner bob --idempotency-key k1";
    await bench.run("create", "dev", ...words.split(" "), "--organization", "acme");
    const [request] = api.calls("createWorkspace");
    expect(request?.query).toEqual({ organization: "acme" });
    expect(request?.body).toEqual({
      name: "dev",
      template: "node",
      preset: "small",
      mode: "wait",
      waitMs: 90_000,
      owner: "bob",
      idempotencyKey: "k1",
    });
  });

  it("goes on after the stream of events broke, from where it was", async () => {
    const { bench, api } = await arrange({
      createWorkspace: () => ({ status: 201, json: claimed(claiming) }),
      watchWorkspace: (_request, attempt) =>
        attempt === 1 ? { events: [["workspace", claiming]] } : { events: [["workspace", usableWorkspace()]] },
    });
    const done = await bench.run("create", "dev", "--template", "node");
    expect(done.exitCode).toBe(0);
    expect(api.calls("watchWorkspace").map(({ params }) => params["workspace"])).toEqual([
      sampleIds.workspace,
      sampleIds.workspace,
    ]);
  });
});
