import type { AuditAction } from "../../contracts/audit-actions.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import type { Tx } from "../../db/store.ts";
import type { TemplateRow } from "../../db/templates/templates.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";

/** Writes down what somebody did to a template, in the transaction that does it. */
export async function auditTemplate(
  context: AppContext,
  tx: Tx,
  entry: {
    readonly actor: Actor;
    readonly template: TemplateRow;
    readonly action: AuditAction;
    readonly detail: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  await recordAudit(tx, {
    at: context.clock.now(),
    actorId: entry.actor.userId,
    organizationId: entry.template.organization_id,
    action: entry.action,
    targetId: entry.template.id,
    targetName: entry.template.name,
    detail: entry.detail,
  });
}
