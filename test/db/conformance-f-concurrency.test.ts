// Cases 136, 137 and 141: many creations at once.
import { describe, expect, it, onTestFinished } from "vitest";
import { claimPrebuilds } from "../../src/db/claims/claim-batch.ts";
import { type ClaimFrom, claimInput, claimOnce, codeOf, create } from "../support/claims.ts";
import { createFixture, type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

it("136: of two concurrent claims on one prebuild one is a hit and one a miss", async () => {
  for (let round = 0; round < 5; round += 1) {
    const fx = await createFixture({ connectionsMax: 4 });
    const template = await publishTemplate(fx);
    await putPrebuilds(fx, template.preset(), 1);
    const made = await Promise.all([create(fx), create(fx)]);
    expect(made.map((one) => one.outcome).sort()).toEqual(["claimed", "cold"]);
    expect(await fx.number("select count(*) from creation_outcomes")).toBe(2);
    await fx.close();
  }
});

it("137: of 200 concurrent claims on 50 ready over 3 servers, 50 get one each, 150 miss, none fails", async () => {
  const fx = await testFixture({ connectionsMax: 10 });
  const template = await publishTemplate(fx, { presets: { large: 50 } });
  await putPrebuilds(fx, template.preset(), 50);
  const servers = [fx, fx.addServer({ connectionsMax: 10 }), fx.addServer({ connectionsMax: 10 })];
  const made = await Promise.all(
    Array.from({ length: 200 }, (_, nth) => create(fx, { on: servers[nth % 3] ?? fx, name: `w-${nth}` })),
  );
  const claimed = made.filter((one) => one.outcome === "claimed").map((one) => one.workspace.id);
  expect(claimed).toHaveLength(50);
  expect(new Set(made.map((one) => one.workspace.id)).size).toBe(200);
  expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 50 });
  expect(await fx.rows("select outcome, count(*)::int as n from creation_outcomes group by 1 order by 1")).toEqual([
    { outcome: "claimed", n: 50 },
    { outcome: "cold", n: 150 },
  ]);
  expect(await reconcile(fx)).toMatchObject({ creates: 50, deletes: 0 });
});

const claimers = {
  "by itself": async (fx: Fixture, from: ClaimFrom) => [await claimOnce(fx, fx.store, from)],
  "in company": async (fx: Fixture, from: ClaimFrom) => {
    const inputs = [claimInput(fx, from), claimInput(fx, from)];
    const answers = await claimPrebuilds(fx.store, claimInput(fx, from), { now: fx.clock.now(), inputs });
    return answers.map((answer) => (answer.kind === "claimed" ? answer.row : undefined));
  },
} as const;

it.each([
  "by itself",
  "in company",
] as const)("a claim %s passes over what another is taking, and does not wait for it", async (how) => {
  const fx = await testFixture({ connectionsMax: 4 });
  const template = await publishTemplate(fx, { presets: { large: 3 } });
  const from = { templateId: template.templateId, presetId: template.preset() };
  const oldest = await putPrebuild(fx, from.presetId, { ageMs: 120_000 });
  await putPrebuilds(fx, from.presetId, 2);
  const other = await fx.pool.connect();
  onTestFinished(() => other.release());
  await other.query("begin");
  await other.query("select 1 from prebuilds where workspace_id = $1 for update", [oldest]);
  let isAnswered = false;
  const claims = claimers[how](fx, from).finally(() => {
    isAnswered = true;
  });
  await waitUntil("the claim is answered, or waits for the other", async () => {
    return isAnswered || (await fx.number("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")) > 0;
  });
  expect(isAnswered).toBe(true);
  await other.query("commit");
  const taken = (await claims).map((row) => row?.workspace_id);
  expect(taken).not.toContain(undefined);
  expect(taken).not.toContain(oldest);
});

describe("141: an idempotency key", () => {
  it.each([
    "claimed",
    "cold",
  ])("used by many at once gives one workspace and the same answer to all (%s)", async (outcome) => {
    const fx = await testFixture({ connectionsMax: 8 });
    const template = await publishTemplate(fx, { presets: { large: 5 } });
    if (outcome === "claimed") await putPrebuilds(fx, template.preset(), 5);
    const other = fx.addServer({ connectionsMax: 8 });
    const request = { name: "mine", idempotencyKey: "key-1" };
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, nth) => create(fx, { ...request, on: nth % 2 === 0 ? fx : other })),
    );
    expect(new Set(made.map((one) => one.workspace.id)).size).toBe(1);
    expect(new Set(made.map((one) => `${one.outcome} ${one.missReason}`)).size).toBe(1);
    expect(made[0]?.outcome).toBe(outcome);
    expect(await fx.number("select count(*) from workspaces where owner_id = $1", [fx.alice.userId])).toBe(1);
    const { ready = 0 } = await ledgerCounts(fx, template.preset());
    expect(ready).toBe(outcome === "claimed" ? 4 : 0);
  });

  it("with different names at once still gives one workspace: the others are told that the key was used", async () => {
    const fx = await testFixture({ connectionsMax: 8 });
    const template = await publishTemplate(fx, { presets: { large: 5 } });
    await putPrebuilds(fx, template.preset(), 5);
    const made = await Promise.allSettled(Array.from({ length: 5 }, () => create(fx, { idempotencyKey: "key-1" })));
    expect(made.filter((one) => one.status === "fulfilled")).toHaveLength(1);
    const codes = made.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
    expect(codes).toEqual(Array.from({ length: 4 }, () => "idempotency_key_reused"));
    expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 1, ready: 4 });
  });

  it("of another person is another key", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const bob = await fx.addUser("bob");
    const request = { name: "mine", idempotencyKey: "key-1" };
    const [one, other] = [await create(fx, request), await create(fx, { ...request, by: bob })];
    expect(one.workspace.id).not.toBe(other.workspace.id);
  });

  it("S1: gives its answer also when the template has since been published without that preset, or deprecated", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    await putPrebuilds(fx, template.preset(), 1);
    const request = { name: "mine", preset: "large", idempotencyKey: "key-1" };
    const first = await create(fx, request);
    await publishTemplate(fx, { presets: {} });
    expect(await create(fx, request)).toMatchObject({ outcome: "claimed", workspace: { id: first.workspace.id } });
    await fx.rows("update templates set deprecated_at = created_at");
    expect(await create(fx, request)).toMatchObject({ outcome: "claimed", workspace: { id: first.workspace.id } });
    expect(await codeOf(create(fx, { ...request, name: "other" }))).toBe("idempotency_key_reused");
  });
});

it("the same name at once, without a key: one is made, the others are told that it is taken", async () => {
  const fx = await testFixture({ connectionsMax: 8 });
  const template = await publishTemplate(fx, { presets: { large: 3 } });
  await putPrebuilds(fx, template.preset(), 3);
  const made = await Promise.allSettled(Array.from({ length: 6 }, () => create(fx, { name: "Mine" })));
  expect(made.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  expect(made.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []))).toEqual(
    Array.from({ length: 5 }, () => "name_taken"),
  );
  expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 1, ready: 2 });
});
