import type { JobId, OrganizationId, TemplateId, TemplateVersionId, UserId } from "../../contracts/ids.ts";
import { recordAudit } from "../audit/audit.ts";
import { noticeImportFailed } from "../notifications/notice-failures.ts";
import { carryLimitMarks } from "../pools/limit-marks.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import { applyPools } from "../templates/set-pools.ts";
import { insertPresets } from "../templates/template-presets.ts";
import type { JobOutcome } from "./job-outcome.ts";

interface FinishedImport {
  readonly id: JobId;
  readonly template_id: TemplateId | null;
  readonly template_version_id: TemplateVersionId;
}

interface ImportedRow {
  readonly activate_on_success: boolean;
  readonly template_id: TemplateId;
  readonly organization_id: OrganizationId;
}

const importStatement: Statement<ImportedRow> = statement(
  "import_finish",
  `update template_versions
set status = case when $2 = 'succeeded' then 'ready' else 'failed' end, error = $3,
  claim_effect = coalesce($4, claim_effect), version_state = $5, manifest = coalesce($6, manifest),
  tells_agent_settings = $8,
  has_dynamic_form = $9,
  variable_names = array(
    select given.name
    from unnest(variable_names) with ordinality as given(name, position)
    where $7::text[] is null
      or given.name = any($7::text[])
    order by given.position)
where id = $1
returning activate_on_success, template_id, organization_id`,
);

const unprovenStatement: Statement<object> = statement(
  "import_unproven",
  // Where the driver does not know what a claim does and the template blocks replacements: see `finish-rehearsal.ts`.
  `update presets p
set is_unproven = true
from template_versions v
where v.id = $1
  and p.template_version_id = v.id
  and v.claim_effect = 'unknown'
  and v.manifest #>> '{claim_policy,on_replacement}' = 'block'`,
);

interface ActivatedRow {
  readonly organization_id: OrganizationId;
  readonly name: string;
  readonly version: string;
  readonly pushed_by: UserId;
}

const activateStatement: Statement<ActivatedRow> = statement(
  "import_activate",
  // Of two versions imported at once the higher number stays active, whichever import ends last.
  `update templates t
set active_version_id = v.id, active_since = $2, display_name = coalesce(v.manifest ->> 'display_name', ''),
  description = coalesce(v.manifest ->> 'description', ''), icon = coalesce(v.manifest ->> 'icon', '')
from template_versions v
where v.id = $1
  and t.id = v.template_id
  and (t.active_version_id is null
    or (select a.number from template_versions a where a.id = t.active_version_id) < v.number)
returning t.organization_id, t.name, v.name as version, v.created_by as pushed_by`,
);

/** What the end of an import means for its version: its state, its presets, and whether it becomes the active one. */
export async function finishImport(
  tx: Tx,
  job: FinishedImport,
  input: { readonly outcome: JobOutcome; readonly now: Date },
): Promise<void> {
  const { outcome } = input;
  const message = outcome.kind === "succeeded" ? null : (outcome.message ?? "The import was cancelled.");
  const [version] = await tx.query(importStatement, [
    job.template_version_id,
    outcome.kind,
    message,
    outcome.kind === "succeeded" ? outcome.claimEffect : null,
    outcome.kind === "succeeded" ? JSON.stringify(outcome.report?.versionState ?? null) : null,
    outcome.kind === "succeeded" && outcome.report?.manifest !== undefined
      ? JSON.stringify(outcome.report.manifest)
      : null,
    outcome.kind === "succeeded" ? (outcome.report?.usedVariables ?? null) : null,
    outcome.kind === "succeeded" && outcome.report?.tellsAgentSettings === true,
    outcome.kind === "succeeded" && outcome.report?.hasDynamicForm === true,
  ]);
  if (version !== undefined && outcome.kind === "succeeded") {
    const { template_id: templateId, organization_id: organizationId } = version;
    const ids = { id: job.template_version_id, templateId, organizationId };
    await insertPresets(tx, ids, outcome.report?.presets ?? [], input.now);
    await applyPools(tx, job.template_version_id, input.now);
  }
  tx.emit("templates");
  if (outcome.kind === "succeeded") await tx.query(unprovenStatement, [job.template_version_id]);
  if (outcome.kind === "succeeded" && version?.activate_on_success === true) {
    const [activated] = await tx.query(activateStatement, [job.template_version_id, input.now]);
    if (activated !== undefined) {
      await auditActivation(tx, activated, { templateId: job.template_id, now: input.now });
      await carryLimitMarks(tx, job.template_version_id, input.now);
    }
    tx.emit("pools");
  }
  if (outcome.kind === "failed")
    await noticeImportFailed(tx, job.template_version_id, {
      jobId: job.id,
      code: outcome.code,
      message: outcome.message,
      now: input.now,
    });
}

async function auditActivation(
  tx: Tx,
  row: ActivatedRow,
  { templateId, now }: { readonly templateId: TemplateId | null; readonly now: Date },
): Promise<void> {
  await recordAudit(tx, {
    at: now,
    actorId: row.pushed_by,
    organizationId: row.organization_id,
    action: "template.promote",
    targetId: templateId,
    targetName: row.name,
    detail: { version: row.version, reason: "promoted: its import succeeded" },
  });
}
