import type { SshKey } from "../../contracts/api/ssh-keys.ts";
import { CodedError } from "../../contracts/errors.ts";
import { takeHolder } from "../../db/secrets/secrets.ts";
import {
  placeSshKey,
  removeSshKey,
  type SshKeyPlaces,
  type SshKeyRow,
  sshKeyOf,
  writeSshKey,
} from "../../db/secrets/ssh-keys.ts";
import type { Tx } from "../../db/store.ts";
import { makeSshKey } from "../../platform/ssh-ed25519.ts";
import type { AppContext } from "../app-context.ts";
import { auditOwn } from "../audit/audit-own.ts";
import type { Actor } from "../authorize.ts";
import { oneselfOr } from "../identity/accounts.ts";
import { instant } from "../page.ts";
import { type Placing, placing } from "./places.ts";

/** Errors: `not_found`. */
export async function seeOwnSshKey(context: AppContext, actor: Actor): Promise<SshKey> {
  const row = await sshKeyOf(context.db, actor.userId);
  if (row === undefined) throw noKey();
  return viewOf(row, actor);
}

/** Errors: `conflict`, `invalid_request`, `not_found` for a template. */
export async function createOwnSshKey(context: AppContext, actor: Actor, input: Placing): Promise<SshKey> {
  const placed = await placing(context, actor, { ...input, what: "A key" });
  return await writeNew(context, actor, (before) => {
    if (before === undefined) return placed();
    throw new CodedError("conflict", "You have an SSH key already.", {
      next: "`prewarm keys show` shows it; `prewarm keys rotate` replaces it.",
    });
  });
}

/** Errors: `not_found`. */
export async function rotateOwnSshKey(context: AppContext, actor: Actor): Promise<SshKey> {
  return await writeNew(context, actor, (before) => {
    if (before === undefined) throw noKey();
    return { isEverywhere: before.is_everywhere, templateIds: before.template_ids };
  });
}

/** Errors: `invalid_request`, `not_found`. */
export async function placeOwnSshKey(context: AppContext, actor: Actor, input: Placing): Promise<SshKey> {
  const placed = await placing(context, actor, { ...input, what: "A key" });
  await context.db.transaction("place ssh key", async (tx) => {
    const before = await takenKey(tx, actor);
    if (before === undefined) throw noKey();
    const places = placed(before);
    await placeSshKey(tx, actor.userId, places);
    await auditOwn(context, tx, { actor, action: "key.allow", id: before.id, of: actor.username, detail: places });
  });
  return await seeOwnSshKey(context, actor);
}

/** Errors: `forbidden` for another's, but to administrators; `not_found`. */
export async function removeAnSshKey(
  context: AppContext,
  actor: Actor,
  { owner }: { readonly owner?: string },
): Promise<void> {
  const person = await oneselfOr(context, actor, { owner, doing: "remove another's SSH key" });
  await context.db.transaction("remove ssh key", async (tx) => {
    const gone = await removeSshKey(tx, person.id);
    if (gone === undefined) {
      throw person.id === actor.userId ? noKey() : new CodedError("not_found", `${person.username} has no SSH key.`);
    }
    const detail = { publicKey: gone.public_key };
    await auditOwn(context, tx, { actor, action: "key.remove", id: gone.id, of: person.username, detail });
  });
}

/** Another key is sealed with another id, so that none opens in another's place or as an older one. */
async function writeNew(
  context: AppContext,
  actor: Actor,
  placesOf: (before: SshKeyRow | undefined) => SshKeyPlaces,
): Promise<SshKey> {
  const id = context.random.uuid();
  const { privateKey, publicKey } = makeSshKey();
  const sealed = await context.stateVault.seal(id, privateKey);
  await context.db.transaction("write ssh key", async (tx) => {
    const before = await takenKey(tx, actor);
    const places = placesOf(before);
    const { userId } = actor;
    await writeSshKey(tx, { id, userId, ...sealed, publicKey, ...places, now: context.clock.now() });
    const action = before === undefined ? "key.create" : "key.rotate";
    await auditOwn(context, tx, { actor, action, id, of: actor.username, detail: { publicKey, ...places } });
  });
  return await seeOwnSshKey(context, actor);
}

async function takenKey(tx: Tx, actor: Actor): Promise<SshKeyRow | undefined> {
  if (!(await takeHolder(tx, { kind: "person", id: actor.userId }))) {
    throw new CodedError("not_found", `${actor.username} is gone.`);
  }
  return await sshKeyOf(tx, actor.userId);
}

function viewOf(row: SshKeyRow, { username }: Actor): SshKey {
  return {
    publicKey: `${row.public_key} ${username}@prewarm`,
    createdAt: instant(row.set_at),
    templates: [...row.templates],
    isEverywhere: row.is_everywhere,
  };
}

function noKey(): CodedError {
  return new CodedError("not_found", "You have no SSH key.", { next: "`prewarm keys create` has one made." });
}
