import type { UserId } from "../../contracts/ids.ts";
import {
  defaultOrganizationId,
  defaultOrganizationName,
  lifecycleUserId,
  lifecycleUsername,
  prebuildsUserId,
  prebuildsUsername,
} from "../../contracts/system-ids.ts";
import {
  ensureSystemUser,
  insertOrganization,
  insertUser,
  organizationByName,
  setPassword,
  userByName,
} from "../../db/people/identity.ts";
import { insertSetupLink } from "../../db/people/setup-links.ts";
import { ensureDeploymentId } from "../../db/settings/settings.ts";
import type { AppContext } from "../app-context.ts";
import { hashSecret, newSecret } from "../secret.ts";
import { hashPassword } from "./password.ts";

export const administratorUsername = "admin";
const setupLinkLifetimeMs = 24 * 3_600_000;

export interface FirstRun {
  readonly isFirst: boolean;
  readonly administratorId: UserId;
  /** Secret of the one-time set-up link; null once the administrator has a password. */
  readonly setupSecret: string | null;
}

/**
 * Makes what every deployment starts with: the default organization, the `prebuilds` system user, the administrator.
 * Safe when several servers start at once, and again at each start: then it only renews an unused set-up link.
 */
export async function ensureFirstRun(
  context: AppContext,
  options: { readonly administratorPassword: string | null },
): Promise<FirstRun> {
  const passwordHash =
    options.administratorPassword === null ? null : await hashPassword(options.administratorPassword);
  const now = context.clock.now();
  const isFirst = await ensureIdentities(context, passwordHash);
  // At each start: a deployment of before there was a lifecycle executor has no such user.
  await ensureSystemUser(context.db, { id: lifecycleUserId, username: lifecycleUsername, name: "Lifecycle", now });
  await ensureDeploymentId(context.db, context.random.uuid(), now);
  const administrator = await userByName(context.db, administratorUsername);
  if (administrator === undefined) throw new Error("The administrator was deleted; create another by hand.");
  let setupSecret: string | null = null;
  if (administrator.password_hash === null && passwordHash !== null) {
    await setPassword(context.db, administrator.id, passwordHash);
  } else if (administrator.password_hash === null) {
    setupSecret = newSecret(context.random, "setup");
    await insertSetupLink(context.db, {
      secretHash: hashSecret(setupSecret),
      userId: administrator.id,
      now,
      expiresAt: new Date(now.getTime() + setupLinkLifetimeMs),
    });
  }
  return { isFirst, administratorId: administrator.id, setupSecret };
}

async function ensureIdentities(context: AppContext, passwordHash: string | null): Promise<boolean> {
  if ((await organizationByName(context.db, defaultOrganizationName)) !== undefined) return false;
  const now = context.clock.now();
  try {
    await context.db.transaction("first run", async (tx) => {
      await insertOrganization(tx, {
        id: defaultOrganizationId,
        name: defaultOrganizationName,
        displayName: "Default",
        now,
      });
      const base = { email: null, organizationId: defaultOrganizationId, now } as const;
      await insertUser(tx, {
        ...base,
        id: prebuildsUserId,
        username: prebuildsUsername,
        name: "Prebuilds",
        passwordHash: null,
        isSystem: true,
        role: "member",
        organizationRole: "member",
      });
      await insertUser(tx, {
        ...base,
        id: context.random.uuid() as UserId,
        username: administratorUsername,
        name: "Administrator",
        passwordHash,
        isSystem: false,
        role: "administrator",
        organizationRole: "template_admin",
      });
    });
    return true;
  } catch (error) {
    // Another server that started at the same time was first; then everything is there.
    if ((await organizationByName(context.db, defaultOrganizationName)) !== undefined) return false;
    throw error;
  }
}
