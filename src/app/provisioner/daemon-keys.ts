import type { DaemonKey } from "../../contracts/api/daemon-keys.ts";
import { CodedError } from "../../contracts/errors.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { insertDaemonKey, listDaemonKeys, revokeDaemonKey } from "../../db/daemons/daemons.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { instant } from "../page.ts";
import { hashSecret, newSecret } from "../secret.ts";

export async function listKeys(context: AppContext, actor: Actor): Promise<{ keys: DaemonKey[] }> {
  requireAdministrator(actor, "list daemon keys");
  const rows = await listDaemonKeys(context.db);
  return {
    keys: rows.map(({ id, name, created_at, daemon_name: daemon }) => ({
      id,
      name,
      createdAt: instant(created_at),
      daemon,
    })),
  };
}

export async function createKey(
  context: AppContext,
  actor: Actor,
  input: { readonly name: string; readonly daemon?: string },
): Promise<{ key: DaemonKey; secret: string }> {
  requireAdministrator(actor, "create daemon keys");
  const secret = newSecret(context.random, "daemon");
  const id = context.random.uuid();
  const now = context.clock.now();
  const daemon = input.daemon ?? null;
  await context.db.transaction("create daemon key", async (tx) => {
    await insertDaemonKey(tx, { id, name: input.name, secretHash: hashSecret(secret), daemonName: daemon, now });
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: null,
      action: "daemon_key.create",
      targetId: id,
      targetName: input.name,
      detail: daemon === null ? {} : { daemon },
    });
  });
  return { key: { id, name: input.name, createdAt: instant(now), daemon }, secret };
}

/** Errors: `not_found`. */
export async function revokeKey(context: AppContext, actor: Actor, keyId: string): Promise<void> {
  requireAdministrator(actor, "revoke daemon keys");
  const now = context.clock.now();
  await context.db.transaction("revoke daemon key", async (tx) => {
    const name = await revokeDaemonKey(tx, keyId, now);
    if (name === undefined) throw new CodedError("not_found", "There is no such live daemon key.");
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: null,
      action: "daemon_key.revoke",
      targetId: keyId,
      targetName: name,
      detail: {},
    });
    tx.emit("credentials");
  });
}
