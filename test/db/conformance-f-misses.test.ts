// Case 139: what is never handed out, and that the miss says why; the modes of a creation; roll-out by surge.
import { describe, expect, it } from "vitest";
import { ClaimWaiters } from "../../src/app/workspaces/claim-waiters.ts";
import { createWorkspace } from "../../src/app/workspaces/create-workspace.ts";
import { deprecate, removeTemplate } from "../../src/app/templates/templates.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { invalidatePresets } from "../../src/db/pools/preset-validation.ts";
import type { Db } from "../../src/db/store.ts";
import type { UserId } from "../../src/contracts/ids.ts";
import { claimWaitersMax, claimWaitersPerPersonMax } from "../../src/contracts/limits.ts";
import type { MissReason } from "../../src/contracts/states.ts";
import { agentChange, agentsReady, runJobs } from "../support/daemon.ts";
import { claimOnce, codeOf, create, newName } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, ledgerState, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";
import type { NewsSource } from "../../src/platform/news.ts";

const hour = 3_600_000;
const withTtl = { large: { prebuilds: { instances: 1, expiration_policy: { ttl: 3_600 } } } };

interface Miss {
  readonly what: string;
  readonly reason: MissReason;
  readonly arrange: (fx: Fixture) => Promise<PublishedTemplate>;
}

const misses: readonly Miss[] = [
  { what: "an empty pool", reason: "pool_empty", arrange: (fx) => publishTemplate(fx) },
  {
    what: "one that is still building",
    reason: "none_ready",
    arrange: async (fx) => {
      const template = await publishTemplate(fx);
      await putPrebuild(fx, template.preset(), { jobStatus: "running" });
      return template;
    },
  },
  {
    what: "one of whose two agents is not ready",
    reason: "none_ready",
    arrange: async (fx) => {
      const template = await publishTemplate(fx);
      await putPrebuild(fx, template.preset(), { agents: { total: 2, ready: 1 } });
      return template;
    },
  },
  {
    what: "one without agents",
    reason: "none_ready",
    arrange: async (fx) => {
      const template = await publishTemplate(fx);
      await putPrebuild(fx, template.preset(), { agents: { total: 0, ready: 0 } });
      return template;
    },
  },
  {
    what: "one whose agent is ready but not connected (S4)",
    reason: "none_ready",
    arrange: async (fx) => {
      const template = await publishTemplate(fx);
      const id = await putPrebuild(fx, template.preset());
      for (const agent of await liveAgents(fx.store, id)) {
        const [row] = await fx.rows<{ connection_id: string }>("select connection_id from agents where id = $1", [
          agent.id,
        ]);
        await agentChange(fx, agent.id, { kind: "disconnected", connectionId: row?.connection_id ?? "" });
      }
      return template;
    },
  },
  {
    what: "one past its time to live",
    reason: "all_expired",
    arrange: async (fx) => {
      const template = await publishTemplate(fx, { presets: withTtl });
      await putPrebuild(fx, template.preset(), { ageMs: hour + 1 });
      return template;
    },
  },
  {
    what: "one made before an invalidation",
    reason: "all_expired",
    arrange: async (fx) => {
      const template = await publishTemplate(fx);
      await putPrebuild(fx, template.preset(), { ageMs: 1 });
      await invalidatePresets(fx.store, { templateId: template.templateId, preset: "large", now: fx.clock.now() });
      return template;
    },
  },
  {
    what: "one that is draining",
    reason: "draining",
    arrange: async (fx) => {
      const template = await publishTemplate(fx, { presets: { large: 0 } });
      await putPrebuild(fx, template.preset());
      await reconcile(fx);
      return template;
    },
  },
  {
    what: "one of another preset",
    reason: "pool_empty",
    arrange: async (fx) => {
      const template = await publishTemplate(fx, { presets: { large: 1, other: 1 } });
      await putPrebuild(fx, template.preset("other"));
      return template;
    },
  },
  {
    what: "one of a version that is no longer the active one",
    reason: "outdated",
    arrange: async (fx) => {
      await putPrebuild(fx, (await publishTemplate(fx)).preset());
      return await publishTemplate(fx);
    },
  },
  {
    what: "a preset without a pool",
    reason: "no_pool",
    arrange: (fx) => publishTemplate(fx, { presets: { large: null } }),
  },
  {
    what: "a failed and a parked one",
    reason: "pool_empty",
    arrange: async (fx) => {
      const template = await publishTemplate(fx);
      await putPrebuild(fx, template.preset(), { jobStatus: "failed" });
      await putPrebuild(fx, template.preset(), { transition: "stop" });
      return template;
    },
  },
];

