import type { Quota } from "../../contracts/api/groups.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { prebuildsGroupName, prebuildsUserId } from "../../contracts/system-ids.ts";
import { userByName } from "../../db/people/identity.ts";
import { allowancesOf, costsOf, quotaOfPerson, quotaOfPools } from "../../db/people/quota.ts";
import type { Sql } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, forbidden, isAdministrator } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";

/** Errors: `forbidden` for somebody else's, `not_found`. */
export async function getQuota(
  context: AppContext,
  actor: Actor,
  query: PageQuery & { readonly organization?: string; readonly user?: string },
): Promise<Quota> {
  const organization = await organizationOf(context, actor, query.organization);
  const user = await userOf(context, actor, query.user);
  return await context.db.snapshot("quota", async (sql) => {
    const rows = await costsOf(sql, {
      organizationId: organization.id,
      ownerId: user.id,
      sort: "cost",
      ...pageOf(query),
    });
    return {
      isEnabled: context.options.isQuotaEnabled,
      organization: organization.name,
      user: user.username,
      ...(await sumsOf(sql, organization.id, user.id)),
      workspaces: rows.map((row) => ({
        id: row.id,
        name: row.name,
        template: row.template,
        cost: row.cost,
        lastUsedAt: instant(row.last_used_at),
      })),
      total: rows[0]?.total ?? 0,
    };
  });
}

async function userOf(
  context: AppContext,
  actor: Actor,
  username: string | undefined,
): Promise<{ readonly id: UserId; readonly username: string }> {
  if (username === undefined || username.toLowerCase() === actor.username.toLowerCase()) {
    return { id: actor.userId, username: actor.username };
  }
  if (!isAdministrator(actor)) throw forbidden("see somebody else's quota", "administrators");
  const user = await userByName(context.db, username);
  if (user === undefined || (user.is_system && user.id !== prebuildsUserId)) {
    throw new CodedError("not_found", `There is no user "${username}".`);
  }
  return user;
}

async function sumsOf(
  sql: Sql,
  organizationId: OrganizationId,
  userId: UserId,
): Promise<Pick<Quota, "used" | "allowed" | "groups">> {
  if (userId === prebuildsUserId) {
    const pools = await quotaOfPools(sql, [organizationId]);
    const { used, allowed } = pools.get(organizationId) ?? { used: 0, allowed: 0 };
    return { used, allowed, groups: [{ group: prebuildsGroupName, allowance: allowed }] };
  }
  const asked = { organizationId, ownerId: userId, declaredCost: 0, presetId: null };
  const { used, allowed } = await quotaOfPerson(sql, asked);
  return { used, allowed, groups: await allowancesOf(sql, organizationId, userId) };
}
