// A day in the life of a pool, in seconds: the server's HTTP, every controller, a daemon, agents, mail and metrics are
// real, and only the clock is the story's. Each stage says what people, administrators and Prometheus see of it.
import { expect, test } from "vitest";
import type { Workspace } from "../../src/contracts/api/workspaces.ts";
import type { Manifest } from "../../src/contracts/manifest.ts";
import type { PlanReport } from "../../src/contracts/provisioner-protocol.ts";
import { type Person, PoolDay } from "../support/pool-day.ts";

/** A Monday in winter, by the clocks of Berlin. */
const berlin = (time: string): string => `2030-01-07T${time}+01:00`;
const utc = (time: string): string => `2030-01-07T${time}Z`;

const template: Manifest = {
  driver: "fake",
  agents: [{ name: "main" }],
  presets: [
    {
      name: "large",
      prebuilds: {
        instances: 1,
        scheduling: { timezone: "Europe/Berlin", schedule: [{ cron: "* 7-17 * * 1-5", instances: 3 }] },
      },
    },
  ],
  lifecycle: { default_ttl: "4h", activity_bump: "2h", dormant_after: "6h", delete_dormant_after: "2h" },
};

const replacesTheMachine: PlanReport = {
  effect: "replaces",
  changes: 1,
  replacements: [
    { address: "vm.main", reasons: [{ path: "tags.owner", before: "prebuilds", after: "somebody else" }] },
  ],
};

interface People {
  /** Looks after the templates, and reads mail. */
  readonly tess: Person;
  readonly anna: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly dave: Person;
  readonly erin: Person;
  readonly frank: Person;
}

async function peopleOf(day: PoolDay): Promise<People> {
  return {
    tess: await day.person("tess", "administrator"),
    anna: await day.person("anna"),
    bob: await day.person("bob"),
    carol: await day.person("carol"),
    dave: await day.person("dave"),
    erin: await day.person("erin"),
    frank: await day.person("frank"),
  };
}

/** The metrics of the pool, whole: what is not named is 0, and what is not there at all fails too. */
async function expectMetrics(day: PoolDay, expected: Readonly<Record<string, number>>): Promise<void> {
  expect(await day.metrics()).toEqual({
    failed_total: 0,
    claimed_total: 0,
    resource_replacements_total: 0,
    reconciliation_paused: 0,
    metrics_last_updated: day.fx.clock.now().getTime() / 1_000,
    ...expected,
  });
}

async function night(day: PoolDay): Promise<void> {
  await day.publish(template);
  expect(await day.pool()).toMatchObject({ version: "v1", health: "healthy", desired: 1, eligible: 1, held: [] });
  expect((await day.explain()).sentences).toContain("It wants 1 prebuild, by the base count.");
  await expectMetrics(day, { created_total: 1, desired: 1, running: 1, eligible: 1 });
}

async function morning(day: PoolDay): Promise<void> {
  await day.at(berlin("06:59:59"));
  expect(await day.pool()).toMatchObject({ desired: 1, actual: 1 });
  await day.at(berlin("07:00:00"));
  expect(await day.pool()).toMatchObject({ desired: 3, actual: 3, eligible: 3, starting: 0 });
  expect((await day.explain()).sentences).toContain(
    'It wants 3 prebuilds, by schedule[0] "* 7-17 * * 1-5" in Europe/Berlin.',
  );
  await expectMetrics(day, { created_total: 3, desired: 3, running: 3, eligible: 3 });
}

/** Totals, as they are once people have come to work. */
const afterTheRush = { claimed_total: 3, 'missed_total reason="pool_empty"': 1 };

async function rush(day: PoolDay, { anna, bob, carol, dave }: People): Promise<void> {
  await day.at(berlin("08:00:00"));
  for (const person of [anna, bob, carol]) {
    expect(await day.claim(person)).toMatchObject({ outcome: "claimed", missReason: null });
  }
  expect(await day.pool()).toMatchObject({ desired: 3, actual: 0, eligible: 0 });
  expect(await day.claim(dave)).toMatchObject({ outcome: "cold", missReason: "pool_empty" });
  await day.settle();
  for (const person of [anna, bob, carol, dave]) {
    expect(await day.desk(person)).toMatchObject({ status: "running", isUsable: true, owner: person.username });
  }
  expect(await day.pool()).toMatchObject({ actual: 3, eligible: 3 });
  await expectMetrics(day, { ...afterTheRush, created_total: 6, desired: 3, running: 3, eligible: 3 });
}

/** What no publish may change of a workspace that is somebody's. */
function untouched({ status, isUsable, latestBuild, agents }: Workspace): object {
  return { status, isUsable, latestBuild, agents };
}

