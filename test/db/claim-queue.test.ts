// Claims that come at the same time share statements, and nobody can tell.
import { expect, it, onTestFinished } from "vitest";
import { ClaimQueue } from "../../src/app/workspaces/claim-queue.ts";
import { claimsQueuedMax } from "../../src/contracts/limits.ts";
import { claimPrebuilds } from "../../src/db/claims/claim-batch.ts";
import type { ClaimInput } from "../../src/db/claims/claim.ts";
import { violatedUnique } from "../../src/db/pg-errors.ts";
import type { Db } from "../../src/db/store.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { claimInput, codeOf, create, newName } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

const written = `select w.name, u.username, l.state, l.generation, l.claim_generation,
  l.claimed_by = w.owner_id as is_claimant, l.claim_build_id = w.latest_build_id as is_latest,
  l.claimed_at = w.claimed_at as is_dated, l.handed_over_at, w.last_used_at = l.claimed_at as is_idle_from_claim,
  w.automatic_updates, w.ttl_ms, w.autostart_schedule, w.deadline_at - l.claimed_at as run, w.dormant_at, w.deleting_at, b.number, b.transition, b.stage, b.parameters,
  b.preset_id = w.preset_id as is_of_preset, b.initiator_id = w.owner_id as is_of_person,
  j.status, j.kind, j.is_prebuild, j.driver, j.tags, j.build_id = b.id as is_job_of_build,
  o.outcome, o.mode, o.waited_ms, k.key
from workspaces w
join users u on u.id = w.owner_id
join prebuilds l on l.workspace_id = w.id
join builds b on b.id = w.latest_build_id
left join jobs j on j.id = b.job_id
join creation_outcomes o on o.workspace_id = w.id
left join idempotency_keys k on k.workspace_id = w.id
where u.username = any($1)
order by u.username, w.name`;

/** What the request said, from the instant of the claim on. */
const claimedFromThen = {
  is_idle_from_claim: true,
  automatic_updates: true,
  ttl_ms: 3_600_000,
  autostart_schedule: "0 9 * * 1-5 Europe/Berlin",
  run: expect.objectContaining({ hours: 1 }),
  dormant_at: null,
  deleting_at: null,
  is_prebuild: expect.toSatisfy((is: boolean | null) => is !== true, "not a prebuild's job"),
  is_of_person: true,
  generation: expect.any(Number),
  claim_generation: 1,
};

async function poolOf(count: number, claimEffect: "none" | "unknown" = "none"): Promise<Fixture> {
  const fx = await testFixture({ connectionsMax: 8 });
  const template = await publishTemplate(fx, { presets: { large: count }, claimEffect });
  await putPrebuilds(fx, template.preset(), count);
  return fx;
}

it("forty claims at once take a few statements, and forty different prebuilds", async () => {
  const fx = await poolOf(40);
  await create(fx);
  const before = fx.store.counters.statements;
  const made = await Promise.all(Array.from({ length: 39 }, () => create(fx)));
  // Some by themselves and the rest together, once for their template and once for their claims.
  expect(fx.store.counters.statements - before).toBeLessThanOrEqual(10);
  expect(new Set(made.map((one) => one.workspace.id)).size).toBe(39);
  expect(made.map((one) => one.outcome)).toEqual(made.map(() => "claimed"));
});

it.each(["none", "unknown"] as const)("a claim in company writes what it writes alone (effect: %s)", async (effect) => {
  const fx = await poolOf(10, effect);
  const bob = await fx.addUser("bob");
  const lifecycle = { ttlMs: 3_600_000, autostartSchedule: "0 9 * * 1-5 Europe/Berlin", automaticUpdates: true };
  const requests = Array.from({ length: 4 }, (_, nth) => ({
    name: `w-${nth}`,
    idempotencyKey: `key-${nth}`,
    ...lifecycle,
  }));
  // Nothing does this to a prebuild any more; a database of an earlier release may have it.
  await fx.rows("update workspaces set dormant_at = now(), deleting_at = now()");
  for (const request of requests) await create(fx, { ...request, by: bob });
  // The first goes by itself, so that the others have company.
  const own = [create(fx, { name: "z-1" })];
  await Promise.all([...own, ...requests.map((request) => create(fx, request))]);
  const alone = await fx.rows<{ username: string }>(written, [["bob"]]);
  const together = await fx.rows<{ username: string; name: string }>(written, [["alice"]]);
  expect(together.filter((row) => row.name.startsWith("w")).map((row) => ({ ...row, username: "" }))).toEqual(
    alone.map((row) => ({ ...row, username: "" })),
  );
  expect(alone).toHaveLength(4);
  expect(alone).toEqual(alone.map(() => expect.objectContaining(claimedFromThen)));
});

it("who finds his name taken says so, and those beside him get theirs", async () => {
  const fx = await poolOf(12);
  await create(fx, { name: "mine" });
  const made = Array.from({ length: 6 }, () => create(fx));
  const taken = codeOf(create(fx, { name: "Mine" }));
  const twice = [create(fx, { name: "double" }), create(fx, { name: "DOUBLE" })].map((one) =>
    one.then(
      () => "claimed",
      (error: unknown) => (error as { readonly code: string }).code,
    ),
  );
  expect(await taken).toBe("name_taken");
  expect((await Promise.all(twice)).sort()).toEqual(["claimed", "name_taken"]);
  expect((await Promise.all(made)).map((one) => one.outcome)).toEqual(Array.from({ length: 6 }, () => "claimed"));
});

