import { CodedError } from "../../contracts/errors.ts";
import type { DaemonId, JobId } from "../../contracts/ids.ts";
import {
  bindDaemonKey,
  daemonOwner,
  daemonOwnerOfJob,
  holdDaemonKey,
  ownDaemon,
} from "../../db/daemons/daemon-binding.ts";
import type { Tx } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import type { DaemonCaller } from "./authenticate-daemon.ts";

type Owner = NonNullable<Awaited<ReturnType<typeof daemonOwner>>>;

/**
 * Lets a key register a daemon of this name, and binds it to that: to the first name that it comes with, unless it was
 * made for one. A name that belongs to somebody else's daemon is refused by the registration itself.
 * @returns whether an administrator, or an earlier registration, has given this name to the key.
 * Errors: `daemon_key_bound`.
 */
export async function bindKey(tx: Tx, keyId: string, name: string): Promise<{ readonly isGiven: boolean }> {
  const key = await holdDaemonKey(tx, keyId, name);
  if (key === undefined) throw new CodedError("unauthenticated", "The daemon key is unknown or revoked.");
  if (key.daemon_name !== null && key.daemon_name !== name) {
    throw new CodedError("daemon_key_bound", `This key is for the daemon "${key.daemon_name}", not for "${name}".`);
  }
  if (key.is_shared && !key.is_known) {
    const message = `This key is from before keys were for one daemon each: it is for those that were known then, and "${name}" was not.`;
    throw new CodedError("daemon_key_bound", message);
  }
  if (!key.is_shared && key.daemon_name === null) await bindDaemonKey(tx, keyId, name);
  return { isGiven: key.daemon_name === name };
}

export function nameOfAnother(name: string): CodedError {
  return new CodedError("daemon_key_bound", `The name "${name}" belongs to a server's own daemon, or to another key.`);
}

/** Errors: `daemon_key_bound` when the caller's key is not that of the daemon that it speaks for. */
export async function requireOwnDaemon(context: AppContext, caller: DaemonCaller, daemonId: string): Promise<void> {
  if (caller.keyId === null) return;
  const owner = await daemonOwner(context.db, daemonId as DaemonId);
  if (owner === undefined || (await isOwn(context, caller.keyId, owner))) return;
  throw new CodedError("daemon_key_bound", `This key is not that of the daemon "${owner.name}".`);
}

/** Errors: `lease_lost` when the job was not given to a daemon with the caller's key. */
export async function requireOwnJob(context: AppContext, caller: DaemonCaller, jobId: string): Promise<void> {
  if (caller.keyId === null) return;
  const owner = await daemonOwnerOfJob(context.db, jobId as JobId);
  if (owner === undefined || (await isOwn(context, caller.keyId, owner))) return;
  throw new CodedError("lease_lost", "The lease of this job is another daemon's.");
}

async function isOwn(context: AppContext, keyId: string, owner: Owner): Promise<boolean> {
  if (owner.key_id !== null || owner.kind === "builtin") return owner.key_id === keyId;
  return await ownDaemon(context.db, owner.id, keyId);
}
