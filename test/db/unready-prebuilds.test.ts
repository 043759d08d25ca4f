// A prebuild that does not become ready within its time is a failed prebuild (spec §2.1).
import { describe, expect, it } from "vitest";
import { listPrebuilds } from "../../src/app/prebuilds/pools.ts";
import { resumePool, setEnabled } from "../../src/app/prebuilds/manage-pools.ts";
import { handedOverBefore } from "../../src/contracts/agent-protocol.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import type { Manifest } from "../../src/contracts/manifest.ts";
import { createLostAgents } from "../../src/controllers/lost-agents.ts";
import type { Controller } from "../../src/controllers/controller.ts";
import { createUnreadyPrebuilds } from "../../src/controllers/unready-prebuilds.ts";
import { appendAgentLog, liveAgents } from "../../src/db/agents/agents.ts";
import { repairLedger } from "../../src/db/pools/consistency.ts";
import { build } from "../support/builds.ts";
import { agentChange, agentsReady, connectAgents, reportAgents, runJobs, runJobsReady } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { inboxKinds } from "../support/notifications.ts";
import { ledgerState } from "../support/prebuild-rows.ts";
import { reconcile, reconcileTimes } from "../support/reconcile.ts";
import type { TestServer } from "../support/server.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;
const second = 1_000;
const minute = 60 * second;
/** Between two runs of the rule. */
const stepMs = 10 * second;
/** Of agents whose manifest has none. */
const connectMs = 2 * minute;

function ruleOf(fx: Fixture, server: TestServer = fx): Controller {
  const { store: db, id: serverId, context } = server;
  const { clock, logger } = fx;
  const { prebuildsSwitch } = context;
  const deps = { db, clock, logger, serverId, prebuildsSwitch, monotonicMs: () => 0, agentLostAfterMs: connectMs };
  return createUnreadyPrebuilds(deps);
}

interface Bed {
  readonly fx: Fixture;
  readonly rule: Controller;
  readonly template: PublishedTemplate;
}

async function bedWith(agent: Omit<NonNullable<Manifest["agents"]>[number], "name"> = {}, instances = 1): Promise<Bed> {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: instances }, agents: [{ name: "main", ...agent }] });
  return { fx, template, rule: ruleOf(fx) };
}

/** Fills the pool with prebuilds whose build has gone well. @returns the newest. */
async function built(fx: Fixture): Promise<WorkspaceId> {
  await reconcile(fx);
  const [job] = await runJobs(fx);
  if (job?.workspace_id === undefined || job.workspace_id === null) throw new Error("a cycle makes a job");
  return job.workspace_id;
}

const failedIn = async (rule: Controller): Promise<number> => Number((await rule.run(goOn)).fields["failed"] ?? 0);

/** Lets so much time pass, with the rule run in its rhythm. @returns how many prebuilds failed. */
async function pass({ fx, rule }: Pick<Bed, "fx" | "rule">, ms: number): Promise<number> {
  let count = 0;
  for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
    fx.clock.advance(Math.min(stepMs, leftMs));
    count += await failedIn(rule);
  }
  return count;
}

async function hookFails(fx: Fixture, workspaceId: WorkspaceId, detail: string): Promise<void> {
  await connectAgents(fx, workspaceId);
  for (const { id } of await liveAgents(fx.store, workspaceId)) {
    await agentChange(fx, id, { kind: "state", state: "start_error", told: { detail, version: "test" } });
  }
}

async function errorOf(fx: Fixture, workspaceId: WorkspaceId): Promise<string | null | undefined> {
  const { prebuilds } = await listPrebuilds(fx.context, fx.admin, {});
  return prebuilds.find((row) => row.workspaceId === workspaceId)?.error;
}