async function brokenVersion(day: PoolDay, { tess, anna, bob }: People): Promise<void> {
  await day.at(berlin("09:00:00"));
  const before = [untouched(await day.desk(anna)), untouched(await day.desk(bob))];
  day.breakStarts(true);
  await day.publish(template);
  // Two at a time may be built; both fail, and the pool waits a minute for each.
  expect(await day.pool()).toMatchObject({
    version: "v2",
    health: "healthy",
    actual: 0,
    failed: 2,
    held: [{ reason: "backoff", count: 3, until: utc("08:02:00.000") }],
  });
  const why = `Held back: 3 prebuilds (backoff) until ${utc("08:02:00.000")}, for another 2 min: 2 recent prebuilds failed: `;
  expect((await day.explain()).sentences).toContainEqual(expect.stringContaining(why));
  await expectMetrics(day, { ...afterTheRush, created_total: 8, failed_total: 2, desired: 3, running: 0, eligible: 0 });

  await day.at(berlin("09:02:00.001"));
  expect(await day.pool()).toMatchObject({
    health: "hard_limited",
    failed: 4,
    held: [{ reason: "hard_limited", count: 3, until: utc("08:12:00.001") }],
  });
  expect((await day.explain()).sentences.join("\n")).toContain("one single create is tried after the cool-down.");
  const limited = { ...afterTheRush, desired: 3, running: 0, eligible: 0, preset_hard_limited: 1 };
  await expectMetrics(day, { ...limited, created_total: 10, failed_total: 4 });
  expect(await day.inbox(tess.client)).toEqual(["pool_hard_limited"]);

  // After the cool-down a single one is tried. It fails, and that is no news.
  await day.at(berlin("09:12:00.001"));
  expect(await day.pool()).toMatchObject({
    failed: 5,
    held: [{ reason: "hard_limited", count: 3, until: utc("08:22:00.001") }],
  });
  await expectMetrics(day, { ...limited, created_total: 11, failed_total: 5 });
  expect(await day.inbox(tess.client)).toEqual(["pool_hard_limited"]);
  expect([untouched(await day.desk(anna)), untouched(await day.desk(bob))]).toEqual(before);
}

async function recovery(day: PoolDay, { tess }: People): Promise<void> {
  day.breakStarts(false);
  await day.at(berlin("09:22:00.001"));
  expect(await day.pool()).toMatchObject({ health: "healthy", actual: 3, eligible: 3, failed: 5, held: [] });
  const refilled = { created_total: 14, failed_total: 5, desired: 3, running: 3, eligible: 3 };
  await expectMetrics(day, { ...afterTheRush, ...refilled });
  expect(await day.inbox(tess.client)).toEqual(["pool_hard_limited", "pool_recovered"]);
  expect(day.subjectsTo(tess)).toEqual([
    "The pool web/large is hard-limited: its newest builds all failed",
    "The pool web/large creates prebuilds again",
  ]);
}

async function maintenance(day: PoolDay, { erin }: People): Promise<void> {
  await day.at(berlin("09:30:00"));
  await day.admin.call("pausePrebuilds", {});
  expect(await day.claim(erin)).toMatchObject({ outcome: "claimed" });
  await day.settle();
  const paused = { reason: "paused", count: 1, until: null };
  expect(await day.pool()).toMatchObject({ actual: 2, starting: 0, held: [paused] });
  const totals = { ...afterTheRush, claimed_total: 4, failed_total: 5 };
  const meanwhile = { created_total: 14, desired: 3, running: 2, eligible: 2, reconciliation_paused: 1 };
  await expectMetrics(day, { ...totals, ...meanwhile });

  await day.admin.call("resumePrebuilds", {});
  await day.build(erin, "delete");
  expect(await day.pool()).toMatchObject({ actual: 3, held: [] });
  await expectMetrics(day, { ...totals, created_total: 15, desired: 3, running: 3, eligible: 3 });
}

/** Totals, as they are once frank has got a prebuild with a new machine. */
const afterFrank = { ...afterTheRush, claimed_total: 5, failed_total: 5, resource_replacements_total: 1 };

async function replacement(day: PoolDay, { tess, frank }: People): Promise<void> {
  await day.at(berlin("10:00:00"));
  day.claimsWill(replacesTheMachine);
  await day.publish(template);
  const { rehearsal } = await day.explain();
  expect(rehearsal).toMatchObject({ effect: "replaces", isBlocking: false });
  expect(rehearsal?.sentences).toContain("A claim replaces vm.main because of tags.owner.");
  expect((await day.inbox(tess.client)).at(-1)).toBe("rehearsal_found_replacement");
  const warning = day.mails.at(-1);
  expect(warning).toMatchObject({
    to: ["tess@example.org"],
    subject: "A claim from the pool web/large would replace vm.main",
  });
  expect(warning?.text).toContain("vm.main: tags.owner");
  const totals = { ...afterTheRush, claimed_total: 4, failed_total: 5 };
  await expectMetrics(day, { ...totals, created_total: 18, desired: 3, running: 3, eligible: 3 });

  // The template only warns, so somebody is hit; that is counted once.
  expect(await day.claim(frank)).toMatchObject({ outcome: "claimed" });
  await day.settle();
  expect((await day.inbox(tess.client)).at(-1)).toBe("claim_replaced_resources");
  await expectMetrics(day, { ...afterFrank, created_total: 19, desired: 3, running: 3, eligible: 3 });
  await day.build(frank, "delete");
}

