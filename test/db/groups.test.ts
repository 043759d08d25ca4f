// What others are told of a workspace owner's groups.
import { expect, it } from "vitest";
import { addGroupMembers, createGroup } from "../../src/app/groups/groups.ts";
import { create } from "../support/claims.ts";
import { testFixture } from "../support/fixture.ts";
import { buildOf, registerDaemon } from "../support/leasing-daemon.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

it("a Terraform template is told the groups of its owner: the pools' before the claim, the claimant's after it", async () => {
  const fx = await testFixture();
  for (const name of ["developers", "others"]) await createGroup(fx.context, fx.admin, { name });
  await addGroupMembers(fx.context, fx.admin, { group: "developers", usernames: ["alice"] });
  const template = await publishTemplate(fx, { driver: "terraform", claimEffect: "unknown", presets: { large: 2 } });
  await putPrebuild(fx, template.preset());
  await reconcile(fx);
  expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  const daemon = await registerDaemon(fx, { drivers: ["terraform"] });
  const owners = (await daemon.takeAll()).map((job) => buildOf(job).owner);
  expect(owners.map(({ username, groups }) => [username, groups])).toEqual([
    ["alice", ["developers", "everyone"]],
    ["prebuilds", ["everyone", "prebuilds"]],
  ]);
});
