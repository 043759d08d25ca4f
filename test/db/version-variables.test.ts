import { beforeEach, expect, test } from "vitest";
import { checkStateKey } from "../../src/app/provisioner/check-state-key.ts";
import { stateKeyBytes } from "../../src/app/provisioner/state-vault.ts";
import { secretFindings } from "../../src/app/system/secret-findings.ts";
import { pushTemplate } from "../../src/app/templates/push-template.ts";
import { finishJob } from "../../src/db/jobs/finish-job.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { registerDaemon } from "../support/leasing-daemon.ts";
import { tarArchive } from "../support/tar-archive.ts";

const keyOf = (letter: string): Buffer => Buffer.alloc(stateKeyBytes, letter);
const secret = "hush-hush-value";
let fx: Fixture;
beforeEach(async () => {
  fx = await testFixture({ stateKeys: [keyOf("a")] });
});

const archive = tarArchive([{ path: "template.yaml", content: "driver: terraform\nagents: [{ name: main }]\n" }]);
const push = async (variables: Readonly<Record<string, string>> = {}) =>
  await pushTemplate(fx.context, fx.admin, { template: "web", archive, variables });

test("variables lie sealed in the database, and a job of their version carries them", async () => {
  await push({ token: secret, region: "eu" });
  const rows = await fx.rows<{ row: string; sealed: Buffer }>(
    "select v::text as row, variables_sealed as sealed from template_versions v",
    [],
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.row).not.toContain(secret);
  expect(rows[0]?.sealed.includes(secret)).toBe(false);
  const daemon = await registerDaemon(fx, { drivers: ["terraform"] });
  expect(await daemon.take()).toMatchObject({ work: { kind: "import" }, variables: { token: secret, region: "eu" } });
});

test("what comes from the version before is told apart, and what an import does not use is let go", async () => {
  await push({ token: secret, region: "eu" });
  const second = await push({ region: "us" });
  expect(second.reusedVariables).toEqual({ version: 1, names: ["token"] });
  const daemon = await registerDaemon(fx, { drivers: ["terraform"] });
  await daemon.take();
  const job = await daemon.take();
  expect(job).toMatchObject({ variables: { token: secret, region: "us" }, carriedVariables: ["token"] });
  await fx.store.transaction("finish", async (tx) =>
    finishJob(tx, {
      jobId: second.version.importJobId as never,
      attempt: job?.attempt ?? 0,
      from: ["running"],
      outcome: { kind: "succeeded", claimEffect: "unknown", report: { usedVariables: ["region"] } },
      now: fx.context.clock.now(),
    }),
  );
  const third = await push();
  expect(third.reusedVariables).toEqual({ version: 2, names: ["region"] });
});

test("variables are sealed anew with a new key at a server's start, and open with it alone", async () => {
  await push({ token: secret });
  await checkStateKey(fx.addServer({ stateKeys: [keyOf("b"), keyOf("a")] }).context);
  const on = fx.addServer({ stateKeys: [keyOf("b")] });
  const findings = await secretFindings(on.context);
  expect(findings.find(({ check }) => check === "variables")).toMatchObject({ severity: "ok" });
  const pushed = await pushTemplate(on.context, fx.admin, { template: "web", archive });
  expect(pushed.reusedVariables).toEqual({ version: 1, names: ["token"] });
});

test("without their key a push and a job are refused with what to do, and doctor names the version", async () => {
  await push({ token: secret });
  const on = fx.addServer({ stateKeys: [keyOf("x")] });
  await expect(pushTemplate(on.context, fx.admin, { template: "web", archive })).rejects.toMatchObject({
    code: "state_key_mismatch",
    message: expect.stringContaining("variables of version 1 of web cannot be opened"),
    next: expect.stringContaining("--no-keep-variables"),
  });
  const findings = await secretFindings(on.context);
  expect(findings.find(({ check }) => check === "variables")).toMatchObject({
    severity: "warning",
    message: expect.stringContaining("web version 1"),
  });
});
