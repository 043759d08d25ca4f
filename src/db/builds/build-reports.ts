import type { WorkspaceId } from "../../contracts/ids.ts";
import type { PhaseTiming, PlanReport, ProvisionedResource } from "../../contracts/provisioner-protocol.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { type BuildView, buildColumns } from "../workspaces/workspace-views.ts";

export interface BuildDetailRow extends BuildView {
  readonly resources: ProvisionedResource[] | null;
  readonly plan: PlanReport | null;
  readonly phases: PhaseTiming[] | null;
}

const detailStatement: Statement<BuildDetailRow> = statement(
  "build_detail",
  `select ${buildColumns}, r.resources, r.plan, r.phases
from workspaces w
join builds b on b.workspace_id = w.id
join users i on i.id = b.initiator_id
join template_versions v on v.id = b.template_version_id
left join jobs j on j.id = b.job_id
left join build_reports r on r.build_id = b.id
where w.id = $1
  and case when $2 = 0 then b.id = w.latest_build_id else b.number = $2 end`,
);

/** A build with what it reported; number 0 stands for the latest. */
export async function buildDetail(
  sql: Sql,
  workspaceId: WorkspaceId,
  number: number,
): Promise<BuildDetailRow | undefined> {
  return (await sql.query(detailStatement, [workspaceId, number]))[0];
}
