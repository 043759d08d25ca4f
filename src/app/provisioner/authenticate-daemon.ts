import { timingSafeEqual } from "node:crypto";
import { CodedError } from "../../contracts/errors.ts";
import { daemonKeyExists } from "../../db/daemons/daemons.ts";
import type { AppContext } from "../app-context.ts";
import { hashSecret } from "../secret.ts";

export type DaemonKind = "builtin" | "external";

/**
 * Tells the server's own daemon, whose key is made at each start and never stored, from external ones.
 * Errors: `unauthenticated`.
 */
export async function authenticateDaemon(context: AppContext, key: string): Promise<DaemonKind> {
  const hash = hashSecret(key);
  if (timingSafeEqual(hash, context.options.builtinDaemonKeyHash)) return "builtin";
  if (await daemonKeyExists(context.db, hash)) return "external";
  throw new CodedError("unauthenticated", "The daemon key is unknown or revoked.");
}
