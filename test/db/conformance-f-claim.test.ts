import { expect, it } from "vitest";
import { testFixture } from "../support/fixture.ts";
import { publishTemplate } from "../support/templates.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { create } from "../support/claims.ts";
import { reconcile } from "../support/reconcile.ts";
import { runJobs, agentsReady } from "../support/daemon.ts";
it("smoke", async () => {
  const fx = await testFixture();
  const t = await publishTemplate(fx);
  await putPrebuild(fx, t.preset());
  const made = await create(fx);
  expect(made.outcome).toBe("claimed");
  console.log(await reconcile(fx));
  const jobs = await runJobs(fx);
  await agentsReady(
    fx,
    jobs.map((j) => j.workspace_id),
  );
  expect((await create(fx)).outcome).toBe("claimed");
  expect((await create(fx)).outcome).toBe("cold");
  console.log(fx.logger.entries, fx.published);
});
