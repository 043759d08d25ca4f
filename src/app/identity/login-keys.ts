import type { LoginKey } from "../../contracts/api/login-keys.ts";
import type { AuditAction } from "../../contracts/audit-actions.ts";
import { CodedError } from "../../contracts/errors.ts";
import { loginKeysPerPersonMax, loginKeyNameLengthMax } from "../../contracts/limits.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { holdUser } from "../../db/people/identity.ts";
import {
  insertLoginKey,
  type LoginKeyRow,
  loginKeysOf,
  removeLoginKey,
  touchLoginKey,
  userByLoginKey,
} from "../../db/people/login-keys.ts";
import type { Tx } from "../../db/store.ts";
import { parsePublicKey } from "../../platform/ssh/public-key.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { instant } from "../page.ts";
import { personOf } from "./accounts.ts";

type OfPerson = { readonly owner?: string };

/** One's own; an administrator may ask for another's. Errors: `forbidden`, `not_found`. */
export async function listLoginKeys(
  context: AppContext,
  actor: Actor,
  query: OfPerson,
): Promise<{ loginKeys: LoginKey[] }> {
  const person = await whose(context, actor, query, "see another's login keys");
  return { loginKeys: (await loginKeysOf(context.db, person.id)).map(viewOf) };
}

/** Errors: `invalid_request` for what is no key that is taken; `name_taken`, `conflict`; `unauthenticated`. */
export async function addLoginKey(
  context: AppContext,
  actor: Actor,
  input: { readonly publicKey: string; readonly name?: string },
): Promise<LoginKey> {
  const key = parsePublicKey(input.publicKey);
  if (typeof key === "string") {
    throw new CodedError("invalid_request", `The key is not taken: ${key}.`, {
      next: "`ssh-keygen -t ed25519` makes one; what is wanted is its file that ends with .pub.",
    });
  }
  const name =
    input.name ?? (key.comment.slice(0, loginKeyNameLengthMax) || key.fingerprint.slice(0, loginKeyNameLengthMax));
  const id = context.random.uuid();
  const now = context.clock.now();
  const { fingerprint, line: publicKey } = key;
  return await context.db.transaction("add login key", async (tx) => {
    // One at a time, so that none comes beyond the bound.
    if (!(await holdUser(tx, actor.userId))) throw new CodedError("unauthenticated", "The account is gone.");
    const present = await loginKeysOf(tx, actor.userId);
    refuseRival(present, { name, fingerprint });
    await insertLoginKey(tx, { id, userId: actor.userId, name, publicKey, fingerprint, now });
    await note(tx, { actor, action: "login_key.add", id, of: actor.username, now, detail: { name, publicKey } });
    return viewOf({ id, name, public_key: publicKey, fingerprint, created_at: now, last_used_at: null });
  });
}

function refuseRival(present: readonly LoginKeyRow[], wanted: { readonly name: string; readonly fingerprint: string }) {
  const same = present.find(({ fingerprint }) => fingerprint === wanted.fingerprint);
  if (same !== undefined) throw new CodedError("conflict", `You have this key already, as "${same.name}".`);
  if (present.some(({ name }) => name === wanted.name)) {
    throw new CodedError("name_taken", `You have a login key "${wanted.name}" already.`, {
      next: "Give this one another name: `prewarm keys add FILE --name laptop`.",
    });
  }
  if (present.length >= loginKeysPerPersonMax) {
    throw new CodedError("conflict", `You have ${loginKeysPerPersonMax} login keys, which is the most.`, {
      next: "`prewarm keys list` shows them; `prewarm keys remove NAME` removes one.",
    });
  }
}

/**
 * By name, fingerprint or id: nobody signs in with it any more, and what is open by it ends on every server.
 * Errors: `forbidden`, `not_found`.
 */
export async function removeOneLoginKey(
  context: AppContext,
  actor: Actor,
  input: OfPerson & { readonly loginKey: string },
): Promise<void> {
  const person = await whose(context, actor, input, "remove another's login keys");
  const now = context.clock.now();
  await context.db.transaction("remove login key", async (tx) => {
    const gone = await removeLoginKey(tx, person.id, input.loginKey);
    if (gone === undefined) {
      throw new CodedError("not_found", `There is no login key "${input.loginKey}".`, {
        next: "`prewarm keys list` shows them.",
      });
    }
    const detail = { name: gone.name, publicKey: gone.public_key };
    await note(tx, { actor, action: "login_key.remove", id: gone.id, of: person.username, now, detail });
  });
}

/** Whom a key lets in at the gateway: with the key, whose possession he has yet to prove. */
export interface KnownByKey {
  readonly actor: Actor;
  readonly keyName: string;
  readonly publicKey: string;
}

/** Undefined for an unknown name or key, and for a person who may not sign in: nobody is told which. */
export async function knownByLoginKey(
  context: AppContext,
  by: { readonly username: string; readonly fingerprint: string },
): Promise<KnownByKey | undefined> {
  const row = await userByLoginKey(context.db, by.username, by.fingerprint);
  if (row === undefined) return undefined;
  const { id: userId, username, name, email, role, organizations, created_at: createdAt, key_id: tokenId } = row;
  const actor: Actor = { userId, username, name, email, role, organizations, createdAt, tokenId };
  return { actor, keyName: row.key_name, publicKey: row.public_key };
}

/** Notes that somebody has signed in with it. A note that cannot be written is none. */
export async function noteLogin(context: AppContext, { tokenId }: Actor): Promise<void> {
  await touchLoginKey(context.db, tokenId, context.clock.now()).catch((error: unknown) =>
    context.logger.debug("the use of a login key could not be noted", { reason: String(error) }),
  );
}

async function whose(context: AppContext, actor: Actor, { owner }: OfPerson, doing: string) {
  if (owner === undefined || owner.toLowerCase() === actor.username.toLowerCase()) {
    return { id: actor.userId, username: actor.username };
  }
  requireAdministrator(actor, doing);
  return await personOf(context, owner);
}

interface Noted {
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly id: string;
  readonly of: string;
  readonly now: Date;
  readonly detail: Readonly<Record<string, unknown>>;
}

async function note(tx: Tx, { actor, action, id, of, now, detail }: Noted): Promise<void> {
  await recordAudit(tx, {
    at: now,
    actorId: actor.userId,
    organizationId: null,
    action,
    targetId: id,
    targetName: of,
    detail,
  });
}

function viewOf(row: LoginKeyRow): LoginKey {
  return {
    id: row.id,
    name: row.name,
    publicKey: row.public_key,
    fingerprint: row.fingerprint,
    createdAt: instant(row.created_at),
    lastUsedAt: instant(row.last_used_at),
  };
}
