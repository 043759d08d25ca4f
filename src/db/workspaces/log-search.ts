import type { JobId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import type { LogRow } from "./logs.ts";

/** A part of a log that was looked through for a text. */
export interface LookedPart {
  /** Cursor of its last line; null where there is none. */
  readonly lookedTo: number | null;
  /** Whether that is the end of the log. */
  readonly isWhole: boolean;
  readonly lines: number;
  readonly bytes: number;
  /** Lines that have the text as they are written, and all whose text is another than what is written. */
  readonly candidates: readonly LogRow[];
}

export interface PartQuery {
  readonly text: string;
  readonly after: number;
  readonly linesMax: number;
  readonly bytesMax: number;
}

interface LookedRow extends Omit<LogRow, "id"> {
  readonly looked_to: number | null;
  readonly is_whole: boolean | null;
  readonly lines: number;
  readonly bytes: number;
  /** Of a line; null of the one row that says that there is none. */
  readonly id: number | null;
}

/**
 * How far one look goes: so many lines, and so many bytes, which are known without unpacking a line. A first line that
 * is longer is looked at nevertheless.
 */
const howFar = (lines: string): string => `with looked as materialized (
  select max(id) filter (where fits) as looked_to,
    bool_and(fits) as is_whole,
    count(*) filter (where fits)::int as lines,
    coalesce(sum(size) filter (where fits), 0)::bigint as bytes
  from (
    select id, size,
      row_number() over in_order = 1
      or row_number() over in_order <= $4::int and sum(size) over in_order <= $5::bigint as fits
    from (
${lines}
    ) r
    window in_order as (order by id rows unbounded preceding)) s
)`;

/**
 * The text is compared as a text and not as a pattern, so that nothing in it means anything. What colours a line or
 * writes over itself is read by whoever asks: a pattern that takes the colours away costs PostgreSQL 5 µs a colour, and
 * a log of 16 MiB has a million of them.
 */
const mayHave = `(strpos(lower(l.line), lower($3::text)) > 0
    or strpos(l.line, E'\\x1b') > 0
    or strpos(l.line, E'\\r') > 0)`;

const jobStatement: Statement<LookedRow> = statement(
  "job_log_search",
  `${howFar(`      select id, octet_length(line) as size
      from job_logs
      where job_id = $1
        and id > $2
      order by id
      limit $4::int + 1`)}
select k.looked_to, k.is_whole, k.lines, k.bytes, l.id, l.at, l.level, l.stage, l.line
from looked k
left join lateral (
  select l.id, l.at, l.level, l.stage, l.line
  from job_logs l
  where l.job_id = $1
    and l.id > $2
    and l.id <= k.looked_to
    and ${mayHave}
  order by l.id
  limit $4::int) l on true
order by l.id
limit $4::int`,
);

const agentStatement: Statement<LookedRow> = statement(
  "agent_log_search",
  `${howFar(`      select a.id, a.size
      from agents g
      cross join lateral (
        select id, octet_length(line) as size
        from agent_logs
        where agent_id = g.id
          and id > $2
        order by id
        limit $4::int + 1) a
      where g.workspace_id = $1
      order by a.id
      limit $4::int + 1`)}
select k.looked_to, k.is_whole, k.lines, k.bytes, l.id, l.at, l.level, l.stage, l.line
from looked k
left join lateral (
  select a.id, a.at, a.level, a.stage, a.line
  from agents g
  cross join lateral (
    select l.id, l.at, l.level, l.source as stage, l.line
    from agent_logs l
    where l.agent_id = g.id
      and l.id > $2
      and l.id <= k.looked_to
      and ${mayHave}
    order by l.id
    limit $4::int) a
  where g.workspace_id = $1
  order by a.id
  limit $4::int) l on true
order by l.id
limit $4::int`,
);

function partOf(rows: readonly LookedRow[]): LookedPart {
  const { looked_to: lookedTo = null, is_whole: isWhole = null, lines = 0, bytes = 0 } = rows[0] ?? {};
  const candidates = rows.flatMap(({ id, at, level, stage, line }) =>
    id === null ? [] : [{ id, at, level, stage, line }],
  );
  return { lookedTo, isWhole: isWhole ?? true, lines, bytes, candidates };
}

const inputs = (id: string, { after, text, linesMax, bytesMax }: PartQuery) => [id, after, text, linesMax, bytesMax];

/** Looks for a text in a job's log, whatever its case, from a cursor on, as far as one look goes. */
export async function searchJobLog(sql: Sql, jobId: JobId, query: PartQuery): Promise<LookedPart> {
  return partOf(await sql.query(jobStatement, inputs(jobId, query)));
}

/** The same in the log of a workspace's agents. */
export async function searchAgentLog(sql: Sql, workspaceId: WorkspaceId, query: PartQuery): Promise<LookedPart> {
  return partOf(await sql.query(agentStatement, inputs(workspaceId, query)));
}
