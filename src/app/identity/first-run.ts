import { CodedError } from "../../contracts/errors.ts";
import type { UserId } from "../../contracts/ids.ts";
import {
  defaultOrganizationId,
  defaultOrganizationName,
  lifecycleUserId,
  lifecycleUsername,
  prebuildsUserId,
  prebuildsUsername,
} from "../../contracts/system-ids.ts";
import { type AdministratorRow, firstAdministrator } from "../../db/people/administrators.ts";
import {
  ensureSystemUser,
  insertOrganization,
  insertUser,
  type NewUser,
  organizationByName,
  setPassword,
  userByName,
} from "../../db/people/identity.ts";
import { insertSetupLink } from "../../db/people/setup-links.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import { ensureDeploymentId } from "../../db/settings/settings.ts";
import type { AppContext } from "../app-context.ts";
import { hashSecret, newSecret } from "../secret.ts";
import { hashPassword } from "./password.ts";

export const administratorUsername = "admin";
const setupLinkLifetimeMs = 24 * 3_600_000;

export interface FirstRun {
  readonly isFirst: boolean;
  /** Null when there is nobody, which does not keep a server from starting. */
  readonly administrator: AdministratorRow | null;
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
  const now = context.clock.now();
  const isFirst = await ensureIdentities(context, options.administratorPassword);
  // At each start: a deployment of before there was a lifecycle executor has no such user.
  await ensureSystemUser(context.db, { id: lifecycleUserId, username: lifecycleUsername, name: "Lifecycle", now });
  await ensureDeploymentId(context.db, context.random.uuid(), now);
  const administrator = await ensureAdministrator(context);
  if (administrator === undefined) return { isFirst, administrator: null, setupSecret: null };
  if (administrator.has_password) return { isFirst, administrator, setupSecret: null };
  if (options.administratorPassword !== null) {
    await setPassword(context.db, administrator.id, await firstPassword(options.administratorPassword));
    return { isFirst, administrator, setupSecret: null };
  }
  const setupSecret = newSecret(context.random, "setup");
  await insertSetupLink(context.db, {
    secretHash: hashSecret(setupSecret),
    userId: administrator.id,
    now,
    expiresAt: new Date(now.getTime() + setupLinkLifetimeMs),
  });
  return { isFirst, administrator, setupSecret };
}

/** Errors: `config_invalid`. */
async function firstPassword(password: string): Promise<string> {
  try {
    return await hashPassword(password);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError("config_invalid", `PREWARM_ADMIN_PASSWORD: ${error.message}`, {
      cause: error,
      next: "Choose another one, or leave it out: then the server prints a link by which the password is set.",
    });
  }
}

/**
 * Whoever administers, `admin` before others: he may have been deleted, once there was another one. When there is nobody
 * left, which no use case does but a change of the database by hand can, one is made anew: who starts the server owns it.
 * The server starts in any case, as people's workspaces do not depend on administrators.
 */
async function ensureAdministrator(context: AppContext): Promise<AdministratorRow | undefined> {
  const found = await firstAdministrator(context.db, administratorUsername);
  if (found !== undefined) return found;
  const now = context.clock.now();
  const isFree = (await userByName(context.db, administratorUsername)) === undefined;
  const username = isFree ? administratorUsername : `${administratorUsername}-${context.random.uuid().slice(0, 8)}`;
  context.logger.warn("nobody administers this deployment; an administrator is made", { username });
  try {
    await context.db.transaction("new administrator", async (tx) =>
      insertUser(tx, { ...newAdministrator(context, now), username }),
    );
  } catch (error) {
    // Another server that started at the same time has made him.
    if (violatedUnique(error) === undefined) throw error;
  }
  return await firstAdministrator(context.db, administratorUsername);
}

function newAdministrator(context: AppContext, now: Date): NewUser {
  return {
    id: context.random.uuid() as UserId,
    username: administratorUsername,
    email: null,
    name: "Administrator",
    passwordHash: null,
    isSystem: false,
    role: "administrator",
    organizationId: defaultOrganizationId,
    organizationRole: "template_admin",
    now,
  };
}

async function ensureIdentities(context: AppContext, administratorPassword: string | null): Promise<boolean> {
  if ((await organizationByName(context.db, defaultOrganizationName)) !== undefined) return false;
  // Before anything is made: a first start that is refused is still to come.
  const passwordHash = administratorPassword === null ? null : await firstPassword(administratorPassword);
  const now = context.clock.now();
  try {
    await context.db.transaction("first run", async (tx) => {
      await insertOrganization(tx, {
        id: defaultOrganizationId,
        name: defaultOrganizationName,
        displayName: "Default",
        now,
      });
      await insertUser(tx, {
        id: prebuildsUserId,
        username: prebuildsUsername,
        email: null,
        name: "Prebuilds",
        passwordHash: null,
        isSystem: true,
        role: "member",
        organizationId: defaultOrganizationId,
        organizationRole: "member",
        now,
      });
      await insertUser(tx, { ...newAdministrator(context, now), passwordHash });
    });
    return true;
  } catch (error) {
    // Another server that started at the same time was first; then everything is there.
    if ((await organizationByName(context.db, defaultOrganizationName)) !== undefined) return false;
    throw error;
  }
}