describe("a prebuild whose prewarm hook fails", () => {
  const words = "The prewarm hook failed: it exited with 3. Its last line: npm ERR! 404";

  it("is a failed one at once: kept, with the hook's words, counted, and its pool backs off", async () => {
    const { fx, rule } = await bedWith();
    const prebuild = await built(fx);
    await rule.run(goOn);
    fx.published.length = 0;
    await hookFails(fx, prebuild, words);
    expect(fx.published, "nobody waits for the next round").toContain("unready");
    expect(await failedIn(rule)).toBe(1);
    expect(await ledgerState(fx, prebuild)).toBe("failed");
    expect(await errorOf(fx, prebuild)).toBe(`Agent "main": ${words}`);
    expect(fx.published).toContain("pools");
    expect(await reconcile(fx)).toMatchObject({ creates: 0, held: 1 });
    expect(await fx.number("select sum(count) from pool_events where kind = 'failed'")).toBe(1);
    expect(await failedIn(rule), "judged once").toBe(0);
    fx.clock.advance(minute + 1);
    expect(await reconcile(fx)).toMatchObject({ creates: 1, held: 0 });
  });

  it("again and again makes its pool hard-limited, which is told once, and is over when an administrator says so", async () => {
    const { fx, rule } = await bedWith();
    for (let nth = 0; nth < 3; nth += 1) {
      const prebuild = await built(fx);
      await hookFails(fx, prebuild, words);
      await rule.run(goOn);
      fx.clock.advance(5 * minute);
    }
    expect(await reconcileTimes(fx, 3)).toMatchObject([{ creates: 0 }, { creates: 0 }, { creates: 0 }]);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited"]);
    await resumePool(fx.context, fx.admin, { template: "web", preset: "large" });
    expect(await reconcile(fx)).toMatchObject({ creates: 1 });
  });

  it("keeps its pool hard-limited while the single try is built and boots, and only one that is ready ends it", async () => {
    const { fx, rule } = await bedWith({}, 4);
    await reconcile(fx);
    for (const job of await runJobs(fx)) if (job.workspace_id !== null) await hookFails(fx, job.workspace_id, words);
    await rule.run(goOn);
    fx.clock.advance(11 * minute);
    const tried = await built(fx);
    fx.clock.advance(11 * minute);
    expect(await reconcileTimes(fx, 2)).toMatchObject([{ creates: 0 }, { creates: 0 }]);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited"]);
    await agentsReady(fx, [tried]);
    expect(await reconcile(fx)).toMatchObject({ creates: 3 });
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited", "pool_recovered"]);
  });

  it("because a restored backup does not know its owner is never cleaned up by itself, and is no word against the template", async () => {
    const { fx, rule } = await bedWith({}, 4);
    await reconcile(fx);
    const jobs = await runJobs(fx);
    for (const job of jobs)
      if (job.workspace_id !== null) await hookFails(fx, job.workspace_id, `${handedOverBefore}ada.`);
    expect(await failedIn(rule)).toBe(4);
    expect(await reconcile(fx, { failedKeptMax: 0 }), "neither held back nor hard-limited").toMatchObject({
      creates: 4,
      failedRemoved: 0,
    });
    expect(await ledgerState(fx, jobs[0]?.workspace_id as WorkspaceId)).toBe("failed");
  });

  it("is a pool's again when it is started by hand and becomes ready", async () => {
    const { fx, rule } = await bedWith();
    const prebuild = await built(fx);
    await hookFails(fx, prebuild, words);
    await rule.run(goOn);
    await build(fx, prebuild, "start");
    await runJobsReady(fx);
    expect(await failedIn(rule)).toBe(0);
    expect(await ledgerState(fx, prebuild)).toBe("ready");
    expect(await errorOf(fx, prebuild)).toBeNull();
  });

  it("is failed again when a server of the release before has repaired that, and is not counted twice", async () => {
    const { fx, rule } = await bedWith();
    const prebuild = await built(fx);
    await hookFails(fx, prebuild, words);
    await rule.run(goOn);
    await fx.rows("update prebuilds set state = 'starting', generation = generation + 1");
    expect(await failedIn(rule)).toBe(1);
    expect(await errorOf(fx, prebuild)).toBe(`Agent "main": ${words}`);
    expect(await fx.number("select sum(count) from pool_events where kind = 'failed'")).toBe(1);
    await fx.rows("update prebuilds set state = 'starting', generation = generation + 1");
    await fx.store.transaction("test repair", (tx) => repairLedger(tx, prebuild, fx.clock.now()));
    expect(await ledgerState(fx, prebuild), "this release agrees with itself").toBe("failed");
  });
});

describe("a prebuild whose agent never connects", () => {
  it("fails when the deployment's time to connect is over, and not before", async () => {
    const bed = await bedWith();
    const { fx } = bed;
    await bed.rule.run(goOn);
    const prebuild = await built(fx);
    expect(await pass(bed, connectMs - 1)).toBe(0);
    expect(await pass(bed, 1)).toBe(1);
    expect(await errorOf(fx, prebuild)).toBe('Agent "main" did not connect within 2 min after the build.');
    for (let nth = 0; nth < 2; nth += 1) {
      await pass(bed, minute);
      await built(fx);
      expect(await pass(bed, connectMs)).toBe(1);
    }
    expect(await reconcile(fx), "three in a row").toMatchObject({ creates: 0, held: 1 });
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited"]);
  });

  it("is given what its manifest says instead", async () => {
    const bed = await bedWith({ connect_timeout: 30 });
    await bed.rule.run(goOn);
    const prebuild = await built(bed.fx);
    expect(await pass(bed, 30 * second - 1)).toBe(0);
    expect(await pass(bed, 1)).toBe(1);
    expect(await errorOf(bed.fx, prebuild)).toContain("did not connect within 30 s");
  });

  it("is given its whole time again when nobody could hear it: after a restart, an outage, a switched-off deployment", async () => {
    const bed = await bedWith();
    const { fx } = bed;
    await bed.rule.run(goOn);
    await built(fx);
    await pass(bed, connectMs - stepMs);
    fx.clock.advance(3_600_000);
    expect(await failedIn(bed.rule), "the same server, which has slept").toBe(0);
    const restarted = { fx, rule: ruleOf(fx) };
    await restarted.rule.run(goOn);
    expect(await pass(restarted, connectMs - 1), "a server that was started again").toBe(0);
    await setEnabled(fx.context, fx.admin, false);
    expect(await pass(restarted, 2 * connectMs), "switched off").toBe(0);
    await setEnabled(fx.context, fx.admin, true);
    await restarted.rule.run(goOn);
    expect(await pass(restarted, connectMs - 1)).toBe(0);
    expect(await pass(restarted, 1)).toBe(1);
  });

  it("is counted once by two servers", async () => {
    const { fx, rule } = await bedWith();
    const prebuild = await built(fx);
    await hookFails(fx, prebuild, "");
    const other = ruleOf(fx, { ...fx.addServer(), id: fx.id });
    const failures = await Promise.all([failedIn(rule), failedIn(other)]);
    expect(failures.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await fx.number("select sum(count) from pool_events where kind = 'failed'")).toBe(1);
  });
});

