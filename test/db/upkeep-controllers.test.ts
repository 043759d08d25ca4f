// The loops beside the reconciler: retry of deletes.
import { describe, expect, it } from "vitest";
import type { Controller } from "../../src/controllers/controller.ts";
import { createDeleteRetry } from "../../src/controllers/delete-retry.ts";
import { failed, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;
const day = 86_400_000;

describe("a delete that fails", () => {
  function retrier(fx: Fixture): Controller {
    const { store: db, clock, logger, id: serverId } = fx;
    return createDeleteRetry({ db, clock, logger, serverId, monotonicMs: () => performance.now() });
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
