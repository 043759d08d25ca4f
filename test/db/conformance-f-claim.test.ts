// Cases 129 to 135, 138, 140 and 142, in the default and in a second organization.
import { describe, expect, it } from "vitest";
import { type Fixture, testFixture } from "../support/fixture.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { build } from "../support/builds.ts";
import { claimOnce, codeOf, create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { memberOf } from "../support/organizations.ts";
import { ledgerCounts, putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate, type TemplateInput } from "../support/templates.ts";

/** Two presets with one instance each, and an immutable parameter. */
const twoPresets: TemplateInput = {
  parameters: [
    { name: "region", mutable: false },
    { name: "size", default: "small" },
  ],
  presets: {
    east: { parameters: { region: "east" }, prebuilds: { instances: 1 } },
    west: { parameters: { region: "west" }, prebuilds: { instances: 1 } },
  },
};

interface OutcomeRow {
  readonly outcome: string;
  readonly miss_reason: string | null;
  readonly workspace_id: string | null;
}

const outcomes = (fx: Fixture): Promise<OutcomeRow[]> =>
  fx.rows<OutcomeRow>("select outcome, miss_reason, workspace_id from creation_outcomes order by id");

/** Everything that a creation may write, to compare before and after one that failed. */
const everything = (fx: Fixture): Promise<unknown[]> =>
  fx.rows(`select (select count(*)::int from workspaces) as workspaces, (select count(*)::int from builds) as builds,
    (select count(*)::int from jobs) as jobs, (select count(*)::int from creation_outcomes) as outcomes,
    (select count(*)::int from idempotency_keys) as keys,
    (select jsonb_agg(jsonb_build_array(workspace_id, state, generation) order by workspace_id) from prebuilds) as ledger`);

describe.each(["default", "second"])("in the %s organization", (organization) => {
  it("129: with none ready, it is a fresh workspace, the miss is recorded, the initiator is the user", async () => {
    const fx = await testFixture();
    const by = await memberOf(fx, organization);
    const template = await publishTemplate(fx, { ...twoPresets, organization });
    await putPrebuild(fx, template.preset("east"), { agents: { total: 1, ready: 0 } });
    const made = await create(fx, { by, organization, preset: "east" });
    expect(made).toMatchObject({ outcome: "cold", missReason: "none_ready", workspace: { owner: "alice" } });
    expect(made.workspace.latestBuild).toMatchObject({ number: 1, stage: "ordinary", initiator: "alice" });
    expect(await outcomes(fx)).toEqual([
      { outcome: "cold", miss_reason: "none_ready", workspace_id: made.workspace.id },
    ]);
    expect(await ledgerCounts(fx, template.preset("east"))).toEqual({ starting: 1 });
  });

  it("130, 131, 132: a ready one is claimed, its claim build runs, and a cycle refills the pool", async () => {
    const fx = await testFixture();
    const by = await memberOf(fx, organization);
    const template = await publishTemplate(fx, { ...twoPresets, organization, claimEffect: "unknown" });
    const east = await putPrebuild(fx, template.preset("east"));
    await putPrebuild(fx, template.preset("west"));
    expect(await reconcile(fx)).toMatchObject({ creates: 0 });
    const made = await create(fx, { by, organization, name: "mine", preset: "east", automaticUpdates: true });
    expect(made.workspace).toMatchObject({ id: east, owner: "alice", name: "mine", isPrebuild: false });
    expect(made.workspace.parameters).toEqual({ region: "east", size: "small" });
    expect(made.workspace.latestBuild).toMatchObject({
      number: 2,
      stage: "claim",
      initiator: "alice",
      status: "pending",
    });
    const [row] = await fx.rows("select claimed_at, last_used_at, automatic_updates from workspaces where id = $1", [
      east,
    ]);
    const now = fx.clock.now();
    expect(row).toEqual({ claimed_at: now, last_used_at: now, automatic_updates: true });
    expect(await fx.rows("select initiator_id, is_prebuild from jobs where status = 'pending'")).toEqual([
      { initiator_id: by.userId, is_prebuild: false },
    ]);
    expect(await outcomes(fx)).toEqual([{ outcome: "claimed", miss_reason: null, workspace_id: east }]);
    const jobs = await runJobs(fx);
    expect(jobs.map((job) => [job.stage, job.owner_username, job.parameters["region"]])).toEqual([
      ["claim", "alice", "east"],
    ]);
    expect(await reconcile(fx)).toMatchObject({ creates: 1, deletes: 0 });
    expect(await ledgerCounts(fx, template.preset("east"))).toEqual({ claimed: 1, building: 1 });
  });

  it("133: with prebuilds switched off it is an ordinary creation, which says so", async () => {
    const fx = await testFixture({ isPrebuildsEnabled: false });
    const by = await memberOf(fx, organization);
    const template = await publishTemplate(fx, { ...twoPresets, organization });
    await putPrebuild(fx, template.preset("east"));
    expect(await create(fx, { by, organization, preset: "east" })).toMatchObject({
      outcome: "cold",
      missReason: "disabled",
    });
    expect(await codeOf(create(fx, { by, organization, preset: "east", mode: "warm_only" }))).toBe(
      "prebuilds_disabled",
    );
    expect(await ledgerCounts(fx, template.preset("east"))).toEqual({ ready: 1 });
  });

  it("134: an unexpected error of the claim fails the request with it, and leaves nothing behind", async () => {
    const fx = await testFixture();
    const by = await memberOf(fx, organization);
    const template = await publishTemplate(fx, { ...twoPresets, organization });
    await putPrebuild(fx, template.preset("east"));
    const before = await everything(fx);
    // The last row that a claim writes cannot be written.
    await fx.rows(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$`,
    );
    await fx.rows("create trigger refuse before insert on creation_outcomes for each row execute function refuse()");
    const published = fx.published.length;
    await expect(create(fx, { by, organization, preset: "east" })).rejects.toThrow("disk full");
    expect(await everything(fx)).toEqual(before);
    expect(fx.published.length).toBe(published);
    await fx.rows("drop trigger refuse on creation_outcomes");
    expect(await create(fx, { by, organization, preset: "east" })).toMatchObject({ outcome: "claimed" });
  });
});

it("S18: two organizations with like-named templates and presets: nothing crosses", async () => {
  const fx = await testFixture();
  const by = await memberOf(fx, "second");
  const mine = await publishTemplate(fx, { ...twoPresets, organization: "second" });
  const theirs = await publishTemplate(fx, twoPresets);
  await putPrebuild(fx, theirs.preset("east"));
  expect(await create(fx, { by, organization: "second", preset: "east" })).toMatchObject({ outcome: "cold" });
  expect(await codeOf(create(fx, { by, organization: "second", preset: theirs.preset("east") }))).toBe("not_found");
  expect(await codeOf(create(fx, { by, organization: "default", preset: "east" }))).toBe("not_found");
  expect(await claimOnce(fx, fx.store, { ...mine, presetId: mine.preset("east") })).toBeUndefined();
  expect(await ledgerCounts(fx, theirs.preset("east"))).toEqual({ ready: 1 });
});

it("135: stop and start of a claimed workspace never claim", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 2 } });
  await putPrebuild(fx, template.preset());
  const other = await putPrebuild(fx, template.preset(), { ageMs: 1_000 });
  const id = (await create(fx)).workspace.id as WorkspaceId;
  for (const transition of ["stop", "start"] as const) {
    expect(await build(fx, id, transition)).toEqual({ kind: "started" });
    await runJobs(fx);
  }
  expect(await fx.rows("select stage from builds where workspace_id = $1 order by number", [id])).toEqual(
    ["prebuild", "claim", "ordinary", "ordinary"].map((stage) => ({ stage })),
  );
  expect(await fx.rows("select state from prebuilds where workspace_id = $1", [other])).toEqual([{ state: "ready" }]);
});

describe("138: a failure after or beside the claim leaves the prebuild claimable", () => {
  it.each([
    { what: "a name that is taken", input: { name: "taken" }, code: "name_taken" },
    { what: "a parameter that there is not", input: { parameters: { nope: "1" } }, code: "invalid_parameter" },
    { what: "a value other than the preset's", input: { parameters: { region: "west" } }, code: "invalid_parameter" },
  ])("$what", async ({ input, code }) => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, twoPresets);
    await create(fx, { preset: "west", name: "taken" });
    await putPrebuild(fx, template.preset("east"));
    const before = await everything(fx);
    expect(await codeOf(create(fx, { preset: "east", ...input }))).toBe(code);
    expect(await everything(fx)).toEqual(before);
    expect(await create(fx, { preset: "east" })).toMatchObject({ outcome: "claimed" });
  });

  it("whatever fails in the transaction that claims", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, twoPresets);
    await putPrebuild(fx, template.preset("east"));
    const before = await everything(fx);
    const from = { ...template, presetId: template.preset("east") };
    const work = fx.store.transaction("test claim", async (tx) => {
      expect(await claimOnce(fx, tx, from)).toBeDefined();
      tx.emit("pools");
      throw new Error("over quota");
    });
    await expect(work).rejects.toThrow("over quota");
    expect(await everything(fx)).toEqual(before);
    expect(await claimOnce(fx, fx.store, from)).toBeDefined();
  });
});

describe("140: the preset is matched by parameters", () => {
  const template: TemplateInput = {
    parameters: [
      { name: "region", default: "nowhere" },
      { name: "size", default: "small" },
      { name: "note", default: "" },
    ],
    presets: {
      bare: { prebuilds: { instances: 1 } },
      east: { parameters: { region: "east" }, prebuilds: { instances: 1 } },
      "large-east": { parameters: { region: "east", size: "large" }, prebuilds: { instances: 1 } },
    },
  };
  it.each([
    { what: "exactly", parameters: { region: "east", size: "large" }, preset: "large-east" },
    { what: "with an extra one", parameters: { region: "east", note: "hello" }, preset: "east" },
    {
      what: "the one with more of two matches",
      parameters: { region: "east", size: "large", note: "" },
      preset: "large-east",
    },
    { what: "and one without parameters when nothing else does", parameters: { region: "west" }, preset: "bare" },
  ])("$what", async ({ parameters, preset }) => {
    const fx = await testFixture();
    const published = await publishTemplate(fx, template);
    for (const name of ["bare", "east", "large-east"]) await putPrebuild(fx, published.preset(name));
    const made = await create(fx, { parameters });
    expect(made).toMatchObject({ outcome: "claimed", workspace: { preset } });
    expect(made.workspace.parameters).toMatchObject(parameters);
  });

  it.each([
    { what: "a wrong value", parameters: { region: "south" } },
    { what: "a parameter that is missing", parameters: { size: "large" } },
  ])("$what matches none, and the miss says parameters_differ", async ({ parameters }) => {
    const fx = await testFixture();
    const presets = Object.fromEntries(Object.entries(template.presets ?? {}).filter(([name]) => name !== "bare"));
    const published = await publishTemplate(fx, { ...template, presets });
    await putPrebuild(fx, published.preset("east"));
    expect(await create(fx, { parameters })).toMatchObject({ outcome: "cold", missReason: "parameters_differ" });
    expect(await ledgerCounts(fx, published.preset("east"))).toEqual({ ready: 1 });
  });
});

describe("142: with a pool of one connection", () => {
  it("claims and cold creations still work, many at once", async () => {
    const fx = await testFixture({ connectionsMax: 1 });
    const template = await publishTemplate(fx, { presets: { large: 3 } });
    for (let nth = 0; nth < 3; nth += 1) await putPrebuild(fx, template.preset());
    const made = await Promise.all(Array.from({ length: 6 }, () => create(fx)));
    expect(made.map((one) => one.outcome).sort()).toEqual(["claimed", "claimed", "claimed", "cold", "cold", "cold"]);
  });

  it("the claim runs on the transaction that it is given", async () => {
    const fx = await testFixture({ connectionsMax: 1 });
    const template = await publishTemplate(fx);
    const id = await putPrebuild(fx, template.preset());
    const claimed = await fx.store.transaction("test", (tx) =>
      claimOnce(fx, tx, { ...template, presetId: template.preset() }),
    );
    expect(claimed?.workspace_id).toBe(id);
  });
});

it("claims the oldest ready first, whatever the order of creation", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 3 } });
  const ids = [];
  for (const ageMs of [1_000, 9_000, 5_000]) ids.push(await putPrebuild(fx, template.preset(), { ageMs }));
  const claimed = [];
  for (let nth = 0; nth < 3; nth += 1) claimed.push((await create(fx)).workspace.id);
  expect(claimed).toEqual([ids[1], ids[2], ids[0]]);
});

it("costs the hit path two statements, and a miss no more than seven", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  await create(fx);
  await putPrebuild(fx, template.preset());
  const cost = async (): Promise<number> => {
    const before = fx.store.counters.statements;
    await create(fx);
    return fx.store.counters.statements - before;
  };
  expect(await cost()).toBe(2);
  expect(await cost()).toBeLessThanOrEqual(7);
});