describe("139: never handed out, and the miss says why:", () => {
  it.each(misses)("$what: $reason", async ({ arrange, reason }) => {
    const fx = await testFixture();
    const template = await arrange(fx);
    expect(await claimOnce(fx, fx.store, { ...template, presetId: template.preset("large") })).toBeUndefined();
    expect(await create(fx, { preset: "large" })).toMatchObject({ outcome: "cold", missReason: reason });
    const refused = create(fx, { preset: "large", mode: "warm_only" });
    await expect(refused).rejects.toMatchObject({
      code: "no_claimable_prebuild",
      details: { missReason: reason },
      retryAfterSeconds: expect.any(Number),
    });
    expect(await fx.rows("select outcome, miss_reason from creation_outcomes order by id")).toEqual([
      { outcome: "cold", miss_reason: reason },
      { outcome: "refused", miss_reason: reason },
    ]);
  });

  it("one of a version that was replaced since the pool was chosen, unless an older one will do", async () => {
    const fx = await testFixture();
    const older = await publishTemplate(fx);
    await putPrebuild(fx, older.preset());
    await publishTemplate(fx);
    const from = { templateId: older.templateId, presetId: older.preset() };
    expect(await claimOnce(fx, fx.store, from)).toBeUndefined();
    expect(await claimOnce(fx, fx.store, from, { isOutdatedAllowed: true })).toBeDefined();
  });

  it("exactly at its time to live it is still handed out, as the pool shows it", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: withTtl });
    await putPrebuild(fx, template.preset(), { ageMs: hour });
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  });

  it("one of a deprecated or deleted template: the creation is refused, and the claim by itself finds nothing", async () => {
    const fx = await testFixture();
    const web = await publishTemplate(fx);
    const api = await publishTemplate(fx, { template: "api" });
    await putPrebuild(fx, web.preset());
    await putPrebuild(fx, api.preset());
    await deprecate(fx.context, fx.admin, { template: "web", deprecated: true, message: "use api" });
    await removeTemplate(fx.context, fx.admin, { template: "api" });
    expect(await codeOf(create(fx))).toBe("template_deprecated");
    expect(await codeOf(create(fx, { template: "api" }))).toBe("not_found");
    for (const template of [web, api]) {
      expect(await claimOnce(fx, fx.store, { ...template, presetId: template.preset() })).toBeUndefined();
    }
  });

  it("one that becomes ready between the look at the pool and the cold build is taken after all", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    const id = await putPrebuild(fx, template.preset(), { agents: { total: 1, ready: 0 } });
    const db: Db = {
      kind: "db",
      hasRoom: () => fx.store.hasRoom(),
      query: (statement, params) => fx.store.query(statement, params),
      snapshot: (name, run) => fx.store.snapshot(name, run),
      publish: (topics) => fx.store.publish(topics),
      transaction: async (name, run) => {
        await agentsReady(fx, [id]);
        return await fx.store.transaction(name, run);
      },
    };
    const made = await createWorkspace({ ...fx.context, db }, fx.alice, { name: "mine", template: "web" });
    expect(made).toMatchObject({ outcome: "claimed", missReason: null, workspace: { id } });
    expect(await fx.rows("select outcome from creation_outcomes")).toEqual([{ outcome: "claimed" }]);
  });

  it("S4: when the agent dies right after it was ready, it stops being claimable at once, and is again when it is back", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    const id = await putPrebuild(fx, template.preset());
    const [agent] = await liveAgents(fx.store, id);
    if (agent === undefined) throw new Error("a ready prebuild has an agent");
    const [{ connection_id: connectionId } = { connection_id: "" }] = await fx.rows<{ connection_id: string }>(
      "select connection_id from agents",
    );
    await agentChange(fx, agent.id, { kind: "disconnected", connectionId });
    expect(await ledgerState(fx, id)).toBe("starting");
    expect(await codeOf(create(fx, { mode: "warm_only" }))).toBe("no_claimable_prebuild");
    await agentChange(fx, agent.id, { kind: "connected", serverId: fx.id, connectionId: fx.id });
    expect(await create(fx, { mode: "warm_only" })).toMatchObject({ outcome: "claimed" });
  });
});

