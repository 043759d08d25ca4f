import type { PresetId } from "../../contracts/ids.ts";
import type { ManifestParameter } from "../../contracts/manifest-parameter.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface PresetParametersRow {
  readonly preset_id: PresetId;
  readonly preset_parameters: Record<string, string>;
  readonly parameters: readonly ManifestParameter[];
}

const parametersStatement: Statement<PresetParametersRow> = statement(
  "preset_parameters",
  `select p.id as preset_id, p.parameters as preset_parameters, coalesce(v.manifest -> 'parameters', '[]') as parameters
from presets p
join template_versions v on v.id = p.template_version_id
where p.id = any($1::uuid[])`,
);

/** What is needed to check that presets still resolve every parameter of their versions. */
export async function presetParameters(sql: Sql, presetIds: readonly PresetId[]): Promise<PresetParametersRow[]> {
  return await sql.query(parametersStatement, [presetIds]);
}

const markStatement: Statement<object> = statement(
  "preset_validation_failed",
  `update presets p
set validation_failed_at = $3, validation_message = f.message
from unnest($1::uuid[], $2::text[]) as f(preset_id, message)
where p.id = f.preset_id
  and p.validation_failed_at is null`,
);

/** Marks presets that no create can succeed for; tried once per version, never in a loop (spec §3). */
export async function markValidationFailed(
  sql: Sql,
  failures: readonly { readonly presetId: PresetId; readonly message: string }[],
  now: Date,
): Promise<void> {
  await sql.query(markStatement, [
    failures.map((failure) => failure.presetId),
    failures.map((failure) => failure.message),
    now,
  ]);
}

const resumeStatement: Statement<{ readonly id: PresetId }> = statement(
  "preset_resume",
  `update presets
set resumed_at = $2, validation_failed_at = null, validation_message = null, rehearsal_after = null
where id = $1
returning id`,
);

/** Forgets a preset's failures: a resume by an administrator (spec §3). */
export async function resumePreset(sql: Sql, presetId: PresetId, now: Date): Promise<void> {
  await sql.query(resumeStatement, [presetId, now]);
}

const invalidateStatement: Statement<{ readonly presets: number; readonly prebuilds: number }> = statement(
  "preset_invalidate",
  `with marked as (
  update presets p
  set invalidated_at = $3
  from templates t
  where t.id = $1
    and p.template_id = t.id
    and p.template_version_id = t.active_version_id
    and ($2::text is null or p.name = $2)
  returning p.id
)
select (select count(*)::int from marked) as presets,
  (select count(*)::int
    from prebuilds b
    join marked m on m.id = b.preset_id
    where b.state in ('starting', 'ready')
      and b.created_at < $3) as prebuilds`,
);

/** Makes what the pools have now expired (spec §3.4). */
export async function invalidatePresets(
  sql: Sql,
  input: { readonly templateId: string; readonly preset: string | null; readonly now: Date },
): Promise<{ readonly presets: number; readonly prebuilds: number }> {
  const [row] = await sql.query(invalidateStatement, [input.templateId, input.preset, input.now]);
  return row ?? { presets: 0, prebuilds: 0 };
}