async function idleAtNoon(day: PoolDay, { tess, anna, bob, carol, dave }: People): Promise<void> {
  await day.at(berlin("11:50:00"));
  await day.works(carol);
  expect(await day.desk(carol)).toMatchObject({ deadlineAt: utc("12:50:00.000"), lastUsedAt: utc("10:50:00.000") });
  await day.at(berlin("12:00:00"));
  expect(await day.desk(carol)).toMatchObject({ status: "running" });
  for (const person of [anna, bob, dave]) {
    const { status, latestBuild, id } = await day.desk(person);
    expect(status).toBe("stopped");
    expect(latestBuild).toMatchObject({ transition: "stop", reason: "stopped: idle for 4 h" });
    expect(await day.audited(id)).toEqual(["workspace.stop stopped: idle for 4 h"]);
  }
  await expectMetrics(day, { ...afterFrank, created_total: 19, desired: 3, running: 3, eligible: 3 });
  // What hit frank is no emergency: it came with the digest.
  expect(day.subjectsTo(tess).at(-1)).toBe("The claim of desk replaced resources of the template web: vm.main");
}

async function dormancy(day: PoolDay, { anna, bob, dave }: People): Promise<void> {
  await day.at(berlin("13:00:00"));
  await day.build(bob, "start");
  await day.at(berlin("14:00:00"));
  for (const person of [anna, dave]) {
    const { dormantAt, deletingAt } = await day.desk(person);
    expect([dormantAt, deletingAt]).toEqual([utc("13:00:00.000"), utc("15:00:00.000")]);
    expect(await day.inbox(person.client)).toEqual(["workspace_dormant", "workspace_deletion_soon"]);
  }
  expect(await day.desk(bob)).toMatchObject({ status: "running", dormantAt: null });
  // Dave reads his mail, and anna does not.
  expect(day.subjectsTo(dave)).toEqual([
    "Your workspace desk is dormant",
    "Your workspace desk will be deleted on 2030-01-07",
  ]);
  await day.build(dave, "start");
  await day.at(berlin("16:00:00"));
  await expect(day.desk(anna)).rejects.toMatchObject({ code: "not_found" });
  expect(await day.desk(dave)).toMatchObject({ status: "running", dormantAt: null, deletingAt: null });
  await expectMetrics(day, { ...afterFrank, created_total: 19, desired: 3, running: 3, eligible: 3 });
}

async function evening(day: PoolDay): Promise<void> {
  await day.at(berlin("17:59:59"));
  expect(await day.pool()).toMatchObject({ desired: 3, actual: 3 });
  await day.at(berlin("18:00:00"));
  expect(await day.pool()).toMatchObject({ desired: 1, actual: 1, eligible: 1, extraneous: 0, deleting: 0 });
  expect((await day.explain()).sentences).toContain("It wants 1 prebuild, by the base count.");
  await expectMetrics(day, { ...afterFrank, created_total: 19, desired: 1, running: 1, eligible: 1 });
}

/** Nothing is left but what should be, and the totals say what has happened. */
async function lastLook(day: PoolDay, { tess, bob, carol, dave }: People): Promise<void> {
  expect(await day.desk(bob)).toMatchObject({ status: "stopped", dormantAt: null });
  expect(await day.desk(carol)).toMatchObject({ status: "stopped", dormantAt: utc("16:59:59.000") });
  expect(await day.desk(dave)).toMatchObject({ status: "stopped", dormantAt: null });
  expect(await day.owners()).toEqual(["bob", "carol", "dave"]);
  // Failed prebuilds are kept as evidence until somebody clears them away.
  expect(await day.prebuilds()).toEqual([["v3", "ready"], ...Array.from({ length: 5 }, () => ["v2", "failed"])]);
  await day.admin.call("cleanPrebuilds", { body: { template: "web" } });
  await day.settle();
  expect(await day.prebuilds()).toEqual([["v3", "ready"]]);

  expect(await day.history()).toEqual({ created: 19, failed: 5, claimed: 5, removed_unclaimed: 13, cold: 1 });
  await expectMetrics(day, { ...afterFrank, created_total: 19, desired: 1, running: 1, eligible: 1 });
  expect(await day.inbox(tess.client)).toEqual([
    "pool_hard_limited",
    "pool_recovered",
    "rehearsal_found_replacement",
    "claim_replaced_resources",
  ]);
  expect(await day.faults()).toEqual({ consistency: { repairedTotal: 0, errors: 0, strays: 0 }, errors: [] });
}

test("a day in the life of a pool", async () => {
  const day = await PoolDay.begin(berlin("03:00:00"));
  const people = await peopleOf(day);
  await night(day);
  await morning(day);
  await rush(day, people);
  await brokenVersion(day, people);
  await recovery(day, people);
  await maintenance(day, people);
  await replacement(day, people);
  await idleAtNoon(day, people);
  await dormancy(day, people);
  await evening(day);
  await lastLook(day, people);
});
