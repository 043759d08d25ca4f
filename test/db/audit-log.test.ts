// The audit log: what is written to it, who may read what, and how it is read page by page.
import { describe, expect, it } from "vitest";
import { listAudit } from "../../src/app/audit/list-audit.ts";
import type { Actor } from "../../src/app/authorize.ts";
import { createGroup } from "../../src/app/groups/groups.ts";
import { setUp } from "../../src/app/identity/sign-in.ts";
import { createToken, revokeOneToken } from "../../src/app/identity/tokens.ts";
import { createUser, removeUser } from "../../src/app/identity/users.ts";
import { cleanPools, invalidate, resumePool, setEnabled, setPaused } from "../../src/app/prebuilds/manage-pools.ts";
import { createKey, revokeKey } from "../../src/app/provisioner/daemon-keys.ts";
import { hashSecret } from "../../src/app/secret.ts";
import { deprecate, promote, removeTemplate } from "../../src/app/templates/templates.ts";
import { changeSchedule } from "../../src/app/workspaces/schedule.ts";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import type { TokenId } from "../../src/contracts/ids.ts";
import { recordAudit } from "../../src/db/audit/audit.ts";
import { auditPage } from "../../src/db/audit/audit-pages.ts";
import { insertSetupLink } from "../../src/db/people/setup-links.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { codeOf, create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { filterBy } from "../support/audit-filter.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { hour, runLifecycle, runningWorkspace } from "../support/lifecycle.ts";
import { signInAs } from "../support/sessions.ts";
import { publishTemplate } from "../support/templates.ts";

type Query = Parameters<typeof listAudit>[2];

const read = async (fx: Fixture, by: Actor, query: Query = {}) => await listAudit(fx.context, by, query);
const actions = async (fx: Fixture, by: Actor, query: Query = {}): Promise<string[]> =>
  (await read(fx, by, query)).entries.map(({ action }) => action);

/** The same person as a template admin of the default organization. */
function asTemplateAdmin(actor: Actor): Actor {
  return { ...actor, organizations: actor.organizations.map((each) => ({ ...each, role: "template_admin" })) };
}

/** Alice's workspace `dev`, which the executor has stopped, and bob's `dev`, which he has deleted. */
async function twoPeople() {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: null }, lifecycle: { default_ttl: "1h" } });
  const bob = await fx.addUser("bob");
  const { workspace: alices } = await runningWorkspace(fx, { name: "dev" });
  const { workspace: bobs } = await runningWorkspace(fx, { name: "dev", by: bob });
  fx.clock.advance(hour / 2);
  await createBuild(fx.context, bob, { workspace: bobs.id, transition: "delete" });
  await runJobs(fx);
  fx.clock.advance(hour);
  await runLifecycle(fx);
  await runJobs(fx);
  return { fx, bob, alices, bobs };
}

