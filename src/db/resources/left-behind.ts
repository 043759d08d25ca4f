import type { WorkspaceId } from "../../contracts/ids.ts";
import type { ProvisionedResource } from "../../contracts/provisioner-protocol.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface LeftBehindRow {
  readonly driver: string;
  /** Whether anything was ever stored of what exists. */
  readonly has_state: boolean;
  /** On whose host it lies; null: of a driver whose workspaces lie on none. */
  readonly daemon: string | null;
  /** As the last build that reported any has told. */
  readonly resources: readonly ProvisionedResource[] | null;
}

const readStatement: Statement<LeftBehindRow> = statement(
  "workspace_left_behind",
  `select v.driver, s.workspace_id is not null as has_state, d.name as daemon, (
    select r.resources
    from builds rb
    join build_reports r on r.build_id = rb.id
    where rb.workspace_id = w.id
      and r.resources is not null
    order by rb.number desc
    limit 1) as resources
from workspaces w
join builds b on b.id = w.latest_build_id
join template_versions v on v.id = b.template_version_id
left join provider_states s on s.workspace_id = w.id
left join daemons d on d.id = s.daemon_id
where w.id = $1`,
);

/** What exists of a workspace as far as the server knows, should nobody remove it. */
export async function leftBehind(sql: Sql, workspaceId: WorkspaceId): Promise<LeftBehindRow | undefined> {
  return (await sql.query(readStatement, [workspaceId]))[0];
}
