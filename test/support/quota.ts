import { editGroup } from "../../src/app/groups/groups.ts";
import { addPrebuildsMembership } from "../../src/db/people/prebuilds-membership.ts";
import type { UserId } from "../../src/contracts/ids.ts";
import { defaultOrganizationId } from "../../src/contracts/system-ids.ts";
import type { Fixture } from "./fixture.ts";

/** Gives everybody in the default organization so many cost units. */
export async function allowEveryone(fx: Fixture, allowance: number): Promise<void> {
  await editGroup(fx.context, fx.admin, { group: "everyone", allowance });
}

/** Gives the pools of the default organization so many cost units. */
export async function allowPools(fx: Fixture, allowance: number): Promise<void> {
  await addPrebuildsMembership(fx.store, { organizationId: defaultOrganizationId, allowance: 0, now: fx.clock.now() });
  await editGroup(fx.context, fx.admin, { group: "prebuilds", allowance });
}

/** What somebody's live workspaces cost together. */
export async function costOf(fx: Fixture, userId: UserId): Promise<number> {
  return await fx.number("select coalesce(sum(cost), 0) from workspaces where owner_id = $1 and deleted_at is null", [
    userId,
  ]);
}