describe("the audit log", () => {
  it("says who did what to which workspace, when and why, the newest first", async () => {
    const { fx, alices, bobs } = await twoPeople();
    expect((await read(fx, fx.admin, { kind: "workspace" })).entries).toMatchObject([
      {
        at: "2030-01-01T01:30:00.000Z",
        actor: "system.lifecycle",
        organization: "default",
        action: "workspace.stop",
        target: { kind: "workspace", id: alices.id, name: "alice/dev" },
        reason: expect.stringMatching(/^stopped: idle for /),
        detail: { because: "autostop" },
      },
      {
        at: "2030-01-01T00:30:00.000Z",
        actor: "bob",
        action: "workspace.delete",
        target: { kind: "workspace", id: bobs.id, name: "bob/dev" },
        reason: null,
      },
    ]);
  });

  it("finds a workspace by id, by name, and by OWNER/NAME, also when it is deleted", async () => {
    const { fx, bob, alices, bobs } = await twoPeople();
    expect(await actions(fx, fx.admin, { workspace: alices.id })).toEqual(["workspace.stop"]);
    expect(await actions(fx, fx.admin, { workspace: bobs.id })).toEqual(["workspace.delete"]);
    expect(await actions(fx, fx.admin, { workspace: "BOB/Dev" })).toEqual(["workspace.delete"]);
    expect(await actions(fx, fx.admin, { workspace: "dev" })).toEqual([]);
    expect(await actions(fx, bob, { workspace: "dev" })).toEqual(["workspace.delete"]);
    expect(await actions(fx, fx.admin, { workspace: "nobody/dev" })).toEqual([]);
  });

  it("filters by action, by the first part of it, by actor, kind, name and time", async () => {
    const { fx } = await twoPeople();
    expect(await actions(fx, fx.admin, { action: "workspace" })).toEqual(["workspace.stop", "workspace.delete"]);
    expect(await actions(fx, fx.admin, { action: "workspace.stop" })).toEqual(["workspace.stop"]);
    expect(await actions(fx, fx.admin, { action: "work" })).toEqual([]);
    expect(await actions(fx, fx.admin, { actor: "Bob" })).toEqual(["workspace.delete"]);
    expect(await actions(fx, fx.admin, { actor: "bob", action: "template" })).toEqual([]);
    expect(await actions(fx, fx.admin, { kind: "template" })).toEqual(["template.promote", "template.push"]);
    expect(await actions(fx, fx.admin, { name: "web", actor: "admin" })).toHaveLength(2);
    const since = "2030-01-01T00:30:00Z";
    expect(await actions(fx, fx.admin, { since })).toEqual(["workspace.stop", "workspace.delete"]);
    expect(await actions(fx, fx.admin, { since, until: "2030-01-01T01:30:00.000Z" })).toEqual(["workspace.delete"]);
    expect(await actions(fx, fx.admin, { organization: "default", action: "workspace.stop" })).toHaveLength(1);
    expect(await codeOf(read(fx, fx.admin, { organization: "elsewhere" }))).toBe("not_found");
    expect(await codeOf(read(fx, fx.admin, { since: "2030-13-01T00:00:00Z" }))).toBe("invalid_request");
    expect(await codeOf(read(fx, fx.admin, { workspace: "dev", kind: "user" }))).toBe("invalid_request");
    expect(await codeOf(read(fx, fx.admin, { template: "web", name: "web" }))).toBe("invalid_request");
  });

  it("knows what was done by somebody who is deleted", async () => {
    const { fx, bob } = await twoPeople();
    await removeUser(fx.context, fx.admin, "bob");
    expect(await actions(fx, fx.admin, { actor: "bob" })).toEqual(["workspace.delete"]);
    await fx.addUser("bob");
    expect(await actions(fx, fx.admin, { actor: "bob" }), "another one").toEqual([]);
    expect(await actions(fx, bob)).toEqual(["workspace.delete"]);
  });
});

describe("of the audit log", () => {
  it("a member sees what he did and what was done to his workspaces, and nothing else", async () => {
    const { fx, bob, bobs } = await twoPeople();
    expect(await actions(fx, fx.alice)).toEqual(["workspace.stop"]);
    expect(await actions(fx, bob)).toEqual(["workspace.delete"]);
    expect(await actions(fx, fx.alice, { workspace: bobs.id })).toEqual([]);
    expect(await actions(fx, fx.alice, { workspace: "bob/dev" })).toEqual([]);
    expect(await actions(fx, fx.alice, { actor: "bob" })).toEqual([]);
    expect(await actions(fx, fx.alice, { template: "web" })).toEqual([]);
    expect(await read(fx, fx.alice, { actor: "nobody" }), "as one who did nothing").toEqual({
      entries: [],
      next: null,
    });
  });

  it("a template admin sees what was done to templates and pools, and never to a person's workspace (164)", async () => {
    const { fx, bob } = await twoPeople();
    await invalidate(fx.context, fx.admin, { template: "web" });
    await setPaused(fx.context, fx.admin, true);
    expect(await actions(fx, asTemplateAdmin(bob))).toEqual([
      "pool.invalidate",
      "workspace.delete",
      "template.promote",
      "template.push",
    ]);
    expect(await actions(fx, asTemplateAdmin(bob), { workspace: "alice/dev" })).toEqual([]);
    expect(await actions(fx, { ...asTemplateAdmin(bob), organizations: [] }), "of another organization").toEqual([
      "workspace.delete",
    ]);
  });
});

describe("a page of the audit log", () => {
  /** Entries that differ in nothing but their place, two of each instant. */
  async function numbered(fx: Fixture, count: number): Promise<void> {
    for (let number = 0; number < count; number += 1) {
      await recordAudit(fx.store, {
        at: new Date(fx.clock.now().getTime() + Math.floor(number / 2)),
        actorId: number % 10 === 0 ? fx.alice.userId : fx.admin.userId,
        organizationId: null,
        action: "daemon_key.create",
        targetId: null,
        targetName: `key-${number}`,
        detail: {},
      });
    }
  }

  async function namesByPages(fx: Fixture, query: Query): Promise<string[][]> {
    const pages: string[][] = [];
    let before: string | null | undefined;
    while (before !== null) {
      const { entries, next } = await read(fx, fx.admin, { ...query, ...(before === undefined ? {} : { before }) });
      pages.push(entries.map(({ target }) => target.name));
      before = next;
      // What happens while somebody reads moves nothing.
      fx.clock.advance(1_000);
      await numbered(fx, 1);
    }
    return pages;
  }

  it("follows the one before without a gap or a repetition, whatever happens meanwhile", async () => {
    const fx = await testFixture();
    await numbered(fx, 7);
    const pages = await namesByPages(fx, { limit: 3 });
    expect(pages).toEqual([["key-6", "key-5", "key-4"], ["key-3", "key-2", "key-1"], ["key-0"]]);
  });

  it("looks at so many entries and no more, and says where to go on when few of them match", async () => {
    const fx = await testFixture();
    await numbered(fx, 25);
    const filter = filterBy({ by: "newest", key: null }, { actorId: fx.alice.userId, lookedMax: 10 });
    const found: string[][] = [];
    let before: { at: Date; id: number } | null = { at: new Date("9999-01-01"), id: 0 };
    while (before !== null) {
      const page = await auditPage(fx.store, { ...filter, before });
      found.push(page.rows.map((row) => row.target_name));
      before = page.next;
    }
    expect(found).toEqual([["key-20"], ["key-10"], ["key-0"]]);
  });
});