describe("a prebuild whose agent comes and goes before it is ready", () => {
  const hooks = { hooks: { prewarm: { run: "true", timeout: 40 }, start: { run: "true", timeout: 20 } } };

  async function goAway(fx: Fixture, workspaceId: WorkspaceId): Promise<void> {
    for (const { id } of await liveAgents(fx.store, workspaceId)) {
      const [row] = await fx.rows<{ connection_id: string }>("select connection_id from agents where id = $1", [id]);
      await agentChange(fx, id, { kind: "disconnected", connectionId: row?.connection_id ?? "" });
    }
  }

  it("and stays away has failed, with the last line that was heard; it is not merely lost", async () => {
    const bed = await bedWith();
    const { fx } = bed;
    const lost = createLostAgents({ ...lostDeps(fx), agentLostAfterMs: connectMs });
    await bed.rule.run(goOn);
    await lost.run(goOn);
    const prebuild = await built(fx);
    await connectAgents(fx, prebuild);
    for (const { id } of await liveAgents(fx.store, prebuild)) {
      const line = { at: fx.clock.now().toISOString(), level: "error", source: "prewarm", line: "out of memory" };
      await appendAgentLog(fx.store, id, [line]);
    }
    await goAway(fx, prebuild);
    expect(await pass(bed, connectMs - 1)).toBe(0);
    fx.clock.advance(1);
    expect(await lost.run(goOn)).not.toMatchObject({ fields: { replaced: 1 } });
    expect(await failedIn(bed.rule)).toBe(1);
    expect(await errorOf(fx, prebuild)).toMatch(/went away before it was ready.*out of memory$/);
  });

  it("for ever has failed when its time to connect and those of its hooks are over", async () => {
    const bed = await bedWith(hooks);
    const { fx, rule } = bed;
    await rule.run(goOn);
    const prebuild = await built(fx);
    const limitMs = connectMs + minute + minute;
    for (let passedMs = 0; passedMs < limitMs - stepMs; passedMs += stepMs) {
      await connectAgents(fx, prebuild);
      await reportAgents(fx, prebuild, "starting");
      expect(await pass(bed, stepMs)).toBe(0);
      await goAway(fx, prebuild);
    }
    expect(await pass(bed, stepMs)).toBe(1);
    expect(await errorOf(fx, prebuild)).toContain("was not ready 3 min after the build");
  });

  it("and is ready in the end has not failed", async () => {
    const bed = await bedWith(hooks);
    const prebuild = await built(bed.fx);
    await bed.rule.run(goOn);
    await agentsReady(bed.fx, [prebuild]);
    await goAway(bed.fx, prebuild);
    expect(await pass(bed, 10 * minute)).toBe(0);
    expect(await ledgerState(bed.fx, prebuild)).toBe("starting");
  });
});

describe("a template with a pool and without agents", () => {
  it("is refused at its push, with the preset's name", async () => {
    const fx = await testFixture();
    const pushed = publishTemplate(fx, { agents: [], presets: { large: 1 } });
    await expect(pushed).rejects.toMatchObject({
      code: "invalid_manifest",
      problems: [{ field: "presets[0].prebuilds", reason: expect.stringContaining('preset "large" has a pool') }],
    });
    await publishTemplate(fx, { agents: [], presets: { large: null } });
  });

  it("that was pushed before fails its prebuilds at once", async () => {
    const { fx, rule } = await bedWith();
    await fx.rows("update template_versions set manifest = manifest - 'agents'");
    const prebuild = await built(fx);
    expect(await failedIn(rule)).toBe(1);
    expect(await errorOf(fx, prebuild)).toContain("has no agents");
  });
});

function lostDeps(fx: Fixture): Omit<Parameters<typeof createLostAgents>[0], "agentLostAfterMs"> {
  const { store: db, clock, logger, id: serverId, context } = fx;
  return { db, clock, logger, serverId, prebuildsSwitch: context.prebuildsSwitch, monotonicMs: () => 0 };
}
