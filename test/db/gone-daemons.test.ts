// What lies on the host of a provisioner that is gone: it is said, given to another, or let go; and waiting ends.
import { describe, expect, it } from "vitest";
import { getJob } from "../../src/app/jobs/jobs.ts";
import { adoptDaemon, forgetGoneDaemon, listKnownDaemons } from "../../src/app/provisioner/manage-daemons.ts";
import { examine } from "../../src/app/system/doctor.ts";
import { orphanWorkspace } from "../../src/app/workspaces/orphan-workspace.ts";
import { createBuild, getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import { createBlockedJobs } from "../../src/controllers/blocked-jobs.ts";
import type { JobId, WorkspaceId } from "../../src/contracts/ids.ts";
import { codeOf, create } from "../support/claims.ts";
import { agentsReady } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { type LeasingDaemon, registerDaemon } from "../support/leasing-daemon.ts";
import { ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;
const hour = 60 * minute;

/** A workspace on the host of the daemon `home`, which is gone since. */
async function stranded(input: { readonly tags?: Readonly<Record<string, string>> } = {}) {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {}, ...input });
  const home = await registerDaemon(fx, { name: "home", ...input });
  const { workspace } = await create(fx, { name: "dev" });
  await work(home);
  await agentsReady(fx, [workspace.id as WorkspaceId]);
  await home.signOff();
  fx.clock.advance(2 * minute);
  return { fx, id: workspace.id };
}

/** Does its next job, whose workspace then lies on its host. */
async function work(daemon: LeasingDaemon): Promise<string> {
  const job = await daemon.take();
  if (job?.work.kind !== "build") throw new Error("there is a build");
  await daemon.store(job, { exists: job.work.transition !== "delete" });
  await daemon.end(job);
  return job.work.transition;
}

const stop = (fx: Fixture, workspace: string) => createBuild(fx.context, fx.alice, { workspace, transition: "stop" });
const auditOf = (fx: Fixture, action: string) =>
  fx.rows<{ target_name: string; detail: unknown }>("select target_name, detail from audit_log where action = $1", [
    action,
  ]);

describe("adoption", () => {
  it("gives the workspaces of a daemon that is gone to one that is connected, with the jobs that waited", async () => {
    const { fx, id } = await stranded();
    const other = await registerDaemon(fx, { name: "other" });
    await stop(fx, id);
    expect(await other.take()).toBeNull();
    expect(await adoptDaemon(fx.context, fx.admin, { daemon: "home", by: "other" })).toEqual({ adopted: 1, left: 0 });
    expect(await work(other)).toBe("stop");
    expect(await auditOf(fx, "daemon.adopt")).toEqual([
      { target_name: "home", detail: { by: "other", adopted: 1, left: 0 } },
    ]);
    // When it comes back it has none of them.
    const home = await registerDaemon(fx, { name: "home" });
    await createBuild(fx.context, fx.alice, { workspace: id, transition: "delete" });
    expect(await home.take()).toBeNull();
    expect(await work(other)).toBe("delete");
  });

  it("is refused while the daemon answers, by one that does not, of none, and to people", async () => {
    const { fx } = await stranded();
    await registerDaemon(fx, { name: "other" });
    const adopt = (daemon: string, by: string, actor = fx.admin) =>
      codeOf(adoptDaemon(fx.context, actor, { daemon, by }));
    expect(await adopt("other", "home")).toBe("conflict");
    expect(await adopt("nobody", "other")).toBe("not_found");
    expect(await adopt("home", "home")).toBe("invalid_request");
    expect(await adopt("home", "other", fx.alice)).toBe("forbidden");
    await registerDaemon(fx, { name: "home" });
    expect(await adopt("home", "other")).toBe("conflict");
    expect(await auditOf(fx, "daemon.adopt")).toEqual([]);
  });

  it("leaves what the other daemon could be given no job for", async () => {
    const { fx } = await stranded({ tags: { zone: "moon" } });
    await registerDaemon(fx, { name: "other" });
    await registerDaemon(fx, { name: "docker-only", drivers: ["docker"], tags: { zone: "moon" } });
    for (const by of ["other", "docker-only"]) {
      expect(await codeOf(adoptDaemon(fx.context, fx.admin, { daemon: "home", by }))).toBe("conflict");
    }
    expect(
      await fx.number(
        "select count(*) from provider_states s join daemons d on d.id = s.daemon_id and d.name = 'home'",
      ),
    ).toBe(1);
  });
});

describe("a daemon that is gone", () => {
  it("is listed with what lies on its host, and forgotten when nothing does, until it is back", async () => {
    const { fx, id } = await stranded();
    await registerDaemon(fx, { name: "other" });
    const listed = async () =>
      (await listKnownDaemons(fx.context, fx.admin)).daemons.map(({ name, state, workspaces }) => [
        name,
        state,
        workspaces,
      ]);
    expect(await listed()).toEqual([
      ["home", "signed_off", 1],
      ["other", "connected", 0],
    ]);
    const forget = (name: string) => forgetGoneDaemon(fx.context, fx.admin, name);
    expect(await codeOf(forget("home"))).toBe("conflict");
    expect(await codeOf(forget("other"))).toBe("conflict");
    await orphanWorkspace(fx.context, fx.admin, id);
    await forget("home");
    expect(await listed()).toEqual([["other", "connected", 0]]);
    expect(await codeOf(forget("home"))).toBe("not_found");
    expect(await auditOf(fx, "daemon.forget")).toHaveLength(1);
    await registerDaemon(fx, { name: "home" });
    expect((await listed())[0]).toEqual(["home", "connected", 0]);
  });
});

