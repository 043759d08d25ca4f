// A workspace is called something else from now on, everywhere, and goes on as it is.
import { describe, expect, it } from "vitest";
import { claimRecordOf } from "../../src/app/agents/agents.ts";
import { rename } from "../../src/app/workspaces/rename-workspace.ts";
import { createBuild, getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { lifecycleUserId } from "../../src/contracts/system-ids.ts";
import { startBuild } from "../../src/db/builds/start-build.ts";
import { renameWorkspace } from "../../src/db/workspaces/rename.ts";
import { buildInput } from "../support/builds.ts";
import { claimOnce, codeOf, create } from "../support/claims.ts";
import { failed, runJobs, takeNext } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { interleaved, outside, somebodyWaits } from "../support/interleave.ts";
import { hour, runLifecycle, runningWorkspace } from "../support/lifecycle.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

async function deployment(claimEffect: "none" | "unknown" = "none") {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: null }, claimEffect });
  return fx;
}

const to = (fx: Fixture, workspace: string, name: string, by = fx.alice) => rename(fx.context, by, { workspace, name });
const nameOf = async (fx: Fixture, id: string) => (await getWorkspace(fx.context, fx.admin, id)).name;
const audited = (fx: Fixture) =>
  fx.rows("select target_name, detail ->> 'name' as name from audit_log where action = 'workspace.rename' order by at");

describe("a rename", () => {
  it("leaves a running workspace as it is, under the new name alone, and is audited with both", async () => {
    const fx = await deployment();
    const { workspace } = await runningWorkspace(fx, { name: "dev" });
    const before = await getWorkspace(fx.context, fx.alice, "dev");
    const answer = await to(fx, "dev", "payments");
    expect(answer).toEqual({ before: "dev", sentences: [], workspace: { ...before, name: "payments" } });
    expect((await getWorkspace(fx.context, fx.alice, "payments")).id).toBe(workspace.id);
    expect(await codeOf(getWorkspace(fx.context, fx.alice, "dev"))).toBe("not_found");
    expect(await audited(fx)).toEqual([{ target_name: "dev", name: "payments" }]);
    await create(fx, { name: "dev" });
  });

  it("is told to its agents, whose commands are told the new name from then on", async () => {
    const fx = await deployment();
    await runningWorkspace(fx, { name: "dev" });
    const [agent] = (await getWorkspace(fx.context, fx.alice, "dev")).agents;
    let pokes = 0;
    fx.context.news.subscribe(`agent:${agent?.id ?? ""}` as never, () => (pokes += 1));
    await to(fx, "dev", "payments");
    expect(pokes).toBe(1);
    expect((await claimRecordOf(fx.context, { id: agent?.id } as never)).workspaceName).toBe("payments");
  });

  it("changes the case of a name", async () => {
    const fx = await deployment();
    const { workspace } = await runningWorkspace(fx, { name: "dev" });
    await to(fx, "dev", "Dev");
    expect(await nameOf(fx, workspace.id)).toBe("Dev");
  });

  it("to the name that it has changes nothing, and is not audited", async () => {
    const fx = await deployment();
    await runningWorkspace(fx, { name: "dev" });
    expect(await to(fx, "dev", "dev")).toMatchObject({ before: "dev", workspace: { name: "dev" } });
    expect(await audited(fx)).toEqual([]);
  });

  it("says that a template which may name things after the workspace makes them anew", async () => {
    const fx = await deployment("unknown");
    await runningWorkspace(fx, { name: "dev" });
    const { sentences } = await to(fx, "dev", "payments");
    expect(sentences.join()).toContain("next stopped or started");
  });

  it("is followed by the build that comes next, and by what its template's policy does to it", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: null }, lifecycle: { dormant_after: "1h" } });
    await runningWorkspace(fx, { name: "dev" });
    await to(fx, "dev", "payments");
    fx.clock.advance(2 * hour);
    await runLifecycle(fx);
    expect((await takeNext(fx))?.workspace_name).toBe("payments");
    expect(await fx.rows("select distinct target_name from audit_log where actor_id = $1", [lifecycleUserId])).toEqual([
      { target_name: "payments" },
    ]);
  });

  it("of somebody else's is for administrators, and hidden from others", async () => {
    const fx = await deployment();
    const { workspace } = await runningWorkspace(fx, { name: "dev" });
    const bob = await fx.addUser("bob");
    expect(await codeOf(to(fx, "alice/dev", "his", bob))).toBe("not_found");
    await to(fx, "alice/dev", "theirs", fx.admin);
    expect(await nameOf(fx, workspace.id)).toBe("theirs");
  });
});

