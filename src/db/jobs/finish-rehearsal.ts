import type { WorkspaceId } from "../../contracts/ids.ts";
import type { PlanReport } from "../../contracts/provisioner-protocol.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { notify } from "../notifications/notify.ts";

interface RehearsedRow {
  readonly organization_id: string;
  readonly template: string;
  readonly preset: string;
  readonly version: string;
}

const storeStatement: Statement<RehearsedRow> = statement(
  "rehearsal_store",
  `update presets p
set rehearsal = $2, rehearsal_effect = $3, rehearsed_at = $4,
  blocked_reason = case when $3 = 'replaces' and v.manifest #>> '{claim_policy,on_replacement}' = 'block' then $5 end
from workspaces w, templates t, template_versions v
where w.id = $1
  and p.id = w.preset_id
  and t.id = p.template_id
  and v.id = p.template_version_id
returning p.organization_id, t.name as template, p.name as preset, v.name as version`,
);

/**
 * Stores what the rehearsal of a preset's claims has found. One that failed, or that the driver cannot do, is noted as
 * done without a result: then every claim is built before it is handed over, as if there were no rehearsals.
 */
export async function finishRehearsal(
  tx: Tx,
  input: { readonly workspaceId: WorkspaceId | null; readonly outcome: JobOutcome; readonly now: Date },
): Promise<void> {
  const plan = input.outcome.kind === "succeeded" ? input.outcome.report?.plan : undefined;
  const reason = plan === undefined ? null : blockedReason(plan);
  const [row] = await tx.query(storeStatement, [
    input.workspaceId,
    plan === undefined ? null : JSON.stringify(plan),
    plan?.effect ?? null,
    input.now,
    reason,
  ]);
  tx.emit("pools");
  if (row === undefined || plan === undefined || plan.effect !== "replaces") return;
  await notify(tx, {
    kind: "rehearsal_found_replacement",
    organizationId: row.organization_id,
    detail: { template: row.template, preset: row.preset, version: row.version, replacements: plan.replacements },
    now: input.now,
  });
}

function blockedReason(plan: PlanReport): string {
  const [first] = plan.replacements;
  const why = first?.reasons[0] === undefined ? "" : ` because of ${first.reasons[0].path}`;
  return `a claim replaces ${first?.address ?? "a resource"}${why}`;
}
