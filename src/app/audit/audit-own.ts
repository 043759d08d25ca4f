import type { AuditAction } from "../../contracts/audit-actions.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import type { Tx } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";

export interface OwnEntry {
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly id: string;
  /** Of the person whose it is. */
  readonly of: string;
  readonly detail: object;
}

/** Writes what was done to a key, an account or a setting of one person, which is of no organization. */
export async function auditOwn({ clock }: Pick<AppContext, "clock">, tx: Tx, entry: OwnEntry): Promise<void> {
  const { actor, action, id, of, detail } = entry;
  await recordAudit(tx, {
    at: clock.now(),
    actorId: actor.userId,
    organizationId: null,
    action,
    targetId: id,
    targetName: of,
    detail: { ...detail },
  });
}
