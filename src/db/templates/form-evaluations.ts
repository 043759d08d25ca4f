import type { DaemonId, EvaluationId, TemplateId, TemplateVersionId } from "../../contracts/ids.ts";
import type { FormAnswer, FormQuestion } from "../../contracts/form-evaluation.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import { tagsOfVersion } from "../jobs/insert-job.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const askStatement: Statement<object> = statement(
  "form_evaluation_ask",
  `insert into form_evaluations (id, template_version_id, driver, tags, question, created_at, expires_at)
select $1, v.id, v.driver, ${tagsOfVersion}, $3, $4, $5
from template_versions v
where v.id = $2`,
);

export interface NewEvaluation {
  readonly id: EvaluationId;
  readonly versionId: TemplateVersionId;
  readonly question: FormQuestion;
  readonly now: Date;
  readonly expiresAt: Date;
}

export async function askEvaluation(sql: Sql, input: NewEvaluation): Promise<void> {
  const { id, versionId, question, now, expiresAt } = input;
  await sql.query(askStatement, [id, versionId, JSON.stringify(question), now, expiresAt]);
}

export interface TakenEvaluationRow {
  readonly id: EvaluationId;
  readonly driver: string;
  readonly question: FormQuestion;
  readonly expires_at: Date;
  readonly template_version_id: TemplateVersionId;
  readonly template_id: TemplateId;
  readonly template_name: string;
  readonly version_name: string;
  readonly manifest: Manifest;
  readonly version_state: unknown;
  readonly archive_hash: string;
  readonly version_number: number;
  readonly variable_names: readonly string[];
  readonly variables_sealed: Buffer | null;
  readonly variables_key_id: string | null;
}

const takeStatement: Statement<TakenEvaluationRow> = statement(
  "form_evaluation_take",
  // Each is given out once: whoever asked does not wait long enough for a second try.
  `with next as (
  select e.id
  from form_evaluations e
  where e.daemon_id is null
    and e.driver = any($2::text[])
    and e.tags <@ $3::jsonb
    and e.expires_at > $4
  order by e.created_at, e.id
  limit 1
  for update of e skip locked
)
update form_evaluations e
set daemon_id = $1
from next, template_versions v, templates t
where e.id = next.id
  and v.id = e.template_version_id
  and t.id = v.template_id
returning e.id, e.driver, e.question, e.expires_at, v.id as template_version_id, t.id as template_id,
  t.name as template_name, v.name as version_name, v.manifest, v.version_state,
  encode(v.file_hash, 'hex') as archive_hash, v.number as version_number, v.variable_names, v.variables_sealed,
  v.variables_key_id`,
);

/** Takes the next evaluation that a daemon can do, or none. Two daemons never take the same one. */
export async function takeEvaluation(
  sql: Sql,
  input: {
    readonly daemonId: DaemonId;
    readonly drivers: readonly string[];
    readonly tags: Readonly<Record<string, string>>;
    readonly now: Date;
  },
): Promise<TakenEvaluationRow | undefined> {
  return (await sql.query(takeStatement, [input.daemonId, input.drivers, input.tags, input.now]))[0];
}

const releaseStatement: Statement<object> = statement(
  "form_evaluation_release",
  `update form_evaluations
set daemon_id = null
where id = $1
  and daemon_id = $2
  and answer is null`,
);

/** Puts an evaluation back that was given to a daemon which hung up before it could hear of it. */
export async function releaseEvaluation(sql: Sql, id: EvaluationId, daemonId: DaemonId): Promise<void> {
  await sql.query(releaseStatement, [id, daemonId]);
}

const answerStatement: Statement<{ readonly id: EvaluationId }> = statement(
  "form_evaluation_answer",
  `update form_evaluations
set answer = $3
where id = $1
  and daemon_id = $2
  and answer is null
returning id`,
);

/** Stores an answer; false when nobody waits for one of this daemon. */
export async function storeAnswer(
  sql: Sql,
  input: { readonly id: EvaluationId; readonly daemonId: DaemonId; readonly answer: FormAnswer },
): Promise<boolean> {
  return (await sql.query(answerStatement, [input.id, input.daemonId, JSON.stringify(input.answer)])).length > 0;
}

export interface EvaluationRow {
  readonly answer: FormAnswer | null;
  /** Of the daemon that has taken it; null: none has. */
  readonly daemon: string | null;
}

const readStatement: Statement<EvaluationRow> = statement(
  "form_evaluation_read",
  `select e.answer, d.name as daemon
from form_evaluations e
left join daemons d on d.id = e.daemon_id
where e.id = $1`,
);

export async function readEvaluation(sql: Sql, id: EvaluationId): Promise<EvaluationRow | undefined> {
  return (await sql.query(readStatement, [id]))[0];
}

const removeStatement: Statement<object> = statement(
  "form_evaluation_remove",
  `delete from form_evaluations
where id = $1`,
);

/** Nobody waits for it any more. */
export async function removeEvaluation(sql: Sql, id: EvaluationId): Promise<void> {
  await sql.query(removeStatement, [id]);
}