describe("a rename is refused", () => {
  it("to a name that its owner has, whatever the case, and to nobody else's", async () => {
    const fx = await deployment();
    await runningWorkspace(fx, { name: "dev" });
    await create(fx, { name: "Other" });
    await create(fx, { name: "bobs", by: await fx.addUser("bob") });
    expect(await codeOf(to(fx, "dev", "oTHER"))).toBe("name_taken");
    expect((await to(fx, "dev", "bobs")).workspace.name).toBe("bobs");
  });

  it("of an unclaimed prebuild", async () => {
    const fx = await testFixture();
    const prebuild = await putPrebuild(fx, (await publishTemplate(fx)).preset());
    expect(await codeOf(to(fx, prebuild, "mine", fx.admin))).toBe("prebuild_immutable");
  });

  it("of one that is being deleted or is deleted, but not of one whose delete has failed", async () => {
    const fx = await deployment();
    const { workspace } = await runningWorkspace(fx, { name: "dev" });
    const remove = () => createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "delete" });
    await remove();
    expect(await codeOf(to(fx, "dev", "late"))).toBe("conflict");
    await runJobs(fx, () => failed);
    await to(fx, "dev", "kept");
    await remove();
    await runJobs(fx);
    expect(await codeOf(to(fx, workspace.id, "gone"))).toBe("not_found");
  });
});

describe("of those who come at the same time", () => {
  it("one gets the name, be it by a rename or a creation", async () => {
    const fx = await deployment();
    for (const name of ["one", "two", "three"]) await create(fx, { name });
    const done = await Promise.allSettled([
      ...["one", "two", "three"].map((name) => to(fx, name, "wanted")),
      create(fx, { name: "wanted" }),
    ]);
    expect(done.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = done.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : []));
    expect(refused).toEqual(["name_taken", "name_taken", "name_taken"]);
  });

  it("each of two renames of one workspace tells the name that it replaced", async () => {
    const fx = await deployment();
    const { workspace } = await create(fx, { name: "dev" });
    await Promise.all([to(fx, workspace.id, "one"), to(fx, workspace.id, "two")]);
    const rows = (await audited(fx)) as { target_name: string; name: string }[];
    expect(rows.map((row) => row.target_name).toSorted()).toEqual(
      ["dev", rows.find((row) => row.target_name === "dev")?.name].toSorted(),
    );
    expect(await nameOf(fx, workspace.id)).toBe(rows.find((row) => row.target_name !== "dev")?.name);
  });

  it("a delete that comes first leaves nothing to rename", async () => {
    const fx = await deployment();
    const { workspace } = await runningWorkspace(fx, { name: "dev" });
    const result = await fx.store.transaction("test rename", async (outer) => {
      const { tx, other } = interleaved(fx, outer, {
        nth: 1,
        work: () => createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "delete" }),
      });
      const renamed = await renameWorkspace(tx, workspace.id as WorkspaceId, "late");
      await other;
      return renamed;
    });
    expect(result.kind).toBe("in_deletion");
  });

  it("a delete that has not committed yet is waited for, and leaves nothing to rename", async () => {
    const fx = await deployment();
    const { workspace } = await runningWorkspace(fx, { name: "dev" });
    const id = workspace.id as WorkspaceId;
    let renamed: Promise<string> | undefined;
    await fx.store.transaction("test delete", async (tx) => {
      await startBuild(tx, buildInput(fx, id, "delete"));
      renamed = outside(() => codeOf(to(fx, id, "late")));
      await Promise.race([renamed, outside(() => somebodyWaits(fx))]);
    });
    expect(await renamed).toBe("conflict");
    expect(await nameOf(fx, id)).toBe("dev");
  });

  it("a rename that comes after the claim finds its owner's workspace", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    const prebuild = await putPrebuild(fx, template.preset());
    await claimOnce(fx, fx.store, { templateId: template.templateId, presetId: template.preset() }, { name: "dev" });
    await to(fx, "dev", "mine");
    expect(await nameOf(fx, prebuild)).toBe("mine");
  });
});
