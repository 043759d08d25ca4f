// Older versions of what exists: who may see them, what they hold, and that each look is written down.
import { expect, it } from "vitest";
import { examine } from "../../src/app/system/doctor.ts";
import { listStateVersions, readStateVersion } from "../../src/app/workspaces/state-versions.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { codeOf, create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { registerDaemon } from "../support/leasing-daemon.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate, type PublishedTemplate } from "../support/templates.ts";

/** Alice's workspace, of which three versions were stored. */
async function threeVersions(
  last: unknown = { made: 3 },
): Promise<{ readonly fx: Fixture; readonly workspace: string; readonly template: PublishedTemplate }> {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { one: 0 } });
  const { workspace } = await create(fx);
  const daemon = await registerDaemon(fx);
  const job = await daemon.take();
  if (job === null) throw new Error("a creation makes a job");
  for (const serial of [1, 2]) await daemon.store(job, { made: serial }, serial);
  await daemon.store(job, last, 3);
  await daemon.end(job);
  return { fx, template, workspace: workspace.id };
}

const looks = (fx: Fixture): Promise<number> =>
  fx.number("select count(*) from audit_log where action = 'state.read' and actor_id = $1", [fx.admin.userId]);

it("a template admin sees the versions of a state, newest first and page by page, without their content", async () => {
  const { fx, workspace } = await threeVersions();
  const { versions, total } = await listStateVersions(fx.context, fx.admin, { workspace });
  expect(total).toBe(3);
  expect(versions.map(({ serial }) => serial)).toEqual([3, 2, 1]);
  expect(versions[0]).toMatchObject({ version: 0, attempt: 1 });
  expect(JSON.stringify(versions)).not.toContain("made");
  const page = await listStateVersions(fx.context, fx.admin, { workspace, limit: 1, offset: 1 });
  expect(page.versions.map(({ serial }) => serial)).toEqual([2]);
  expect(await looks(fx)).toBe(0);
});

it("each look at a version's content is audited", async () => {
  const { fx, workspace } = await threeVersions();
  const { versions } = await listStateVersions(fx.context, fx.admin, { workspace });
  expect((await readStateVersion(fx.context, fx.admin, { workspace, version: 0 })).state).toEqual({ made: 3 });
  const oldest = versions.at(-1)?.version ?? 0;
  expect((await readStateVersion(fx.context, fx.admin, { workspace, version: oldest })).state).toEqual({ made: 1 });
  expect(await looks(fx)).toBe(2);
});

it("a version that there is not is said to be gone", async () => {
  const { fx, workspace } = await threeVersions();
  expect(await codeOf(readStateVersion(fx.context, fx.admin, { workspace, version: 999_999 }))).toBe("not_found");
});

it("neither its owner nor somebody else sees the states of a workspace", async () => {
  const { fx, workspace } = await threeVersions();
  expect(await codeOf(listStateVersions(fx.context, fx.alice, { workspace }))).toBe("forbidden");
  expect(await codeOf(readStateVersion(fx.context, fx.alice, { workspace, version: 0 }))).toBe("forbidden");
  const bob = await fx.addUser("bob");
  expect(await codeOf(readStateVersion(fx.context, bob, { workspace, version: 0 }))).toBe("not_found");
  expect(await fx.number("select count(*) from audit_log where action = 'state.read'")).toBe(0);
});

it("the state of a person's workspace is for administrators alone, a prebuild's for template admins too", async () => {
  const { fx, workspace, template } = await threeVersions();
  const templateAdmin = {
    ...(await fx.addUser("bob")),
    organizations: fx.alice.organizations.map((each) => ({ ...each, role: "template_admin" as const })),
  };
  expect(await codeOf(readStateVersion(fx.context, templateAdmin, { workspace, version: 0 }))).toBe("not_found");
  expect(await codeOf(listStateVersions(fx.context, templateAdmin, { workspace }))).toBe("not_found");
  const own = { ...fx.alice, organizations: templateAdmin.organizations };
  expect(await codeOf(readStateVersion(fx.context, own, { workspace, version: 0 })), "also his own").toBe("forbidden");
  const prebuild = await putPrebuild(fx, template.preset());
  expect(await listStateVersions(fx.context, templateAdmin, { workspace: prebuild })).toMatchObject({ total: 0 });
});

it("a token in a state is shown to nobody", async () => {
  const token = "pw_agent_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  const { fx, workspace } = await threeVersions({ agents: [{ name: "main", token }] });
  const { state } = await readStateVersion(fx.context, fx.admin, { workspace, version: 0 });
  expect(state).toEqual({ agents: [{ name: "main", token: "(redacted)" }] });
});

it("doctor tells of things without a workspace, and warns when their daemon does not get rid of them", async () => {
  const fx = await testFixture();
  const daemon = await registerDaemon(fx);
  const found = async () =>
    (await examine(fx.context, fx.admin, () => [])).findings.filter(({ check }) => check === "strangers");
  expect(await found()).toMatchObject([{ severity: "ok", message: expect.stringContaining("nothing") }]);
  const stranger = systemRandom.uuid();
  await daemon.report([stranger]);
  expect(await found()).toMatchObject([{ severity: "ok", next: expect.stringContaining("provisioner.orphan_age") }]);
  fx.clock.advance(600_000);
  await daemon.report([stranger]);
  expect(await found()).toMatchObject([{ severity: "ok", message: expect.stringContaining(stranger) }]);
  fx.clock.advance(600_001);
  expect(await found()).toMatchObject([{ severity: "warning", next: expect.stringContaining("by hand") }]);
});
