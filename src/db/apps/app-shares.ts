import type { OrganizationId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import type { ShareLevel } from "../../contracts/share-levels.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

export interface NewShare {
  readonly workspaceId: WorkspaceId;
  readonly agent: string;
  readonly app: string;
  readonly level: ShareLevel;
  readonly sharedBy: UserId;
  readonly now: Date;
  readonly expiresAt: Date | null;
}

const setStatement: Statement<object> = statement(
  "app_share_set",
  `insert into app_shares (workspace_id, agent, app, level, shared_by, created_at, expires_at)
select $1::uuid, $2::text, $3::text, $4::text, $5::uuid, $6::timestamptz, $7::timestamptz
where exists (select 1 from app_shares where workspace_id = $1 and agent = $2 and app = $3)
  or (select count(*) from app_shares where workspace_id = $1) < $8
on conflict (workspace_id, agent, app) do update
  set level = excluded.level, shared_by = excluded.shared_by, created_at = excluded.created_at,
    expires_at = excluded.expires_at
returning 1 as set`,
);

const removeEndedStatement: Statement<object> = statement(
  "app_shares_remove_ended",
  `delete from app_shares
where workspace_id = $1
  and expires_at <= $2`,
);

/** @returns whether it was shared: there is a most that a workspace may have. */
export async function setShare(tx: Tx, share: NewShare, perWorkspaceMax: number): Promise<boolean> {
  const { workspaceId, agent, app, level, sharedBy, now, expiresAt } = share;
  await tx.query(removeEndedStatement, [workspaceId, now]);
  const rows = await tx.query(setStatement, [
    workspaceId,
    agent,
    app,
    level,
    sharedBy,
    now,
    expiresAt,
    perWorkspaceMax,
  ]);
  return rows.length > 0;
}

const removeStatement: Statement<{ readonly level: ShareLevel }> = statement(
  "app_share_remove",
  `delete from app_shares
where workspace_id = $1
  and agent = $2
  and app = $3
returning level`,
);

export async function removeShare(
  tx: Tx,
  share: Pick<NewShare, "workspaceId" | "agent" | "app">,
): Promise<ShareLevel | undefined> {
  return (await tx.query(removeStatement, [share.workspaceId, share.agent, share.app]))[0]?.level;
}

export interface ShareView {
  readonly workspace_id: WorkspaceId;
  readonly workspace: string;
  readonly owner: string;
  readonly organization_id: OrganizationId;
  readonly agent: string;
  readonly app: string;
  readonly level: ShareLevel;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly total: number;
}

const listStatement: Statement<ShareView> = statement(
  "app_shares_list",
  `select s.workspace_id, w.name as workspace, u.username as owner, w.organization_id, s.agent, s.app, s.level,
  s.created_at, s.expires_at, count(*) over ()::int as total
from app_shares s
join workspaces w on w.id = s.workspace_id
join users u on u.id = w.owner_id
where w.deleted_at is null
  and ($1::uuid is null or w.owner_id = $1)
  and ($2::uuid is null or w.id = $2)
  and (s.expires_at is null or s.expires_at > $3)
order by lower(u.username), lower(w.name), s.agent, s.app
limit $4
offset $5`,
);

/** Those that have not ended. @param input null: of everybody; of every workspace. */
export async function listShares(
  sql: Sql,
  input: {
    readonly ownerId: UserId | null;
    readonly workspaceId: WorkspaceId | null;
    readonly now: Date;
    readonly limit: number;
    readonly offset: number;
  },
): Promise<ShareView[]> {
  return await sql.query(listStatement, [input.ownerId, input.workspaceId, input.now, input.limit, input.offset]);
}
