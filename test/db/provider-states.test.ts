// What exists, as the database holds it: sealed, in versions, fenced, and adopted when it comes late.
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { adoptState, storeState } from "../../src/app/provisioner/report-jobs.ts";
import { checkStateKey } from "../../src/app/provisioner/check-state-key.ts";
import { createStateVault, stateKeyBytes } from "../../src/app/provisioner/state-vault.ts";
import type { JobId, WorkspaceId } from "../../src/contracts/ids.ts";
import { providerStateVersionsKept } from "../../src/contracts/limits.ts";
import type { LeasedJob } from "../../src/contracts/provisioner-protocol.ts";
import { seededRandom, systemRandom } from "../../src/platform/random.ts";
import { build } from "../support/builds.ts";
import { codeOf, create } from "../support/claims.ts";
import { storedStates } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, type LeasingDaemon, registerDaemon } from "../support/leasing-daemon.ts";
import { publishTemplate } from "../support/templates.ts";

const secret = "a very secret password";
const failure = { kind: "failed", error: { code: "build_failed", message: "scripted" } } as const;
const keyOf = (letter: string): Buffer => Buffer.alloc(stateKeyBytes, letter);

interface Building {
  readonly fx: Fixture;
  readonly daemon: LeasingDaemon;
  readonly job: LeasedJob;
  readonly workspaceId: WorkspaceId;
}

/** A person's workspace whose first start runs. */
async function building(): Promise<Building> {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  const { workspace } = await create(fx);
  const daemon = await registerDaemon(fx);
  const job = await daemon.take();
  if (job === null) throw new Error("a creation makes a job");
  return { fx, daemon, job, workspaceId: workspace.id as WorkspaceId };
}

async function nextJob({ fx, daemon, workspaceId }: Building): Promise<LeasedJob> {
  await build(fx, workspaceId, "start");
  const job = await daemon.take();
  if (job === null) throw new Error("a build makes a job");
  return job;
}

describe("a stored state", () => {
  it("is given to the next job as it was, and cannot be read in the database", async () => {
    const bed = await building();
    await bed.daemon.store(bed.job, { secret, list: [1, null, { ü: "😀" }] });
    await bed.daemon.end(bed.job);
    const [row] = await bed.fx.rows<{ sealed: Buffer; state: unknown; key_id: string }>(
      "select * from provider_states",
    );
    expect(row?.state).toBeNull();
    expect(row?.key_id).toBe(bed.fx.context.stateVault.keyId);
    expect(row?.sealed.includes("secret")).toBe(false);
    expect(buildOf(await nextJob(bed)).state).toEqual({ secret, list: [1, null, { ü: "😀" }] });
  });

  it("is kept in its newest versions with what wrote them, until the workspace is gone", async () => {
    const bed = await building();
    for (let serial = 1; serial <= providerStateVersionsKept + 3; serial += 1) {
      await bed.daemon.store(bed.job, { serial }, serial);
    }
    await bed.daemon.end(bed.job);
    const later = await nextJob(bed);
    await bed.daemon.store(later, { serial: "later" });
    const kept = [{ serial: "later" }, ...[8, 7, 6, 5].map((serial) => ({ serial }))];
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual(kept);
    const rows = await bed.fx.rows(
      "select job_id, attempt, serial from provider_state_versions order by id desc limit 1",
    );
    expect(rows).toEqual([{ job_id: bed.job.jobId, attempt: 1, serial: 8 }]);
    await bed.daemon.end(later);
    await build(bed.fx, bed.workspaceId, "delete");
    const removal = await bed.daemon.take();
    if (removal !== null) await bed.daemon.end(removal);
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual([]);
  });

  it("an older serial is refused and leaves no version behind", async () => {
    const bed = await building();
    await bed.daemon.store(bed.job, { serial: 3 }, 3);
    expect(await codeOf(bed.daemon.store(bed.job, { serial: 2 }, 2))).toBe("lease_lost");
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual([{ serial: 3 }]);
  });

  it("is taken again with the same serial, since the answer to the first try may have been lost, and kept once (S15)", async () => {
    const bed = await building();
    await bed.daemon.store(bed.job, { serial: 1 }, 1);
    await bed.daemon.store(bed.job, { serial: 2 }, 2);
    await bed.daemon.store(bed.job, { serial: 2 }, 2);
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual([{ serial: 2 }, { serial: 1 }]);
  });

  it("that an earlier release stored in the clear is given out, and sealed at a server's start", async () => {
    const bed = await building();
    await bed.daemon.store(bed.job, { serial: 1 });
    await bed.daemon.end(bed.job);
    await bed.fx.rows("update provider_states set state = $1, sealed = null, key_id = null", [{ secret }]);
    const job = await nextJob(bed);
    expect(buildOf(job).state).toEqual({ secret });
    await checkStateKey(bed.fx.context);
    expect(await bed.fx.number("select count(*) from provider_states where sealed is null")).toBe(0);
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual([{ secret }]);
    await bed.daemon.store(job, { secret: "new" });
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual([{ secret: "new" }, { secret }]);
  });
});