it("a name that is taken while the statement runs fails its own claim only", async () => {
  const fx = await testFixture({ connectionsMax: 8 });
  const template = await publishTemplate(fx, { presets: { large: 8 } });
  await putPrebuilds(fx, template.preset(), 8);
  const from = { templateId: template.templateId, presetId: template.preset() };
  const other = await fx.pool.connect();
  onTestFinished(() => other.release());
  await other.query("begin");
  await other.query(
    `insert into workspaces (id, organization_id, owner_id, name, template_id, latest_build_id, created_at, deleted_at)
select gen_random_uuid(), organization_id, $1, 'contested', template_id, gen_random_uuid(), created_at, null
from workspaces
limit 1`,
    [fx.alice.userId],
  );
  const claim = (name: string): Promise<unknown> => fx.context.claims.claim(claimInput(fx, from, { name }));
  const alone = claim("alone");
  const contested = claim("contested").catch(violatedUnique);
  const beside = [claim("beside-1"), claim("beside-2")];
  await alone;
  await waitUntil("the statement waits for the other transaction", async () => {
    return (await fx.number("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")) > 0;
  });
  // Those that come while it waits are not kept by it.
  await claim("later");
  await claim("later still");
  await other.query("commit");
  expect(await contested).toBe("workspaces_owner_name");
  expect(await Promise.all(beside)).toEqual(beside.map(() => expect.objectContaining({ build_number: 2 })));
  await fx.rows("delete from workspaces where name = 'contested'");
});

it("a claim that the database refuses is refused alone", async () => {
  const fx = await testFixture({ connectionsMax: 8 });
  const template = await publishTemplate(fx, { presets: { large: 8 } });
  await putPrebuilds(fx, template.preset(), 8);
  const from = { templateId: template.templateId, presetId: template.preset() };
  const claims = Array.from({ length: 6 }, (_, nth) =>
    // PostgreSQL stores no such character.
    fx.context.claims.claim(claimInput(fx, from, nth === 4 ? { parameters: { text: "\u0000" } } : {})),
  );
  const settled = await Promise.allSettled(claims);
  expect(settled.map((one) => one.status)).toEqual(
    Array.from({ length: 6 }, (_, nth) => (nth === 4 ? "rejected" : "fulfilled")),
  );
  expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 5, ready: 3 });
});

it("when fewer are ready than asked for, the rest miss, and nothing is left half done", async () => {
  const fx = await poolOf(5);
  const made = await Promise.all(Array.from({ length: 12 }, () => create(fx)));
  expect(made.filter((one) => one.outcome === "claimed")).toHaveLength(5);
  expect(await fx.number("select count(*) from creation_outcomes where outcome = 'cold'")).toBe(7);
});

it("who asked first gets the prebuild that has been ready for longest, and of too few those who came last get none", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 3 } });
  const from = { templateId: template.templateId, presetId: template.preset() };
  const ages = [60_000, 180_000, 120_000];
  const [youngest, oldest, middle] = await Promise.all(
    ages.map((ageMs) => putPrebuild(fx, template.preset(), { ageMs })),
  );
  const inputs = ["one", "two", "three", "four"].map((name) => claimInput(fx, from, { name }));
  const answers = await claimPrebuilds(fx.store, claimInput(fx, from), { now: fx.clock.now(), inputs });
  const got = answers.map((answer) => (answer.kind === "claimed" ? answer.row.workspace_id : answer.kind));
  expect(got).toEqual([oldest, middle, youngest, "empty"]);
});

it("claims of two pools do not meet", async () => {
  const fx = await testFixture({ connectionsMax: 8 });
  const template = await publishTemplate(fx, { presets: { large: 5, small: 5 } });
  await putPrebuilds(fx, template.preset("large"), 5);
  await putPrebuilds(fx, template.preset("small"), 5);
  await Promise.all(Array.from({ length: 10 }, (_, nth) => create(fx, { preset: nth % 2 === 0 ? "large" : "small" })));
  expect(await ledgerCounts(fx, template.preset("large"))).toEqual({ claimed: 5 });
  expect(await ledgerCounts(fx, template.preset("small"))).toEqual({ claimed: 5 });
});

/** A claim of which only that matters which the queue looks at. */
function someClaim(): ClaimInput {
  const lifecycle = { ttlMs: null, autostartSchedule: null };
  const claim = { presetId: "p", ownerId: "o", name: newName(), now: new Date(), lifecycle, idempotency: null };
  return claim as unknown as ClaimInput;
}

it("a database that is gone fails every claim that was under way, each with its error", async () => {
  const gone = new Error("gone");
  const queue = new ClaimQueue({ query: () => Promise.reject(gone) } as unknown as Db, {
    logger: silentLogger,
    monotonicMs: () => performance.now(),
  });
  const claims = Array.from({ length: 10 }, () => queue.claim(someClaim()));
  expect(await Promise.allSettled(claims)).toEqual(claims.map(() => ({ status: "rejected", reason: gone })));
  // And the line goes on.
  await expect(queue.claim(someClaim())).rejects.toBe(gone);
});

it("a server lets so many claims wait and no more", async () => {
  let answer: (rows: []) => void = () => undefined;
  const held = new Promise<[]>((resolve) => {
    answer = resolve;
  });
  const queue = new ClaimQueue({ query: () => held } as unknown as Db, {
    logger: silentLogger,
    monotonicMs: () => performance.now(),
  });
  const claims = Array.from({ length: claimsQueuedMax }, () => queue.claim(someClaim()));
  expect(await codeOf(queue.claim(someClaim()))).toBe("too_many_waiters");
  answer([]);
  expect(await Promise.all(claims)).toEqual(claims.map(() => undefined));
});
