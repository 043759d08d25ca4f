import type { JobId, TemplateVersionId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import { notify } from "./notify.ts";

interface Failure {
  readonly jobId: JobId;
  readonly code: string;
  readonly message: string;
  readonly now: Date;
}

const importStatement: Statement<{
  readonly organization_id: string;
  readonly template: string;
  readonly version: string;
}> = statement(
  "notice_import_failed",
  `select v.organization_id, t.name as template, v.name as version
from template_versions v
join templates t on t.id = v.template_id
where v.id = $1`,
);

/** Tells the template admins that an import failed. */
export async function noticeImportFailed(tx: Tx, versionId: TemplateVersionId, failure: Failure): Promise<void> {
  const [row] = await tx.query(importStatement, [versionId]);
  if (row === undefined) return;
  await notify(tx, {
    kind: "template_import_failed",
    detail: { template: row.template, version: row.version, error: failure.message, jobId: failure.jobId },
    organizationId: row.organization_id,
    now: failure.now,
  });
}

const buildStatement: Statement<{
  readonly organization_id: string;
  readonly owner_id: UserId;
  readonly workspace: string;
  readonly template: string;
  readonly transition: string;
  readonly number: number;
  readonly is_repeated: boolean;
}> = statement(
  "notice_build_failed",
  // What the executor tries again by itself is told the first time only; a person's next try is told again.
  `select w.organization_id, w.owner_id, w.name as workspace, t.name as template, b.transition, b.number,
  i.is_system and coalesce(pj.status = 'failed' and p.transition = b.transition, false) as is_repeated
from workspaces w
join builds b on b.id = w.latest_build_id
join users i on i.id = b.initiator_id
join templates t on t.id = w.template_id
left join builds p on p.workspace_id = w.id and p.number = b.number - 1
left join jobs pj on pj.id = p.job_id
where w.id = $1`,
);

/** Tells the owner of a workspace that its latest build failed. Never of an unclaimed prebuild. */
export async function noticeBuildFailed(tx: Tx, workspaceId: WorkspaceId, failure: Failure): Promise<void> {
  const [row] = await tx.query(buildStatement, [workspaceId]);
  if (row === undefined || row.is_repeated) return;
  const { workspace, template, transition, number } = row;
  const { jobId, code, message: error } = failure;
  await notify(tx, {
    kind: "build_failed",
    detail: { workspaceId, workspace, template, transition, number, jobId, code, error },
    organizationId: row.organization_id,
    ownerId: row.owner_id,
    now: failure.now,
  });
}
