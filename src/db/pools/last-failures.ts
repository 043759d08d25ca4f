import type { JobId } from "../../contracts/ids.ts";
import type { LastFailure } from "../../domain/pool/last-failure.ts";

/** As the JSON of `lastFailureOf` gives it. */
export interface FailureJson {
  readonly prebuild: string;
  readonly owner: string;
  readonly isGone: boolean;
  readonly atMs: number;
  readonly error: string;
  readonly jobId: JobId | null;
}

/**
 * SQL of the newest failure of the preset `p` as one JSON value, by the index of failures; what it names is looked up for
 * that one alone.
 */
export const lastFailureOf = `select jsonb_build_object('prebuild', w.name, 'owner', u.username,
    'isGone', w.deleted_at is not null, 'atMs', date_part('epoch', f.at) * 1000,
    'error', coalesce(f.unready_because, j.error, 'The reason was not recorded.'), 'jobId', l.job_id) as last_failure
  from (
    select b.workspace_id, b.first_build_completed_at as at, b.unready_because
    from prebuilds b
    where b.preset_id = p.id
      and b.first_build_result in ('failed', 'abandoned')
    order by b.created_at desc, b.workspace_id
    limit 1) f
  join workspaces w on w.id = f.workspace_id
  join users u on u.id = w.owner_id
  left join builds l on l.workspace_id = f.workspace_id and l.number = 1
  left join jobs j on j.id = l.job_id
  limit 1`;

export function lastFailure(json: FailureJson): LastFailure {
  const { atMs: at, prebuild, error, jobId } = json;
  return { at, prebuild, error, command: commandOf(json), ...(jobId === null ? {} : { jobId }) };
}

/** What an agent said goes with its workspace; the log of a build is kept for longer. */
function commandOf({ isGone, owner, prebuild, jobId }: FailureJson): string {
  return isGone && jobId !== null ? `prewarm jobs logs ${jobId}` : `prewarm logs ${owner}/${prebuild}`;
}