it("each act of an administrator, a template admin and a person that is to be known is written down once", async () => {
  const fx = await testFixture();
  const { context, admin, alice } = fx;
  const template = await publishTemplate(fx, { presets: { large: 1 } });
  const second = await publishTemplate(fx, { presets: { large: 1 }, activate: false });
  await promote(context, admin, { template: "web", version: second.versionId });
  await setEnabled(context, admin, false);
  await setEnabled(context, admin, true);
  await setPaused(context, admin, true);
  await setPaused(context, admin, false);
  await resumePool(context, admin, { template: "web", preset: "large" });
  await invalidate(context, admin, { template: "web", preset: "large" });
  await cleanPools(context, admin, { template: "web" });
  await createGroup(context, admin, { name: "crew", allowance: 3 });
  await createUser(context, admin, { username: "carol", password: "long enough", organizationRole: "template_admin" });
  await signInAs(fx, alice);
  const { token } = await createToken(context, alice, { name: "ci" });
  await revokeOneToken(context, admin, token.id as TokenId);
  const { key } = await createKey(context, admin, { name: "host-1" });
  await revokeKey(context, admin, key.id);
  const { workspace } = await create(fx, { name: "dev" });
  await runJobs(fx);
  await changeSchedule(context, alice, { workspace: workspace.id, ttlMs: hour });
  for (const transition of ["stop", "start", "delete"] as const) {
    await createBuild(context, alice, { workspace: workspace.id, transition });
    await runJobs(fx);
  }
  await deprecate(context, admin, { template: "web", deprecated: true, message: "use api" });
  await deprecate(context, admin, { template: "web", deprecated: false });
  await removeTemplate(context, admin, { template: "web" });
  const { entries } = await read(fx, admin, { limit: 100 });
  const told = entries.reverse().map(({ actor, action, target, reason }) => {
    return `${actor} ${action} ${target.name}${reason === null ? "" : `: ${reason}`}`;
  });
  expect(told).toEqual([
    "admin template.push web",
    "admin template.promote web: promoted: its import succeeded",
    "admin template.push web",
    "admin template.promote web",
    "admin prebuilds.disable ",
    "admin prebuilds.enable ",
    "admin prebuilds.pause ",
    "admin prebuilds.resume ",
    "admin pool.resume web/large",
    "admin pool.invalidate web/large",
    "admin pool.clean web",
    "admin group.create crew",
    "admin user.create carol",
    "alice token.create ci",
    "admin token.revoke ci",
    "admin daemon_key.create host-1",
    "admin daemon_key.revoke host-1",
    "alice workspace.schedule alice/dev",
    "alice workspace.stop alice/dev",
    "alice workspace.start alice/dev",
    "alice workspace.delete alice/dev",
    "admin template.deprecate web: use api",
    "admin template.undeprecate web",
    "admin template.delete web",
  ]);
  const byTemplate = await read(fx, admin, { template: template.templateId });
  expect(byTemplate.entries.map(({ target }) => target.kind)).toContain("pool");
  expect(byTemplate.entries).toEqual((await read(fx, admin, { template: "web" })).entries);
  const [made] = (await read(fx, admin, { action: "user.create" })).entries;
  expect(made?.detail).toEqual({ role: "member", organizationRole: "template_admin" });
});

it("the first password of the administrator is written down as his own act, without the password", async () => {
  const fx = await testFixture();
  const now = fx.clock.now();
  const secret = systemRandom.uuid();
  await insertSetupLink(fx.store, {
    secretHash: hashSecret(secret),
    userId: fx.admin.userId,
    now,
    expiresAt: new Date(now.getTime() + hour),
  });
  await setUp(fx.context, { secret, password: "correct horse battery" });
  const { entries } = await read(fx, fx.admin);
  expect(entries).toMatchObject([{ actor: "admin", action: "user.set_password", target: { name: "admin" } }]);
  expect(JSON.stringify(entries)).not.toContain("horse");
});