describe("the deployment's key", () => {
  it("of a second server must open what the first one seals, else it does not start", async () => {
    const fx = await testFixture({ stateKeys: [keyOf("a")] });
    await checkStateKey(fx.context);
    await checkStateKey(fx.addServer({ stateKeys: [keyOf("a")] }).context);
    expect(await codeOf(checkStateKey(fx.addServer({ stateKeys: [keyOf("b")] }).context))).toBe("state_key_mismatch");
  });

  it("that is missing is asked for with the servers that have it, and the one step that brings it", async () => {
    const fx = await testFixture({ stateKeys: [keyOf("a")] });
    await checkStateKey(fx.context);
    await fx.rows(
      "insert into servers (id, url, started_at, seen_at, version, report) values ($1, 'http://one.example:7080', now(), now(), 'test', $2)",
      [fx.id, { stateKeyId: fx.context.stateVault.keyId }],
    );
    const refused = checkStateKey(fx.addServer({ stateKeys: [keyOf("b")] }).context);
    await expect(refused).rejects.toMatchObject({
      next: expect.stringMatching(/http:\/\/one\.example:7080.*PREWARM_STATE_KEY_FILE.*PREWARM_STATE_KEY/s),
    });
  });

  it("is replaced by naming the old one after the new one; what was sealed before still opens", async () => {
    const bed = await building();
    await checkStateKey(bed.fx.context);
    await bed.daemon.store(bed.job, { secret });
    await bed.daemon.end(bed.job);
    const on = bed.fx.addServer({ stateKeys: [keyOf("n"), keyOf("k")] });
    await checkStateKey(on.context);
    expect(await codeOf(checkStateKey(bed.fx.context)), "the old key alone is not enough any more").toBe(
      "state_key_mismatch",
    );
    const daemon = await registerDaemon(bed.fx, { on });
    const job = await nextJob({ ...bed, daemon });
    expect(buildOf(job).state).toEqual({ secret });
    await daemon.store(job, { secret: "new" });
    expect(await bed.fx.rows("select key_id from provider_states")).toEqual([{ key_id: on.context.stateVault.keyId }]);
  });

  it("that does not open a state fails the job with the reason, instead of making everything twice", async () => {
    const bed = await building();
    await bed.daemon.store(bed.job, { secret });
    await bed.daemon.end(bed.job);
    const other = bed.fx.addServer({ stateKeys: [keyOf("x")] });
    const daemon = await registerDaemon(bed.fx, { on: other });
    await build(bed.fx, bed.workspaceId, "start");
    expect(await daemon.take()).toBeNull();
    expect(await bed.fx.rows("select status, error_code from jobs order by created_at, id desc")).toContainEqual({
      status: "failed",
      error_code: "state_key_mismatch",
    });
  });
});

