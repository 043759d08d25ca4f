// What waits or runs of a workspace is its owner's to see and to end, whoever began it.
import { expect, it } from "vitest";
import { cancelJob, getJob } from "../../src/app/jobs/jobs.ts";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import type { JobId } from "../../src/contracts/ids.ts";
import { codeOf, create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { testFixture } from "../support/fixture.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

it("an owner sees and cancels what somebody else began of his workspace; others do not", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: null } });
  const { workspace } = await create(fx, { name: "dev" });
  await runJobs(fx);
  const { latestBuild } = await createBuild(fx.context, fx.admin, { workspace: workspace.id, transition: "stop" });
  const jobId = latestBuild.jobId as JobId;
  expect(await getJob(fx.context, fx.alice, jobId)).toMatchObject({ initiator: "admin", workspace: "dev" });
  expect(await codeOf(cancelJob(fx.context, await fx.addUser("bob"), jobId))).toBe("not_found");
  expect(await cancelJob(fx.context, fx.alice, jobId)).toMatchObject({ status: "canceled" });
});

it("how a workspace was built for its pool stays hidden from who has it now", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 1 } });
  await putPrebuild(fx, template.preset());
  const claimed = await create(fx, { preset: "large" });
  expect(claimed.outcome).toBe("claimed");
  const [job] = await fx.rows<{ id: JobId }>("select id from jobs where is_prebuild limit 1");
  if (job === undefined) throw new Error("the prebuild has a job");
  expect(await codeOf(getJob(fx.context, fx.alice, job.id))).toBe("not_found");
});
