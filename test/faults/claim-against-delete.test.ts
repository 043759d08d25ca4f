// Case 123, S2, S3, S5: a prebuild that is claimed and taken away at the same time. One of the two wins.
import { describe, expect, it } from "vitest";
import { startBuild } from "../../src/db/builds/start-build.ts";
import { type DeleteInput, deletePrebuilds } from "../../src/db/pools/pool-deletes.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { loadPools } from "../../src/db/pools/load-pools.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import type { Sql } from "../../src/db/store.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { build, buildInput } from "../support/builds.ts";
import { claimOnce, create } from "../support/claims.ts";
import { agentChange, agentsReady, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, ledgerState, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";
import { interleaved, somebodyWaits } from "../support/interleave.ts";
import type { Created } from "../../src/app/workspaces/create-workspace.ts";

function deleteOf(fx: Fixture, ids: readonly WorkspaceId[]): DeleteInput {
  return {
    targets: ids.map((workspaceId) => ({ workspaceId, generation: null })),
    from: ["starting", "ready"],
    because: "extraneous",
    initiatorId: fx.admin.userId,
    now: fx.clock.now(),
  };
}

/** A transaction that does its work, then stays open until it is told how to end. */
function openTransaction<Result>(
  fx: Fixture,
  work: (sql: Sql) => Promise<Result>,
): { done: Promise<Result>; end: (how: "commit" | "rollback") => Promise<void> } {
  let decide = (_how: "commit" | "rollback"): void => undefined;
  const how = new Promise<"commit" | "rollback">((resolve) => {
    decide = resolve;
  });
  let worked = (_result: Result): void => undefined;
  const done = new Promise<Result>((resolve) => {
    worked = resolve;
  });
  const ended = fx.store
    .transaction("test open", async (tx) => {
      worked(await work(tx));
      if ((await how) === "rollback") throw new Error("rolled back on purpose");
    })
    .catch((error: unknown) => {
      if (!String(error).includes("on purpose")) throw error;
    });
  return {
    done,
    end: async (way) => {
      decide(way);
      await ended;
    },
  };
}

async function oneReady(): Promise<{ fx: Fixture; template: PublishedTemplate; id: WorkspaceId }> {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 0 } });
  const id = await putPrebuild(fx, template.preset());
  return { fx, template, id };
}

describe("claim and delete, interleaved statement by statement", () => {
  it("the claim is first and commits: the delete that waited is a no-op", async () => {
    const { fx, template, id } = await oneReady();
    const claim = openTransaction(fx, (sql) => claimOnce(fx, sql, { ...template, presetId: template.preset() }));
    expect((await claim.done)?.workspace_id).toBe(id);
    const deletion = deletePrebuilds(fx.store, deleteOf(fx, [id]));
    await somebodyWaits(fx);
    await claim.end("commit");
    expect(await deletion).toEqual([]);
    expect(await ledgerState(fx, id)).toBe("claimed");
    expect(await fx.number("select count(*) from builds where transition = 'delete'")).toBe(0);
  });

  it("the claim is first and rolls back: the delete that waited goes through", async () => {
    const { fx, template, id } = await oneReady();
    const claim = openTransaction(fx, (sql) => claimOnce(fx, sql, { ...template, presetId: template.preset() }));
    await claim.done;
    const deletion = deletePrebuilds(fx.store, deleteOf(fx, [id]));
    await somebodyWaits(fx);
    await claim.end("rollback");
    expect(await deletion).toEqual([id]);
    expect(await ledgerState(fx, id)).toBe("draining");
  });

  it("the delete is first and commits: the claim does not wait, and finds nothing before and after", async () => {
    const { fx, template, id } = await oneReady();
    const deletion = openTransaction(fx, (sql) => deletePrebuilds(sql, deleteOf(fx, [id])));
    await deletion.done;
    const from = { ...template, presetId: template.preset() };
    expect(await claimOnce(fx, fx.store, from)).toBeUndefined();
    await deletion.end("commit");
    expect(await claimOnce(fx, fx.store, from)).toBeUndefined();
    expect(await ledgerState(fx, id)).toBe("draining");
  });

  it("the delete is first and rolls back: the next claim has it", async () => {
    const { fx, template, id } = await oneReady();
    const deletion = openTransaction(fx, (sql) => deletePrebuilds(sql, deleteOf(fx, [id])));
    await deletion.done;
    const from = { ...template, presetId: template.preset() };
    expect(await claimOnce(fx, fx.store, from)).toBeUndefined();
    await deletion.end("rollback");
    expect((await claimOnce(fx, fx.store, from))?.workspace_id).toBe(id);
  });

  it("the agent dies while the claim is open: the claimant has it, and the ledger says claimed", async () => {
    const { fx, template, id } = await oneReady();
    const [agent] = await liveAgents(fx.store, id);
    if (agent === undefined) throw new Error("a ready prebuild has an agent");
    const claim = openTransaction(fx, (sql) => claimOnce(fx, sql, { ...template, presetId: template.preset() }));
    await claim.done;
    const death = agentChange(fx, agent.id, { kind: "state", state: "off", told: null });
    await somebodyWaits(fx);
    await claim.end("commit");
    expect(await death).toBe(true);
    expect(await ledgerState(fx, id)).toBe("claimed");
    expect(await fx.rows("select state from agents where retired_at is null")).toEqual([{ state: "off" }]);
  });
});

