// Deleting a person while a workspace is made for him: whichever comes first, nothing is left whose owner is gone.
import { describe, expect, test } from "vitest";
import { removeUser } from "../../src/app/identity/users.ts";
import { buildCold } from "../../src/app/workspaces/build-cold.ts";
import { checkCreation, findTarget } from "../../src/app/workspaces/creation-request.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import { claimPrebuild } from "../../src/db/claims/claim.ts";
import { claimPrebuilds } from "../../src/db/claims/claim-batch.ts";
import { deleteUser } from "../../src/db/people/identity.ts";
import type { Tx } from "../../src/db/store.ts";
import { claimInput, codeOf, newName } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { outside, somebodyWaits } from "../support/interleave.ts";
import { putPrebuilds } from "../support/prebuild-rows.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";

/** Prepares what makes workspaces for alice in a transaction. */
type Prepare = (fx: Fixture, template: PublishedTemplate) => Promise<(tx: Tx) => Promise<unknown>>;

const claimOf = (fx: Fixture, template: PublishedTemplate) =>
  claimInput(fx, { templateId: template.templateId, presetId: template.preset() });

const ways: Readonly<Record<string, Prepare>> = {
  "is claimed alone": async (fx, template) => (tx) => claimPrebuild(tx, claimOf(fx, template)),
  "is claimed in company": async (fx, template) => (tx) => {
    const inputs = [claimOf(fx, template), claimOf(fx, template)];
    const pool = { ...claimOf(fx, template), isOutdatedAllowed: false };
    return claimPrebuilds(tx, pool, { now: fx.clock.now(), inputs });
  },
  "is built cold": async (fx) => {
    const input = { name: newName(), template: "web" };
    const found = await findTarget(fx.context, fx.alice, input);
    const request = await checkCreation(fx.context, fx.alice, { input, found });
    return async (tx) => {
      const context = { ...fx.context, db: { transaction: async (_: string, work: (tx: Tx) => unknown) => work(tx) } };
      const creation = { context, actor: fx.alice, input, request, begunMs: 0, waitedMs: 0, gone: undefined };
      await buildCold(creation as never, "no_preset").catch((error: unknown) => {
        if (!(error instanceof CodedError && error.code === "not_found")) throw error;
      });
    };
  },
};

const live = (fx: Fixture): Promise<number> =>
  fx.number("select count(*) from workspaces where owner_id = $1 and deleted_at is null", [fx.alice.userId]);

async function arranged(): Promise<{ fx: Fixture; template: PublishedTemplate }> {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  await putPrebuilds(fx, template.preset(), 3);
  return { fx, template };
}

describe.each(Object.entries(ways))("a workspace that %s", (_, prepare) => {
  test("is not made for an owner whose deletion came first", async () => {
    const { fx, template } = await arranged();
    const make = await prepare(fx, template);
    let making: Promise<unknown> = Promise.resolve();
    await fx.store.transaction("delete", async (tx) => {
      expect(await deleteUser(tx, fx.alice.userId, fx.clock.now())).toBe(true);
      making = outside(async () => fx.store.transaction("make", make));
      await outside(() => somebodyWaits(fx));
    });
    await making;
    expect(await live(fx)).toBe(0);
  });

  test("that was begun first is waited for, and its owner is not deleted", async () => {
    const { fx, template } = await arranged();
    const make = await prepare(fx, template);
    let removing: Promise<string> = Promise.resolve("");
    await fx.store.transaction("make", async (tx) => {
      await make(tx);
      removing = outside(async () => codeOf(removeUser(fx.context, fx.admin, "alice")));
      await outside(() => somebodyWaits(fx));
    });
    expect(await removing).toBe("conflict");
    expect(await live(fx)).toBeGreaterThan(0);
  });
});