it("doctor warns of what lies on the host of a daemon that is gone, however long ago and however it went", async () => {
  const { fx, id } = await stranded();
  const warnings = async () =>
    (await examine(fx.context, fx.admin, () => [])).findings.filter(
      ({ check, severity }) => check === "daemons" && severity === "warning",
    );
  const told = expect.stringMatching(/^The provisioner "home" has signed off at .*, and 1 workspace lies on its host/);
  expect(await warnings()).toMatchObject([{ message: told, next: expect.stringContaining("prewarm daemons adopt") }]);
  fx.clock.advance(30 * 24 * hour);
  expect(await warnings()).toMatchObject([{ message: told }]);
  await orphanWorkspace(fx.context, fx.admin, id);
  expect(await warnings()).toEqual([]);
});

describe("an orphaned workspace", () => {
  it("is deleted although its delete waits, says what is left behind, and is audited with it", async () => {
    const { fx, id } = await stranded();
    await createBuild(fx.context, fx.alice, { workspace: id, transition: "delete" });
    const { leftBehind } = await orphanWorkspace(fx.context, fx.admin, "alice/dev");
    expect(leftBehind).toMatchObject({ driver: "fake", daemon: "home" });
    expect(leftBehind.sentences).toEqual([
      expect.stringContaining('left behind on the host of the provisioner "home"'),
    ]);
    expect(await getWorkspace(fx.context, fx.admin, id)).toMatchObject({ status: "deleted" });
    expect(await fx.rows("select id from jobs where status in ('pending', 'running')")).toEqual([]);
    expect(await fx.rows("select id from agents where retired_at is null")).toEqual([]);
    expect(await auditOf(fx, "workspace.orphan")).toMatchObject([{ target_name: "dev", detail: { daemon: "home" } }]);
    await create(fx, { name: "dev" });
  });

  it("is an administrator's doing, and not while a provisioner is at it", async () => {
    const { fx, id } = await stranded();
    expect(await codeOf(orphanWorkspace(fx.context, fx.alice, id))).toBe("forbidden");
    const home = await registerDaemon(fx, { name: "home" });
    await stop(fx, id);
    await home.take();
    expect(await codeOf(orphanWorkspace(fx.context, fx.admin, id))).toBe("build_in_progress");
    expect(await getWorkspace(fx.context, fx.admin, id)).toMatchObject({ status: "stopping" });
  });

  it("names what was known to exist, of a driver whose workspaces lie on no host", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {}, driver: "docker", docker: { image: "debian" } });
    const daemon = await registerDaemon(fx, { drivers: ["docker"] });
    const { workspace } = await create(fx, { name: "box" });
    const job = await daemon.take();
    if (job === null) throw new Error("there is a job");
    await daemon.store(job, { exists: true });
    await daemon.end(job, {
      kind: "succeeded",
      resources: [{ address: "container.main", type: "container", name: "main" }],
    });
    const { leftBehind } = await orphanWorkspace(fx.context, fx.admin, workspace.id);
    expect(leftBehind).toMatchObject({ driver: "docker", daemon: null, resources: ["container.main"] });
    expect(leftBehind.sentences.join(" ")).toContain("to be removed by hand. Known were: container.main.");
  });

  it("may be an unclaimed prebuild, whose pool then makes another", async () => {
    const fx = await testFixture();
    const preset = (await publishTemplate(fx)).preset();
    const id = await putPrebuild(fx, preset);
    await orphanWorkspace(fx.context, fx.admin, id);
    expect(await ledgerState(fx, id)).toBe("deleted");
  });
});

describe("a job that no provisioner can take", () => {
  async function waiting() {
    const made = await stranded();
    const { fx, id } = made;
    const { latestBuild } = await stop(fx, id);
    const jobId = latestBuild.jobId as JobId;
    const deps = { db: fx.store, clock: fx.clock, logger: fx.logger, waitLimitMs: hour };
    const look = async () => (await createBlockedJobs(deps).run(new AbortController().signal)).fields;
    const job = async () => getJob(fx.context, fx.alice, jobId);
    return { ...made, look, job };
  }

  it("fails when it has waited for as long as the limit says, with the provisioner, since when, and what to do", async () => {
    const { fx, look, job } = await waiting();
    fx.clock.advance(minute);
    expect(await look()).toEqual({ said: 1, ended: 0 });
    fx.clock.advance(hour);
    expect(await look()).toMatchObject({ ended: 0 });
    fx.clock.advance(1);
    expect(await look()).toMatchObject({ ended: 1 });
    expect(await job()).toMatchObject({ status: "failed", errorCode: "provisioner_absent" });
    expect((await job()).error).toBe(
      'No provisioner could take the job for 1 h: the provisioner "home", on whose host the workspace lies, has signed off at ' +
        "2030-01-01 00:00 UTC; start it there again, or see `prewarm daemons adopt` and `prewarm delete --orphan`.",
    );
  });

  it("begins to wait anew when its provisioner was back in between", async () => {
    const { fx, look, job } = await waiting();
    fx.clock.advance(minute);
    await look();
    fx.clock.advance(hour - minute);
    const home = await registerDaemon(fx, { name: "home" });
    await look();
    await home.signOff();
    await look();
    fx.clock.advance(hour);
    expect(await look()).toMatchObject({ ended: 0 });
    expect(await job()).toMatchObject({ status: "pending" });
  });
});
