// Every reason says its cause: what failed, its last line, and the one command that shows the rest.
import { describe, expect, it } from "vitest";
import { listPools } from "../../src/app/prebuilds/list-pools.ts";
import { explain } from "../../src/app/prebuilds/pools.ts";
import { examine } from "../../src/app/system/doctor.ts";
import type { DoctorFinding } from "../../src/contracts/api/system.ts";
import { failUnready, unreadyPrebuilds } from "../../src/db/pools/unready-prebuilds.ts";
import { notificationText } from "../../src/domain/notifications/catalogue.ts";
import { readyGraceMs } from "../../src/domain/presence/ready-in-time.ts";
import { agentChange, agentsReady, runJobs, runJobsReady } from "../support/daemon.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { registerDaemon } from "../support/leasing-daemon.ts";
import { putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;
const pool = { template: "web", preset: "large" };
const cause = 'Agent "main": The prewarm hook failed: it exited with 3. Its last line: npm ERR! 404';

async function doctor(fx: Fixture): Promise<DoctorFinding[]> {
  const { findings } = await examine(fx.context, fx.admin, () => []);
  return findings.filter(({ check }) => check === "pools");
}

const sentences = async (fx: Fixture): Promise<string> =>
  (await explain(fx.context, fx.admin, pool)).sentences.join("\n");

/** Lets the newest prebuild's hook fail, and has it judged. @returns its name. */
async function failOne(fx: Fixture): Promise<string> {
  await reconcile(fx);
  const [job] = await runJobs(fx);
  const workspaceId = job?.workspace_id as WorkspaceId;
  const detail = "The prewarm hook failed: it exited with 3. Its last line: npm ERR! 404";
  for (const { id } of await liveAgents(fx.store, workspaceId)) {
    await agentChange(fx, id, { kind: "state", state: "start_error", told: { detail, version: "test" } });
  }
  const now = fx.clock.now();
  await fx.store.transaction("test judge", async (tx) => {
    const rows = await unreadyPrebuilds(tx, {
      watchedSince: now,
      now,
      connectTimeoutMs: minute,
      graceMs: readyGraceMs,
      max: 10,
    });
    const because = cause;
    await failUnready(
      tx,
      rows.map((row) => ({ workspaceId: row.workspace_id, presetId: row.preset_id, isFirst: row.is_first, because })),
      now,
    );
  });
  const [row] = await fx.rows<{ name: string }>("select name from workspaces where id = $1", [workspaceId]);
  return row?.name ?? "";
}

describe("a pool that backs off after a failure", () => {
  it("says the failure's last line and its command, in the list, the explanation and the doctor", async () => {
    const fx = await testFixture();
    await registerDaemon(fx);
    await publishTemplate(fx);
    const name = await failOne(fx);
    await reconcile(fx);
    const command = `prewarm logs prebuilds/${name}`;
    const { pools } = await listPools(fx.context, fx.admin, {}, () => null);
    expect(pools).toMatchObject([
      {
        held: [{ reason: "backoff", detail: `1 recent prebuild failed: ${cause}` }],
        lastFailure: { prebuild: name, error: cause, command },
      },
    ]);
    expect(await sentences(fx)).toContain(`(backoff)`);
    expect(await sentences(fx)).toContain(`${cause}\n\`${command}\` shows the rest.`);
    expect(await doctor(fx)).toEqual([
      {
        check: "pools",
        severity: "warning",
        message: `The pool web/large has 0 of 1 ready; creates are held (backoff): 1 recent prebuild failed: ${cause}.`,
        next: expect.stringContaining(`\`${command}\` shows the rest.`),
      },
    ]);
  });

  it("is still short when that is over, which the doctor says with the failure, and says no more when it is full", async () => {
    const fx = await testFixture();
    await registerDaemon(fx);
    await publishTemplate(fx);
    await failOne(fx);
    fx.clock.advance(minute + 1);
    await registerDaemon(fx);
    expect(await doctor(fx)).toMatchObject([
      { severity: "warning", message: `The pool web/large has 0 of 1 ready; its newest failure: ${cause}` },
    ]);
    await reconcile(fx);
    await runJobsReady(fx);
    await registerDaemon(fx);
    expect(await doctor(fx)).toMatchObject([{ severity: "ok", message: "1 pools, all healthy." }]);
    expect(await sentences(fx)).not.toContain("newest failure");
  });

  it("names the log of the build once the prebuild is gone, and the last line of an error of many", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    const message = "Error: creating the instance\n\n  quota exceeded in eu-1\n  }\n";
    const [job] = await runJobs(fx, () => ({ kind: "failed", code: "build_failed", message }));
    await reconcile(fx, { failedKeptMax: 0 });
    await runJobs(fx);
    const { pools } = await listPools(fx.context, fx.admin, {}, () => null);
    expect(pools[0]?.lastFailure).toMatchObject({
      error: "quota exceeded in eu-1",
      command: `prewarm jobs logs ${job?.id}`,
    });
  });

  it("that is hard-limited tells template admins the cause, with the command that shows the rest", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    let name = "";
    for (let nth = 0; nth < 3; nth += 1) {
      name = await failOne(fx);
      fx.clock.advance(5 * minute);
    }
    await reconcile(fx);
    const [notice] = await fx.rows<{ detail: Record<string, unknown> }>("select detail from notifications");
    const command = `prewarm logs prebuilds/${name}`;
    expect(notice?.detail).toMatchObject({ error: cause, command });
    expect(notificationText("pool_hard_limited", notice?.detail ?? {})).toMatchObject({
      why: expect.stringContaining(cause),
      command,
    });
  });
});

describe("the doctor is not green about a pool", () => {
  it("for whose driver and tags there is no daemon, and says which", async () => {
    const fx = await testFixture();
    await registerDaemon(fx);
    await publishTemplate(fx, { tags: { zone: "eu" } });
    const why = "no daemon with the driver fake and the tags zone=eu is connected";
    expect(await doctor(fx)).toMatchObject([
      { severity: "warning", message: `The pool web/large has 0 of 1 ready; nothing of it can be built: ${why}.` },
    ]);
    expect(await sentences(fx)).toContain(why);
  });

  it("that has none ready with nothing under way", async () => {
    const fx = await testFixture();
    await registerDaemon(fx);
    const template = await publishTemplate(fx);
    await putPrebuilds(fx, template.preset(), 1, { agents: { total: 1, ready: 0 } });
    await fx.rows("update prebuilds set ready_at = $1", [fx.clock.now()]);
    expect(await doctor(fx)).toMatchObject([
      { severity: "warning", message: "The pool web/large has 0 of 1 ready, and nothing is under way." },
    ]);
  });

  it("only while it is one: a fill in progress is told and worries nobody", async () => {
    const fx = await testFixture();
    await registerDaemon(fx);
    await publishTemplate(fx);
    const filling = [{ severity: "ok", message: "1 pools, all healthy; 1 of them are being filled." }];
    expect(await doctor(fx), "before the first cycle").toMatchObject(filling);
    await reconcile(fx);
    expect(await doctor(fx), "while it is built").toMatchObject(filling);
    const [job] = await runJobs(fx);
    await registerDaemon(fx);
    expect(await doctor(fx), "while it boots").toMatchObject(filling);
    expect(await sentences(fx)).toContain("Of these 1 wait for their agents to be ready");
    await agentsReady(fx, [job?.workspace_id as WorkspaceId]);
    expect(await doctor(fx)).toMatchObject([{ severity: "ok", message: "1 pools, all healthy." }]);
  });
});
