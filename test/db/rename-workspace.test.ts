// A workspace gets another name: by whom it may be given, and what follows it.
import { describe, expect, it } from "vitest";
import { claimRecordOf } from "../../src/app/agents/agents.ts";
import { listOrganizations } from "../../src/app/identity/organizations.ts";
import { rename } from "../../src/app/workspaces/rename-workspace.ts";
import { getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { build } from "../support/builds.ts";
import { codeOf, create } from "../support/claims.ts";
import { failed, runJobs, runJobsReady } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

/** A workspace of alice, claimed from a pool. */
async function claimed(fx: Fixture, name = "dev"): Promise<WorkspaceId> {
  await publishTemplate(fx, { claimEffect: "none" });
  await reconcile(fx);
  await runJobsReady(fx);
  const { workspace, outcome } = await create(fx, { name });
  expect(outcome).toBe("claimed");
  return workspace.id as WorkspaceId;
}

const renames = (fx: Fixture): Promise<unknown[]> =>
  fx.rows("select target_name, detail ->> 'name' as name from audit_log where action = 'workspace.rename' order by id");

describe("a rename", () => {
  it("gives the name to its owner, to its agent's record and to the audit log, and pokes the agent", async () => {
    const fx = await testFixture();
    const id = await claimed(fx);
    const [agent] = await liveAgents(fx.store, id);
    if (agent === undefined) throw new Error("it has an agent");
    fx.published.length = 0;
    expect(await rename(fx.context, fx.alice, { workspace: "dev", name: "api" })).toMatchObject({ id, name: "api" });
    expect(await codeOf(getWorkspace(fx.context, fx.alice, "dev"))).toBe("not_found");
    expect(await getWorkspace(fx.context, fx.alice, "api")).toMatchObject({ id, status: "running" });
    expect(await claimRecordOf(fx.context, agent)).toMatchObject({ workspaceName: "api" });
    expect(fx.published).toEqual(expect.arrayContaining([`workspace:${id}`, `agent:${agent.id}`]));
    expect(await renames(fx)).toEqual([{ target_name: "dev", name: "api" }]);
  });

  it("to the name that it has changes nothing, and says nothing", async () => {
    const fx = await testFixture();
    await claimed(fx);
    fx.published.length = 0;
    expect(await rename(fx.context, fx.alice, { workspace: "dev", name: "dev" })).toMatchObject({ name: "dev" });
    expect(fx.published).toEqual([]);
    expect(await renames(fx)).toEqual([]);
  });

  it("to a name that the owner has already is refused, also for an administrator; another's of that name is not in the way", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: null } });
    const bob = await fx.addUser("bob");
    for (const name of ["dev", "api"]) await create(fx, { name });
    await create(fx, { name: "other", by: bob });
    for (const actor of [fx.alice, fx.admin]) {
      expect(await codeOf(rename(fx.context, actor, { workspace: "alice/dev", name: "api" }))).toBe("name_taken");
    }
    expect(await rename(fx.context, bob, { workspace: "other", name: "api" })).toMatchObject({ name: "api" });
    expect(await renames(fx)).toEqual([{ target_name: "other", name: "api" }]);
  });

  it("of two to one name at the same time one wins, and the other is told", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: null } });
    for (const name of ["one", "two"]) await create(fx, { name });
    const both = ["one", "two"].map(async (workspace) =>
      rename(fx.context, fx.alice, { workspace, name: "same" }).then(
        () => "renamed",
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    expect((await Promise.all(both)).toSorted()).toEqual(["name_taken", "renamed"]);
  });

  it("of an unclaimed prebuild is refused: its pool has named it", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 1 } });
    const id = await putPrebuild(fx, template.preset(), {});
    expect(await codeOf(rename(fx.context, fx.admin, { workspace: id, name: "mine" }))).toBe("prebuild_immutable");
    expect(
      await fx.number(`select count(*) from workspaces where owner_id = '${prebuildsUserId}' and name = 'mine'`),
    ).toBe(0);
  });

  it("of what is being deleted is refused, and goes again when that has failed", async () => {
    const fx = await testFixture();
    const id = await claimed(fx);
    await build(fx, id, "delete");
    expect(await codeOf(rename(fx.context, fx.alice, { workspace: id, name: "api" }))).toBe("conflict");
    await runJobs(fx, () => failed);
    expect(await rename(fx.context, fx.alice, { workspace: id, name: "api" })).toMatchObject({ name: "api" });
  });

  it("leaves the name before for another workspace", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: null } });
    await create(fx, { name: "dev" });
    await rename(fx.context, fx.alice, { workspace: "dev", name: "old" });
    expect((await create(fx, { name: "dev" })).workspace.name).toBe("dev");
  });
});

describe("the list of organizations", () => {
  it("has one's own with one's role; an administrator's has all, and no system user is counted as a member", async () => {
    const fx = await testFixture();
    await fx.rows(`insert into organizations (id, name, display_name, created_at)
      values (gen_random_uuid(), 'elsewhere', 'Elsewhere', now())`);
    const own = (await listOrganizations(fx.context, fx.alice)).organizations;
    expect(own).toEqual([expect.objectContaining({ name: "default", role: "member" })]);
    const all = (await listOrganizations(fx.context, fx.admin)).organizations;
    expect(all.map(({ name, members }) => ({ name, members }))).toEqual([
      { name: "default", members: own[0]?.members },
      { name: "elsewhere", members: 0 },
    ]);
    const people = await fx.number(`select count(*) from organization_members m join users u on u.id = m.user_id
      where not u.is_system and u.deleted_at is null`);
    expect(own[0]?.members).toBe(people);
  });
});
