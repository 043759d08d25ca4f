// The loops beside the reconciler: retry of deletes, housekeeping.
import { describe, expect, it } from "vitest";
import type { Controller } from "../../src/controllers/controller.ts";
import { createDeleteRetry } from "../../src/controllers/delete-retry.ts";
import { forgetAudit, recordAudit } from "../../src/db/audit/audit.ts";
import { createHousekeeping } from "../../src/controllers/housekeeping.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { create } from "../support/claims.ts";
import { failed, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;
const day = 86_400_000;

describe("a delete that fails", () => {
  function retrier(fx: Fixture): Controller {
    const { store: db, clock, id: serverId } = fx;
    return createDeleteRetry({ db, clock, serverId, monotonicMs: () => performance.now() });
  }

  it("is tried again after 10 s, then 20 s, then 40 s, and shows as draining until the thing is gone", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    const id = await putPrebuild(fx, template.preset(), { transition: "delete", jobStatus: "pending" });
    await runJobs(fx, () => failed);
    const controller = retrier(fx);
    for (const waitMs of [10_000, 20_000, 40_000]) {
      fx.clock.advance(waitMs);
      expect(await controller.run(goOn), `just at ${waitMs} ms`).toMatchObject({ fields: { retried: 0 } });
      fx.clock.advance(1);
      expect(await controller.run(goOn)).toMatchObject({ fields: { retried: 1 } });
      expect(await controller.run(goOn), "one at a time").toMatchObject({ fields: { retried: 0 } });
      expect(await ledgerState(fx, id)).toBe("draining");
      await runJobs(fx, () => failed);
    }
    fx.clock.advance(80_001);
    expect(await controller.run(goOn)).toMatchObject({ fields: { retried: 1 } });
    await runJobs(fx);
    expect(await ledgerState(fx, id)).toBe("deleted");
    expect(await fx.number("select max(number) from builds")).toBe(6);
    fx.clock.advance(day);
    expect(await controller.run(goOn)).toMatchObject({ fields: { retried: 0 } });
  });

  it("is tried again no later than after 10 minutes, however often it failed", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 0 } });
    const template = await publishTemplate(fx, { template: "other", presets: { large: 0 } });
    await putPrebuild(fx, template.preset(), { transition: "delete", jobStatus: "pending" });
    await runJobs(fx, () => failed);
    const controller = retrier(fx);
    for (let nth = 0; nth < 15; nth += 1) {
      fx.clock.advance(600_001);
      expect(await controller.run(goOn)).toMatchObject({ fields: { retried: 1 } });
      await runJobs(fx, () => failed);
    }
  });

  it("of a person's workspace, or of one whose delete still runs, is not tried again", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    await putPrebuild(fx, template.preset(), { transition: "delete", jobStatus: "running" });
    fx.clock.advance(day);
    expect(await retrier(fx).run(goOn)).toMatchObject({ fields: { retried: 0 } });
  });
});

describe("housekeeping", () => {
  const logs = "select count(*) from job_logs";

  async function goneWorkspace(fx: Fixture, agoDays: number): Promise<WorkspaceId> {
    const id = (await create(fx)).workspace.id as WorkspaceId;
    await runJobs(fx);
    await fx.rows(
      "insert into job_logs (job_id, at, level, stage, line) select id, $2, 'info', 'apply', 'x' from jobs where workspace_id = $1",
      [id, fx.clock.now()],
    );
    const at = new Date(fx.clock.now().getTime() - agoDays * day);
    await fx.rows("update workspaces set deleted_at = $2 where id = $1", [id, at]);
    return id;
  }

  it("forgets the logs and agents of workspaces long gone, dead tokens and old keys, and nothing else", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    const old = await goneWorkspace(fx, 31);
    await goneWorkspace(fx, 29);
    await fx.rows(
      `insert into tokens (id, kind, user_id, name, secret_hash, created_at, expires_at)
      select gen_random_uuid(), 'api', $1, 'old-' || n, decode(md5(n::text), 'hex'), $2::timestamptz, $2::timestamptz - n * interval '1 day'
      from generate_series(6, 8) n`,
      [fx.alice.userId, fx.clock.now()],
    );
    await create(fx, { idempotencyKey: "old" });
    fx.clock.advance(1);
    const housekeeping = createHousekeeping({ db: fx.store, clock: fx.clock, auditKeepMs: 365 * day });
    await housekeeping.run(goOn);
    expect(await fx.number(logs)).toBe(1);
    expect(await fx.number("select count(*) from agents where workspace_id = $1", [old])).toBe(0);
    expect(await fx.number("select count(*) from agents")).toBe(1);
    expect(await fx.rows("select name from tokens")).toEqual([{ name: "old-6" }]);
    expect(await fx.number("select count(*) from idempotency_keys")).toBe(1);
    fx.clock.advance(day);
    await housekeeping.run(goOn);
    expect(await fx.number("select count(*) from idempotency_keys")).toBe(0);
  });

  it("forgets entries of the audit log that are older than they are to be kept, and nothing else", async () => {
    const fx = await testFixture();
    const at = (agoDays: number) => new Date(fx.clock.now().getTime() - agoDays * day);
    for (const agoDays of [31, 30, 29, 0]) {
      await recordAudit(fx.store, {
        at: at(agoDays),
        actorId: fx.admin.userId,
        organizationId: null,
        action: "daemon_key.create",
        targetId: null,
        targetName: `${agoDays} days ago`,
        detail: {},
      });
    }
    const housekeeping = createHousekeeping({ db: fx.store, clock: fx.clock, auditKeepMs: 30 * day });
    await housekeeping.run(goOn);
    expect(await fx.rows("select target_name from audit_log order by at")).toEqual([
      { target_name: "30 days ago" },
      { target_name: "29 days ago" },
      { target_name: "0 days ago" },
    ]);
  });

  it("forgets the oldest entries of the audit log first, and so many at once", async () => {
    const fx = await testFixture();
    await fx.rows(
      `insert into audit_log (at, action, target_kind)
      select '2020-01-01'::timestamptz + n * interval '1 min', 'user.create', 'user' from generate_series(1, 5) n`,
    );
    await forgetAudit(fx.store, fx.clock.now(), 3);
    expect(await fx.rows("select to_char(at, 'MI') as minute from audit_log order by at")).toEqual([
      { minute: "04" },
      { minute: "05" },
    ]);
  });

  it("comes to all of them in time, also when more are gone than one run looks at", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    // A thousand workspaces, gone before, that have nothing left to forget.
    await fx.rows(
      `insert into workspaces (id, organization_id, owner_id, name, template_id, latest_build_id, created_at, deleted_at)
      select gen_random_uuid(), o.id, $1, 'gone-' || n, gen_random_uuid(), gen_random_uuid(), $2, $2
      from organizations o, generate_series(1, 1000) n`,
      [fx.alice.userId, new Date(fx.clock.now().getTime() - 90 * day)],
    );
    await goneWorkspace(fx, 31);
    const housekeeping = createHousekeeping({ db: fx.store, clock: fx.clock, auditKeepMs: 365 * day });
    await housekeeping.run(goOn);
    expect(await fx.number(logs)).toBe(0);
  });
});
