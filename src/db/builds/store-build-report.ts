import type { BuildId, PresetId } from "../../contracts/ids.ts";
import { costMax, keyOpenAfterClaimMs } from "../../contracts/limits.ts";
import type { BuildStage } from "../../contracts/states.ts";
import { openAgentKeys } from "../agents/agent-keys.ts";
import { insertPoolEvent } from "../pools/pool-totals.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import type { BuildReport } from "../jobs/job-outcome.ts";
import { notify } from "../notifications/notify.ts";

interface ReportedRow {
  readonly organization_id: string;
  readonly template: string;
  readonly workspace: string;
  readonly preset_id: PresetId | null;
}

const storeStatement: Statement<ReportedRow> = statement(
  "build_report_store",
  `with report as (
  insert into build_reports (build_id, resources, plan, phases, created_at)
  values ($1, $2, $3, $4, $5)
  on conflict (build_id) do nothing
  returning build_id
)
select w.organization_id, t.name as template, w.name as workspace, b.preset_id
from report r
join builds b on b.id = r.build_id
join workspaces w on w.id = b.workspace_id
join templates t on t.id = w.template_id`,
);

const reportedCostStatement: Statement<object> = statement(
  "build_reported_cost",
  // Of a first build alone: what a workspace costs does not change while it lives. The template's declaration wins.
  `with first as (
  select b.workspace_id, b.preset_id
  from builds b
  join template_versions v on v.id = b.template_version_id
  left join presets p on p.id = b.preset_id
  where b.id = $1
    and b.number = 1
    and b.transition = 'start'
    and p.cost is null
    and v.manifest ->> 'cost' is null
), preset as (
  update presets p
  set reported_cost = $2
  from first f
  where p.id = f.preset_id
    and p.reported_cost is distinct from $2
)
update workspaces w
set cost = $2
from first f
where w.id = f.workspace_id`,
);

/** Cost units of the resources together; 0 when the driver knows of none. */
function reportedCost(resources: BuildReport["resources"]): number {
  const sum = (resources ?? []).reduce((total, { dailyCost }) => total + (dailyCost ?? 0), 0);
  return Math.min(sum, costMax);
}

/** Stores what a build reported; template admins hear, once a claim, of resources that it replaced (spec §5). */
export async function storeBuildReport(
  tx: Tx,
  input: {
    readonly buildId: BuildId;
    readonly stage: BuildStage | null;
    readonly report: BuildReport;
    readonly now: Date;
  },
): Promise<void> {
  const { resources, plan, phases } = input.report;
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
  const [row] = await tx.query(storeStatement, [input.buildId, json(resources), json(plan), json(phases), input.now]);
  const cost = reportedCost(resources);
  if (row !== undefined && cost > 0) await tx.query(reportedCostStatement, [input.buildId, cost]);
  if (input.stage === "claim" && plan !== undefined && plan.effect !== "nothing") {
    await openAgentKeys(tx, input.buildId, new Date(input.now.getTime() + keyOpenAfterClaimMs));
  }
  const replaced = plan?.replacements ?? [];
  if (row === undefined || input.stage !== "claim" || replaced.length === 0) return;
  if (row.preset_id !== null) await insertPoolEvent(tx, row.preset_id, "replaced");
  await notify(tx, {
    kind: "claim_replaced_resources",
    organizationId: row.organization_id,
    detail: { template: row.template, workspace: row.workspace, replacements: replaced },
    now: input.now,
  });
}
