// A ready prebuild that is locked for a moment, as by news of its own agent, is waited for and not built anew.
import { expect, it, onTestFinished } from "vitest";
import type { PoolClient } from "pg";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { allowEveryone } from "../support/quota.ts";
import { publishTemplate } from "../support/templates.ts";

/** The pool's only prebuild, and the connection that holds it. */
async function lockedPrebuild(fx: Fixture): Promise<{ readonly id: string; readonly holder: PoolClient }> {
  const template = await publishTemplate(fx, { presets: { large: 1 } });
  const id = await putPrebuild(fx, template.preset());
  const holder = await fx.pool.connect();
  onTestFinished(() => holder.release());
  await holder.query("begin");
  await holder.query("select 1 from prebuilds where workspace_id = $1 for update", [id]);
  return { id, holder };
}

it("what is free again when it is looked at once more is handed out", async () => {
  const fx = await testFixture({ connectionsMax: 4 });
  const { id, holder } = await lockedPrebuild(fx);
  let looks = 0;
  const claim = fx.context.claims.claim.bind(fx.context.claims);
  const claims = Object.assign(Object.create(fx.context.claims) as typeof fx.context.claims, {
    claim: async (...input: Parameters<typeof claim>) => {
      const row = await claim(...input);
      looks += 1;
      if (looks === 1) await holder.query("commit");
      return row;
    },
  });
  const made = await create(fx, { on: { ...fx, context: { ...fx.context, claims } } });
  expect([made.outcome, made.workspace.id, looks]).toEqual(["claimed", id, 2]);
});

it.each([
  false,
  true,
])("what stays locked is not waited for longer than a moment (quota asked: %s)", async (isAsked) => {
  const fx = await testFixture({ connectionsMax: 4, isQuotaEnabled: isAsked });
  if (isAsked) await allowEveryone(fx, 100);
  const { holder } = await lockedPrebuild(fx);
  const made = await create(fx);
  expect([made.outcome, made.missReason]).toEqual(["cold", "contended"]);
  expect(await fx.number("select count(*) from creation_outcomes")).toBe(1);
  expect(await fx.number("select count(*) from workspaces where owner_id = $1", [fx.alice.userId])).toBe(1);
  await holder.query("commit");
});
