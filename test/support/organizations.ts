import { insertOrganization } from "../../src/db/people/identity.ts";
import type { Actor } from "../../src/app/authorize.ts";
import type { OrganizationId } from "../../src/contracts/ids.ts";
import { defaultOrganizationName } from "../../src/contracts/system-ids.ts";
import { systemRandom } from "../../src/platform/random.ts";
import type { Fixture } from "./fixture.ts";

/** The organization of this name, made if it is not the default one, and a member of it. */
export async function memberOf(fx: Fixture, name: string): Promise<Actor> {
  if (name === defaultOrganizationName) return fx.alice;
  const id = systemRandom.uuid() as OrganizationId;
  const now = fx.clock.now();
  await fx.store.transaction("test organization", (tx) => insertOrganization(tx, { id, name, displayName: name, now }));
  return { ...fx.alice, organizations: [{ id, name, role: "member" }] };
}
