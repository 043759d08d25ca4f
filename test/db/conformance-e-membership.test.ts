// Cases 125 to 128: where there is a pool, the `prebuilds` user is a member, in a group of his own.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GroupId, OrganizationId } from "../../src/contracts/ids.ts";
import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import { insertGroup } from "../../src/db/people/groups.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { createFixture, type Fixture, testFixture } from "../support/fixture.ts";
import { memberOf } from "../support/organizations.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { createReconciler, reconcile, runCycle } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const allowance = 7;
const yesNo = [false, true];
const combinations = yesNo.flatMap((isMember) =>
  yesNo.flatMap((hasGroup) => yesNo.map((isInGroup) => ({ isMember, hasGroup, isInGroup }))),
);
type Combination = (typeof combinations)[number];

async function organization(fx: Fixture, name: string): Promise<OrganizationId> {
  const member = await memberOf(fx, name);
  const [own] = member.organizations;
  if (own === undefined) throw new Error("he is a member of it");
  return own.id;
}

async function addGroup(fx: Fixture, organizationId: OrganizationId, name: string): Promise<GroupId> {
  const id = systemRandom.uuid() as GroupId;
  const now = fx.clock.now();
  const group = { id, organizationId, name, displayName: "", allowance: 3, now };
  await fx.store.transaction("test group", (tx) => insertGroup(tx, group));
  return id;
}

/** Where he is in a group while his organization has none, he is in a like-named one of another organization. */
async function prepare(fx: Fixture, name: string, { isMember, hasGroup, isInGroup }: Combination) {
  const id = await organization(fx, name);
  const now = fx.clock.now();
  if (isMember)
    await fx.rows("insert into organization_members values ($1, $2, 'member', $3)", [id, prebuildsUserId, now]);
  const own = hasGroup ? await addGroup(fx, id, "Prebuilds") : undefined;
  if (isInGroup) {
    const group = own ?? (await addGroup(fx, await organization(fx, `${name}-other`), "prebuilds"));
    await fx.rows("insert into group_members values ($1, $2, $3)", [group, prebuildsUserId, now]);
  }
  return id;
}

const nameOf = (prefix: string, of: Combination): string => `${prefix}-${Object.values(of).map(Number).join("")}`;

/** Everything that a reconcile of memberships may write in an organization, with the row versions. */
const membership = (fx: Fixture, id: OrganizationId): Promise<object[]> =>
  fx.rows(
    `select 'member' as what, null as allowance, xmin::text as version from organization_members
      where organization_id = $1 and user_id = $2
    union all
    select 'group ' || lower(name), allowance, xmin::text from groups where organization_id = $1
    union all
    select 'in ' || lower(g.name), null, m.xmin::text from group_members m join groups g on g.id = m.group_id
      where g.organization_id = $1 and m.user_id = $2
    order by 1`,
    [id, prebuildsUserId],
  );
const words = (rows: readonly object[]): unknown[] => rows.map((row) => Object.values(row).slice(0, 2));

describe("after a cycle", () => {
  let fx: Fixture;
  const [without, withPool] = [new Map<string, OrganizationId>(), new Map<string, OrganizationId>()];
  const before = new Map<OrganizationId, object[]>();
  let unrelated: OrganizationId;

  beforeAll(async () => {
    fx = await createFixture();
    unrelated = await organization(fx, "unrelated");
    for (const combination of combinations) {
      const poor = nameOf("poor", combination);
      without.set(poor, await prepare(fx, poor, combination));
      await publishTemplate(fx, { organization: poor, presets: { plain: null } });
      const rich = nameOf("rich", combination);
      withPool.set(rich, await prepare(fx, rich, combination));
      await publishTemplate(fx, { organization: rich, presets: { base: 0 } });
    }
    for (const id of [...without.values(), unrelated]) before.set(id, await membership(fx, id));
    await reconcile(fx, { prebuildsAllowance: allowance });
  });
  afterAll(async () => fx.close());

  it.each(combinations)("125: without a pool nothing is added: %o", async (combination) => {
    const id = without.get(nameOf("poor", combination)) as OrganizationId;
    expect(await membership(fx, id)).toEqual(before.get(id));
  });

  it.each(
    combinations,
  )("126: with a pool, base 0, he is at home, and what was there stays: %o", async (combination) => {
    const id = withPool.get(nameOf("rich", combination)) as OrganizationId;
    expect(words(await membership(fx, id))).toEqual([
      ["group everyone", 0],
      ["group prebuilds", combination.hasGroup ? 3 : allowance],
      ["in prebuilds", null],
      ["member", null],
    ]);
  });

  it("127: an unrelated organization is unchanged", async () => {
    expect(await membership(fx, unrelated)).toEqual(before.get(unrelated));
  });

  it.each(combinations)("128: the second time nothing is written: %o", async (combination) => {
    const id = withPool.get(nameOf("rich", combination)) as OrganizationId;
    const rows = await membership(fx, id);
    await reconcile(fx, { prebuildsAllowance: allowance + 1 });
    expect(await membership(fx, id)).toEqual(rows);
  });
});

it("125: a pool of a deprecated template, though it still has a prebuild, is no reason to add anything", async () => {
  const fx = await testFixture();
  const id = await organization(fx, "retired");
  const template = await publishTemplate(fx, { organization: "retired" });
  await putPrebuild(fx, template.preset());
  await fx.rows("update templates set deprecated_at = created_at");
  expect(await reconcile(fx)).toMatchObject({ deletes: 1 });
  expect(words(await membership(fx, id))).toEqual([["group everyone", 0]]);
});

it("an error in one organization does not stop the others, and the next cycle tries again", async () => {
  const fx = await testFixture();
  const [bad, good] = [await organization(fx, "bad"), await organization(fx, "good")];
  for (const name of ["bad", "good"]) await publishTemplate(fx, { organization: name, presets: { base: 0 } });
  await fx.rows(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$`,
  );
  await fx.rows(
    `create trigger refuse before insert on groups for each row when (new.organization_id = '${bad}')
    execute function refuse()`,
  );
  expect(await reconcile(fx)).toMatchObject({ errors: 1 });
  expect(words(await membership(fx, good))).toHaveLength(4);
  expect(words(await membership(fx, bad))).toEqual([["group everyone", 0]]);
  await fx.rows("drop trigger refuse on groups");
  expect(await reconcile(fx)).toMatchObject({ errors: 0 });
  expect(words(await membership(fx, bad))).toHaveLength(4);
});

it("once it has been seen to be complete, cycles that follow soon ask nothing of it", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { base: 0 } });
  const reconciler = createReconciler(fx);
  const statements: number[] = [];
  for (let cycle = 0; cycle < 4; cycle += 1) {
    const before = fx.store.counters.statements;
    await runCycle(reconciler);
    statements.push(fx.store.counters.statements - before);
  }
  // The first writes, the second sees that it is complete.
  expect(statements[3]).toBe(statements[2]);
  expect(statements[2]).toBe((statements[1] ?? 0) - 1);
});

it("a paused or disabled reconciler writes no membership", async () => {
  const fx = await testFixture();
  const id = await organization(fx, "second");
  await publishTemplate(fx, { organization: "second", presets: { base: 0 } });
  await reconcile(fx, { policy: { disabled: true } });
  expect(words(await membership(fx, id))).toEqual([["group everyone", 0]]);
});
