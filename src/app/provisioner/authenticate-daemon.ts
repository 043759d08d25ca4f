import { timingSafeEqual } from "node:crypto";
import { CodedError } from "../../contracts/errors.ts";
import { daemonKeyByHash } from "../../db/daemons/daemons.ts";
import type { AppContext } from "../app-context.ts";
import { hashSecret } from "../secret.ts";

export interface DaemonCaller {
  readonly kind: "builtin" | "external";
  /** Null for the server's own daemon, whose key ends with the server. */
  readonly keyId: string | null;
}

/**
 * Tells the server's own daemon, whose key is made at each start and never stored, from external ones.
 * Errors: `unauthenticated`.
 */
export async function authenticateDaemon(context: AppContext, key: string): Promise<DaemonCaller> {
  const hash = hashSecret(key);
  if (timingSafeEqual(hash, context.options.builtinDaemonKeyHash)) return { kind: "builtin", keyId: null };
  const keyId = await daemonKeyByHash(context.db, hash);
  if (keyId !== undefined) return { kind: "external", keyId };
  throw new CodedError("unauthenticated", "The daemon key is unknown or revoked.");
}