describe("S2: at once expired, surplus and outdated, and wanted", () => {
  it("each of 400 prebuilds goes to a claimant or to the delete, never to both, and nobody sees an error", async () => {
    const fx = await testFixture({ connectionsMax: 6 });
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    const other = fx.addServer({ connectionsMax: 6 });
    const from = { ...template, presetId: template.preset() };
    for (let round = 0; round < 10; round += 1) {
      const ids = await putPrebuilds(fx, template.preset(), 40);
      const order = [...ids].sort(() => systemRandom.float() - 0.5);
      const [claims, deletes] = await Promise.all([
        Promise.all(ids.map(() => claimOnce(fx, other.store, from))),
        Promise.all(order.map((id) => deletePrebuilds(fx.store, deleteOf(fx, [id])))),
      ]);
      const claimed = claims.flatMap((row) => (row === undefined ? [] : [row.workspace_id]));
      expect([...claimed, ...deletes.flat()].sort()).toEqual([...ids].sort());
    }
    const destroyed = `select count(*) from builds d join prebuilds b on b.workspace_id = d.workspace_id
      where d.transition = 'delete' and b.claimed_at is not null`;
    expect(await fx.number(destroyed)).toBe(0);
    const { claimed = 0, draining = 0 } = await ledgerCounts(fx, template.preset());
    expect(claimed + draining).toBe(400);
    expect(Math.min(claimed, draining), "the race was one").toBeGreaterThan(0);
  });

  it.each([
    1, 2, 3,
  ])("a stop by an administrator, met by a claim after its statement %i, gives neither an error", async (nth) => {
    const { fx, template, id } = await oneReady();
    const [stopped, claim] = await fx.store.transaction("test stop", async (tx) => {
      const work = (): Promise<Created> => create(fx, { template: template.name });
      const both = interleaved(fx, tx, { nth, work });
      return [await startBuild(both.tx, buildInput(fx, id, "stop")), { other: both.other }] as const;
    });
    expect(stopped.kind).toBe("started");
    expect((await claim.other).outcome).toBe("cold");
    expect(await ledgerState(fx, id)).toBe("stopping");
  });

  it("an administrator who stops prebuilds while they are claimed gives no claimant an error", async () => {
    const fx = await testFixture({ connectionsMax: 8 });
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    for (let round = 0; round < 8; round += 1) {
      const ids = await putPrebuilds(fx, template.preset(), 8);
      const created = ids.map(() => create(fx));
      const stops = ids.map((id) => build(fx, id, "stop"));
      await Promise.all([...created, ...stops]);
    }
    const doubled = "select count(*) from (select from builds group by workspace_id, number having count(*) > 1) d";
    expect(await fx.number(doubled)).toBe(0);
  });
});

it("159: a prebuild that an administrator stops and starts gets no lifecycle from it, and is claimable again", async () => {
  const { fx, id } = await oneReady();
  for (const transition of ["stop", "start"] as const) {
    expect(await build(fx, id, transition)).toEqual({ kind: "started" });
    await runJobs(fx);
  }
  await agentsReady(fx, [id]);
  expect(await fx.rows("select last_used_at, ttl_ms, deadline_at from workspaces")).toEqual([
    { last_used_at: null, ttl_ms: null, deadline_at: null },
  ]);
  expect(await create(fx, { mode: "warm_only" })).toMatchObject({ outcome: "claimed", workspace: { id } });
});

describe("S5: an old decision that is applied late", () => {
  it("touches nothing that was claimed, or that has changed, since it was made", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    await putPrebuilds(fx, template.preset(), 10);
    const [pool] = await loadPools(fx.store, { now: fx.clock.now(), backoffLookbackMs: 3_600_000 });
    const targets = (pool?.prebuilds ?? []).map(({ workspaceId, generation }) => ({ workspaceId, generation }));
    const claimed: string[] = [];
    for (let nth = 0; nth < 5; nth += 1) claimed.push((await create(fx)).workspace.id);
    const rest = targets.filter((target) => !claimed.includes(target.workspaceId));
    const [flapped] = rest;
    const [agent] = flapped === undefined ? [] : await liveAgents(fx.store, flapped.workspaceId);
    if (flapped === undefined || agent === undefined) throw new Error("five were left, each with an agent");
    for (const state of ["starting", "ready"] as const) {
      await agentChange(fx, agent.id, { kind: "state", state, told: null });
    }
    fx.clock.advance(300_000);
    const deleted = await deletePrebuilds(fx.store, { ...deleteOf(fx, []), targets });
    expect(deleted.sort()).toEqual(
      rest
        .slice(1)
        .map((target) => target.workspaceId)
        .sort(),
    );
    expect(await ledgerState(fx, flapped.workspaceId)).toBe("ready");
    expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 5, draining: 4, ready: 1 });
  });
});

describe("S3: a server that is killed between the claim and its commit", () => {
  it("gives its prebuild back: the next claim has it", async () => {
    const { fx, template, id } = await oneReady();
    const from = { ...template, presetId: template.preset() };
    const victim = fx.addServer({ connectionsMax: 1 });
    const client = await victim.pool.connect();
    client.on("error", () => undefined);
    const [row] = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows;
    await client.query("begin");
    const sql: Sql = {
      query: async (statement, params) => (await client.query(statement.text, [...params])).rows,
    };
    expect((await claimOnce(fx, sql, from))?.workspace_id).toBe(id);
    expect(await claimOnce(fx, fx.store, from), "others pass over it").toBeUndefined();
    await fx.rows("select pg_terminate_backend($1)", [row?.pid]);
    client.release(true);
    const claimed = await waitUntil("it is claimable again", () => claimOnce(fx, fx.store, from));
    expect(claimed.workspace_id).toBe(id);
  });
});
