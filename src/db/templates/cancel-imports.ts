import type { JobId, TemplateId } from "../../contracts/ids.ts";
import { requestCancel } from "../jobs/job-views.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import { finishJob } from "../jobs/finish-job.ts";

/** Imports of one template that are ended at once; a template with more waiting keeps the youngest of them. */
const importsMax = 1_000;

const openStatement: Statement<{ readonly import_job_id: JobId }> = statement(
  "imports_open",
  `select import_job_id
from template_versions
where template_id = $1
  and status = 'importing'
  and import_job_id is not null
order by number
limit $2`,
);

/**
 * Ends the imports of a template that nobody needs any more: one that waits ends at once, with the reason in the job
 * and in the version; one that a daemon runs is asked to stop. @returns how many.
 */
export async function cancelImports(
  tx: Tx,
  input: { readonly templateId: TemplateId; readonly because: string; readonly now: Date },
): Promise<number> {
  const { templateId, because: message, now } = input;
  const rows = await tx.query(openStatement, [templateId, importsMax]);
  let canceled = 0;
  for (const { import_job_id: jobId } of rows) {
    const outcome = { kind: "canceled", message } as const;
    const hasEnded = await finishJob(tx, { jobId, attempt: null, from: ["pending"], outcome, now });
    if (hasEnded || (await requestCancel(tx, jobId, now))) canceled += 1;
  }
  return canceled;
}