describe("mode wait", () => {
  it("gets the prebuild that becomes ready while it waits, as soon as it is", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    // Nothing is ready before it has found that, and begun to listen.
    let isListening = false;
    const news: NewsSource = {
      subscribe: (topic, listener) => {
        isListening ||= topic.startsWith("pool:");
        return fx.bus.subscribe(topic, listener);
      },
      subscribeAll: (listener) => fx.bus.subscribeAll(listener),
    };
    const on = { ...fx, context: { ...fx.context, news } };
    const waiting = create(fx, { on, mode: "wait", waitMs: 60_000 });
    await waitUntil("it listens", () => isListening);
    const jobs = await runJobs(fx);
    await agentsReady(
      fx,
      jobs.map((job) => job.workspace_id),
    );
    expect(await waiting).toMatchObject({ outcome: "claimed", workspace: { id: jobs[0]?.workspace_id } });
    expect(await fx.rows("select mode, outcome from creation_outcomes")).toEqual([
      { mode: "wait", outcome: "claimed" },
    ]);
  });

  it("gets it too when the news are lost, by its next look", async () => {
    const fx = await testFixture();
    const deaf = fx.addServer({ publish: "fails" });
    await publishTemplate(fx);
    await reconcile(fx);
    const jobs = await runJobs(fx);
    const quiet = { ...fx, store: deaf.store };
    const waiting = create(fx, { mode: "wait", waitMs: 60_000 });
    await agentsReady(
      quiet,
      jobs.map((job) => job.workspace_id),
    );
    expect(await waiting).toMatchObject({ outcome: "claimed" });
  });

  it("builds cold when its time is over, and says why and how long it waited", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const made = await create(fx, { mode: "wait", waitMs: 30 });
    expect(made).toMatchObject({ outcome: "cold", missReason: "pool_empty" });
    expect(made.timings.waitedMs).toBeGreaterThanOrEqual(30);
    const [row] = await fx.rows<{ mode: string; waited_ms: number }>("select mode, waited_ms from creation_outcomes");
    expect(row?.mode).toBe("wait");
    expect(row?.waited_ms).toBeGreaterThanOrEqual(30);
  });

  it("ends when nobody waits for it any more: what becomes ready then is neither claimed nor built for him", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    const hangUp = new AbortController();
    const input = { name: newName(), template: "web", preset: "large", mode: "wait", waitMs: 600_000 } as const;
    const waiting = createWorkspace(fx.context, fx.alice, input, hangUp.signal);
    const left = expect(waiting).rejects.toThrow("he hung up");
    hangUp.abort(new Error("he hung up"));
    await left;
    await putPrebuilds(fx, template.preset(), 1);
    expect(await fx.number("select count(*) from workspaces where owner_id = $1", [fx.alice.userId])).toBe(0);
    expect((await create(fx, { mode: "warm_only" })).outcome).toBe("claimed");
  });

  it("of more than a server lets wait is refused, and each server counts its own", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const full = new ClaimWaiters();
    const enter = (nth: number) => full.enter(`person ${Math.floor(nth / 4)}` as UserId);
    const leave = Array.from({ length: claimWaitersMax }, (_, nth) => enter(nth));
    const context = { ...fx.context, waiters: full };
    const input = () => ({ name: newName(), template: "web", preset: "large", mode: "wait", waitMs: 20 }) as const;
    expect(await codeOf(createWorkspace(context, fx.alice, input()))).toBe("too_many_waiters");
    expect((await create(fx, { mode: "wait", waitMs: 20 })).outcome, "another server").toBe("cold");
    leave.pop()?.();
    expect((await createWorkspace(context, fx.alice, input())).outcome).toBe("cold");
    expect(await codeOf(createWorkspace(context, fx.alice, { ...input(), mode: "warm_only" }))).toBe(
      "no_claimable_prebuild",
    );
    leave.push(enter(claimWaitersMax));
    expect(() => enter(claimWaitersMax)).toThrow("wait for a prebuild");
  });

  it("of one person are bounded, and leave room for the others'", () => {
    const waiters = new ClaimWaiters();
    for (let nth = 0; nth < claimWaitersPerPersonMax; nth += 1) waiters.enter("mallory" as UserId);
    expect(() => waiters.enter("mallory" as UserId)).toThrow(/You have \d+ creations that wait/);
    expect(() => waiters.enter("bob" as UserId)).not.toThrow();
  });

  it("does not wait for what will not come", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: null } });
    expect(await create(fx, { mode: "wait", waitMs: 600_000 })).toMatchObject({
      outcome: "cold",
      missReason: "no_pool",
    });
  });

  it("several that wait for two prebuilds get one each, and the others build cold", async () => {
    const fx = await testFixture({ connectionsMax: 4 });
    const template = await publishTemplate(fx, { presets: { large: 2 } });
    await reconcile(fx);
    const jobs = await runJobs(fx);
    const waiting = Promise.all(Array.from({ length: 5 }, () => create(fx, { mode: "wait", waitMs: 1_500 })));
    await agentsReady(
      fx,
      jobs.map((job) => job.workspace_id),
    );
    expect((await waiting).map((one) => one.outcome).sort()).toEqual(["claimed", "claimed", "cold", "cold", "cold"]);
    expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 2 });
  });
});

