import type { PresetId, WorkspaceId } from "../../contracts/ids.ts";
import type { PlanReport } from "../../contracts/provisioner-protocol.ts";
import type { LedgerState } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { notify } from "../notifications/notify.ts";

interface RehearsedRow {
  readonly organization_id: string;
  readonly template: string;
  readonly preset: string;
  readonly version: string;
  readonly preset_id: PresetId;
}

const storeStatement: Statement<RehearsedRow> = statement(
  "rehearsal_store",
  `update presets p
set rehearsal = $2, rehearsal_effect = $3, rehearsed_at = $4, is_unproven = false, rehearsal_problem = null,
  blocked_reason = case when v.manifest #>> '{claim_policy,on_replacement}' = 'block' then $5 end
from workspaces w, templates t, template_versions v
where w.id = $1
  and p.id = w.preset_id
  and t.id = p.template_id
  and v.id = p.template_version_id
returning p.organization_id, t.name as template, p.name as preset, v.name as version, p.id as preset_id`,
);

const stateStatement: Statement<{ readonly state: LedgerState }> = statement(
  "rehearsal_prebuild",
  `select state
from prebuilds
where workspace_id = $1
for share`,
);

/** What came to no result is tried again after so long, twice as long after each further try. */
const repeatBaseMs = 60_000;
const repeatMaxMs = 6 * 3_600_000;

const repeatStatement: Statement<{ readonly preset_id: PresetId }> = statement(
  "rehearsal_repeat",
  `update presets p
set rehearsal_tries = p.rehearsal_tries + 1, rehearsal_problem = $3,
  rehearsal_after = $2::timestamptz
    + least($5::bigint, $4::bigint * power(2, least(p.rehearsal_tries, 10))) * interval '1 ms'
from workspaces w
where w.id = $1
  and p.id = w.preset_id
  and p.rehearsed_at is null
returning p.id as preset_id`,
);

/**
 * Stores what the rehearsal of a preset's claims has found. One that a driver cannot do is done without a result: then
 * every claim is built before it is handed over, as if there were no rehearsals; and where the template blocks
 * replacements nothing is handed out at all, since nobody can say that nothing is replaced.
 * One that failed, was cancelled, lost its daemon or its prebuild has shown nothing, and is repeated.
 */
export async function finishRehearsal(
  tx: Tx,
  input: { readonly workspaceId: WorkspaceId | null; readonly outcome: JobOutcome; readonly now: Date },
): Promise<void> {
  const problem = await problemOf(tx, input);
  if (problem !== null) {
    const repeated = [input.workspaceId, input.now, problem, repeatBaseMs, repeatMaxMs];
    const [preset] = await tx.query(repeatStatement, repeated);
    if (preset !== undefined) tx.emit("pools");
    return;
  }
  const plan = input.outcome.kind === "succeeded" ? input.outcome.report?.plan : undefined;
  const [row] = await tx.query(storeStatement, [
    input.workspaceId,
    plan === undefined ? null : JSON.stringify(plan),
    plan?.effect ?? null,
    input.now,
    blockedReason(plan),
  ]);
  tx.emit("pools");
  // Creations that wait for a prebuild of it.
  if (row !== undefined) tx.emit(`pool:${row.preset_id}`);
  if (row === undefined || plan === undefined || plan.effect !== "replaces") return;
  await notify(tx, {
    kind: "rehearsal_found_replacement",
    organizationId: row.organization_id,
    detail: { template: row.template, preset: row.preset, version: row.version, replacements: plan.replacements },
    now: input.now,
  });
}

/** Why it has shown nothing; null when it has. */
async function problemOf(
  tx: Tx,
  { workspaceId, outcome }: { readonly workspaceId: WorkspaceId | null; readonly outcome: JobOutcome },
): Promise<string | null> {
  if (outcome.kind === "failed") return outcome.message;
  if (outcome.kind === "canceled") return outcome.message ?? "it was cancelled";
  const [prebuild] = await tx.query(stateStatement, [workspaceId]);
  const isThere = prebuild !== undefined && ["ready", "starting", "claimed"].includes(prebuild.state);
  return isThere ? null : "the prebuild that it was planned on was stopped or deleted meanwhile";
}

/** Why nothing of the pool is to be handed out where replacements are blocked; null when there are none. */
function blockedReason(plan: PlanReport | undefined): string | null {
  if (plan === undefined) return "the driver cannot tell whether a claim replaces anything";
  if (plan.effect !== "replaces") return null;
  const [first] = plan.replacements;
  const why = first?.reasons[0] === undefined ? "" : ` because of ${first.reasons[0].path}`;
  return `a claim replaces ${first?.address ?? "a resource"}${why}`;
}