describe("a vault", () => {
  const vault = createStateVault([keyOf("a")], systemRandom);

  it("opens nothing that was changed, cut, or moved to another workspace", async () => {
    const { sealed, keyId } = await vault.seal("one", { secret });
    expect(await vault.open("one", { sealed, keyId })).toEqual({ secret });
    expect(await codeOf(vault.open("two", { sealed, keyId }))).toBe("state_key_mismatch");
    for (const place of [0, 1, 20, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
      expect(await codeOf(vault.open("one", { sealed: changed, keyId })), `byte ${place}`).toBe("state_key_mismatch");
    }
    expect(await codeOf(vault.open("one", { sealed: sealed.subarray(0, 20), keyId }))).toBe("state_key_mismatch");
  });

  it("seals the same state into other bytes each time", async () => {
    const [one, other] = [await vault.seal("one", 1), await vault.seal("one", 1)];
    expect(one.sealed.equals(other.sealed)).toBe(false);
  });

  it("is sealed by its key and by nothing else: with the same nonce, another key makes other bytes", async () => {
    const [one, other] = await Promise.all(
      ["a", "b"].map((letter) => createStateVault([keyOf(letter)], seededRandom(1)).seal("one", { secret })),
    );
    const header = 1 + 12;
    expect(one?.sealed.subarray(0, header)).toEqual(other?.sealed.subarray(0, header));
    expect(one?.sealed.subarray(header)).not.toEqual(other?.sealed.subarray(header));
    const plain = gzipSync(JSON.stringify({ secret }));
    expect([one, other].map((made) => made?.sealed.includes(plain))).toEqual([false, false]);
  });
});

describe("a state that comes late", () => {
  const adopt = ({ fx, workspaceId }: Building, job: LeasedJob, serial: number, state: unknown): Promise<void> =>
    adoptState(fx.context, { workspaceId, jobId: job.jobId, attempt: job.attempt, serial, state });

  it("is taken after the lease is over, and the next job gets it", async () => {
    const bed = await building();
    await bed.daemon.store(bed.job, { serial: 1 });
    await bed.daemon.end(bed.job, failure);
    expect(await codeOf(bed.daemon.store(bed.job, { serial: 2 }, 2))).toBe("lease_lost");
    await adopt(bed, bed.job, 2, { serial: 2 });
    await adopt(bed, bed.job, 2, { serial: 2 });
    expect(await codeOf(adopt(bed, bed.job, 1, { serial: 1 }))).toBe("conflict");
    expect(buildOf(await nextJob(bed)).state).toEqual({ serial: 2 });
  });

  it("is taken when nothing was stored before, and binds the workspace to the daemon that made it", async () => {
    const bed = await building();
    await bed.daemon.end(bed.job, failure);
    await adopt(bed, bed.job, 1, { serial: 1 });
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual([{ serial: 1 }]);
    expect(await bed.fx.rows("select daemon_id from provider_states")).toEqual([{ daemon_id: bed.daemon.id }]);
  });

  it("is taken while a later job waits, and refused once that was leased", async () => {
    const bed = await building();
    await bed.daemon.end(bed.job, failure);
    await build(bed.fx, bed.workspaceId, "delete");
    await adopt(bed, bed.job, 1, { serial: 1 });
    const removal = await bed.daemon.take();
    expect(removal && buildOf(removal).state).toEqual({ serial: 1 });
    expect(await codeOf(adopt(bed, bed.job, 2, { serial: 2 }))).toBe("conflict");
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual([{ serial: 1 }]);
  });

  it("reaches the next job or is refused, never neither, when both come at once", async () => {
    const bed = await building();
    await bed.daemon.end(bed.job, failure);
    for (let round = 1; round <= 10; round += 1) {
      const [last] = await bed.fx.rows<{ id: JobId; attempt: number }>(
        "select id, attempt from jobs order by created_at desc, attempt limit 1",
      );
      if (last === undefined) throw new Error("there is a job");
      bed.fx.clock.advance(1_000);
      await build(bed.fx, bed.workspaceId, "start");
      const late = { ...bed.job, jobId: last.id, attempt: last.attempt };
      const [answer, taken] = await Promise.all([
        adopt(bed, late, 1, { round }).then(
          () => "stored",
          () => "refused",
        ),
        bed.daemon.take(),
      ]);
      // The adoption holds the job for a moment, and a daemon that asks then passes it over.
      const job = taken ?? (await bed.daemon.take());
      if (job === null) throw new Error("a build makes a job");
      const given = buildOf(job).state;
      if (answer === "stored") expect(given).toEqual({ round });
      else expect(given).not.toEqual({ round });
      await bed.daemon.end(job, failure);
    }
  });

  it("is refused under another attempt, for another workspace, and of a workspace that is gone", async () => {
    const bed = await building();
    await bed.daemon.end(bed.job, failure);
    expect(await codeOf(adopt(bed, { ...bed.job, attempt: 2 }, 1, {}))).toBe("conflict");
    const elsewhere = { ...bed, workspaceId: systemRandom.uuid() as WorkspaceId };
    expect(await codeOf(adopt(elsewhere, bed.job, 1, {}))).toBe("conflict");
    await bed.fx.rows("update workspaces set deleted_at = $1", [bed.fx.clock.now()]);
    expect(await codeOf(adopt(bed, bed.job, 1, {}))).toBe("conflict");
    expect(await storedStates(bed.fx, bed.workspaceId)).toEqual([]);
  });

  it("of an import, or of no job, is nothing that could be stored", async () => {
    const { fx, job } = await building();
    const state = { attempt: job.attempt, serial: 1, state: {} };
    expect(await codeOf(storeState(fx.context, { ...state, jobId: systemRandom.uuid() as JobId }))).toBe("lease_lost");
  });
});
