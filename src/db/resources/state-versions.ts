import type { JobId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface StateVersionRow {
  /** 0 for the newest. */
  readonly version: number;
  readonly job_id: JobId;
  readonly attempt: number;
  readonly serial: number;
  readonly stored_at: Date;
  readonly bytes: number;
}

// What an earlier release stored in the clear is sealed at a server's start, so there is none here.
const versions = `select 0::int8 as version, job_id, attempt, serial, updated_at as stored_at, sealed, key_id
from provider_states
where workspace_id = $1
  and sealed is not null
union all
select id, job_id, attempt, serial, stored_at, sealed, key_id
from provider_state_versions
where workspace_id = $1`;

const listStatement: Statement<StateVersionRow & { readonly total: number }> = statement(
  "state_versions",
  `select version, job_id, attempt, serial, stored_at, octet_length(sealed) as bytes, count(*) over ()::int as total
from (
${versions}) v
order by version <> 0, version desc
limit $2
offset $3`,
);

/** The newest first. */
export async function stateVersions(
  sql: Sql,
  input: { readonly workspaceId: WorkspaceId; readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly StateVersionRow[]; readonly total: number }> {
  const rows = await sql.query(listStatement, [input.workspaceId, input.limit, input.offset]);
  return { rows, total: rows[0]?.total ?? 0 };
}

export interface SealedStateVersion extends StateVersionRow {
  readonly sealed: Buffer;
  readonly key_id: string;
}

const oneStatement: Statement<SealedStateVersion> = statement(
  "state_version",
  `select version, job_id, attempt, serial, stored_at, octet_length(sealed) as bytes, sealed, key_id
from (
${versions}) v
where version = $2
limit 1`,
);

export async function stateVersion(
  sql: Sql,
  input: { readonly workspaceId: WorkspaceId; readonly version: number },
): Promise<SealedStateVersion | undefined> {
  return (await sql.query(oneStatement, [input.workspaceId, input.version]))[0];
}
