// What goes with a template that is deleted before its versions were imported.
import { expect, it } from "vitest";
import { removeTemplate } from "../../src/app/templates/templates.ts";
import { codeOf, create } from "../support/claims.ts";
import { testFixture } from "../support/fixture.ts";
import { registerDaemon } from "../support/leasing-daemon.ts";
import { publishTemplate, pushVersion } from "../support/templates.ts";

it("the import of a deleted template is cancelled with it, and its job and version say why", async () => {
  const fx = await testFixture();
  const { importJobId, versionId } = await pushVersion(fx, { template: "slow" });
  const other = await pushVersion(fx, { template: "other" });
  await removeTemplate(fx.context, fx.admin, { template: "slow" });
  const why = "The template was deleted before the import had ended.";
  expect(await fx.rows("select status, error_code, error from jobs where id = $1", [importJobId])).toEqual([
    { status: "canceled", error_code: "canceled", error: why },
  ]);
  expect(await fx.rows("select status, error from template_versions where id = $1", [versionId])).toEqual([
    { status: "failed", error: why },
  ]);
  const daemon = await registerDaemon(fx);
  const jobs = await daemon.takeAll();
  expect(jobs.map(({ jobId }) => jobId)).toEqual([other.importJobId]);
  const audited = await fx.rows("select detail from audit_log where action = 'template.delete'");
  expect(audited).toMatchObject([{ detail: { canceledImports: 1 } }]);
});

it("an import that runs while its template is deleted is asked to stop", async () => {
  const fx = await testFixture();
  const { importJobId } = await pushVersion(fx, { template: "slow" });
  const daemon = await registerDaemon(fx);
  await daemon.take();
  await removeTemplate(fx.context, fx.admin, { template: "slow" });
  expect(await fx.rows("select status from jobs where id = $1", [importJobId])).toEqual([{ status: "canceling" }]);
});

it("a template that somebody uses is not deleted, and its imports go on", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  await create(fx);
  const { importJobId } = await pushVersion(fx);
  expect(await codeOf(removeTemplate(fx.context, fx.admin, { template: "web" }))).toBe("conflict");
  expect(await fx.rows("select status from jobs where id = $1", [importJobId])).toEqual([{ status: "pending" }]);
});