describe("surge: outdated prebuilds", () => {
  const rollout = { rollout: { strategy: "surge", max_outdated_age: 3_600 } } as const;

  async function surging(): Promise<{ fx: Fixture; old: PublishedTemplate; fresh: PublishedTemplate }> {
    const fx = await testFixture();
    const old = await publishTemplate(fx, { presets: { large: 2 }, ...rollout });
    await putPrebuilds(fx, old.preset(), 2);
    const fresh = await publishTemplate(fx, { presets: { large: 2 }, ...rollout });
    return { fx, old, fresh };
  }

  it("stay claimable until their replacements are ready, and go one by one as these become so", async () => {
    const { fx, old, fresh } = await surging();
    expect(await reconcile(fx)).toMatchObject({ creates: 2, deletes: 0 });
    const made = await create(fx, { mode: "warm_only" });
    expect(made).toMatchObject({ outcome: "claimed", workspace: { isOutdated: true } });
    expect(made.workspace.latestBuild.stage).toBe("claim");
    const jobs = (await runJobs(fx)).filter((job) => job.stage === "prebuild");
    await agentsReady(
      fx,
      jobs.slice(0, 1).map((job) => job.workspace_id),
    );
    expect(await reconcile(fx)).toMatchObject({ deletes: 0 });
    expect(await ledgerCounts(fx, old.preset())).toEqual({ claimed: 1, ready: 1 });
    await agentsReady(
      fx,
      jobs.slice(1).map((job) => job.workspace_id),
    );
    expect(await reconcile(fx)).toMatchObject({ deletes: 1 });
    expect(await ledgerCounts(fx, fresh.preset())).toEqual({ ready: 2 });
  });

  it("are handed out only when no prebuild of the active version is ready", async () => {
    const { fx, fresh } = await surging();
    const young = await putPrebuild(fx, fresh.preset());
    expect((await create(fx)).workspace.id).toBe(young);
  });

  it("are not handed out once they are older than they may be, as the pool shows it", async () => {
    const { fx, old } = await surging();
    fx.clock.advance(hour + 1);
    expect(await codeOf(create(fx, { mode: "warm_only" }))).toBe("no_claimable_prebuild");
    expect(await ledgerCounts(fx, old.preset())).toEqual({ ready: 2 });
    expect(await reconcile(fx)).toMatchObject({ deletes: 2 });
  });

  it("stay as many as are desired now, by the schedule, and an invalidated replacement stands for none", async () => {
    const fx = await testFixture();
    const scheduling = { timezone: "UTC", schedule: [{ cron: "* 0-23 * * *", instances: 3 }] };
    const presets = { large: { prebuilds: { instances: 0, scheduling } } };
    const old = await publishTemplate(fx, { presets, ...rollout });
    await putPrebuilds(fx, old.preset(), 3);
    const fresh = await publishTemplate(fx, { presets, ...rollout });
    await putPrebuilds(fx, fresh.preset(), 2);
    expect(await reconcile(fx)).toMatchObject({ deletes: 2, creates: 1 });
    await invalidatePresets(fx.store, { templateId: fresh.templateId, preset: null, now: fx.clock.now() });
    await putPrebuilds(fx, old.preset(), 2);
    expect(await reconcile(fx), "the two that are invalidated").toMatchObject({ deletes: 2 });
    expect(await ledgerCounts(fx, old.preset())).toEqual({ ready: 3, draining: 2 });
  });

  it("of a preset whose values have changed stand for something else: they are not kept, and not handed out", async () => {
    const fx = await testFixture();
    const parameters = [{ name: "region", default: "nowhere" }];
    const preset = (region: string) => ({ large: { parameters: { region }, prebuilds: { instances: 1 } } });
    const old = await publishTemplate(fx, { parameters, presets: preset("east"), ...rollout });
    await putPrebuild(fx, old.preset());
    await publishTemplate(fx, { parameters, presets: preset("west"), ...rollout });
    expect(await codeOf(create(fx, { preset: "large", mode: "warm_only" }))).toBe("no_claimable_prebuild");
    expect(await reconcile(fx)).toMatchObject({ creates: 1, deletes: 1 });
  });
});
