import type { WorkspaceId } from "../../contracts/ids.ts";
import type { ManifestAgent } from "../../contracts/manifest.ts";
import type { ShareLevel } from "../../contracts/share-levels.ts";
import type { ManifestApp } from "../../contracts/manifest-apps.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface ShareRow {
  readonly agent: string;
  readonly app: string;
  readonly level: ShareLevel;
  readonly expires_at: Date | null;
}

/** As `jsonb` gives it: instants are text. */
interface AppsRow {
  readonly agents: readonly Pick<ManifestAgent, "name" | "apps">[];
  readonly shares: readonly {
    readonly agent: string;
    readonly app: string;
    readonly level: ShareLevel;
    readonly expires_at: string | null;
  }[];
}

const appsStatement: Statement<AppsRow> = statement(
  "workspace_apps",
  `select coalesce(v.manifest -> 'agents', '[]') as agents, coalesce((
    select jsonb_agg(jsonb_build_object('agent', s.agent, 'app', s.app, 'level', s.level, 'expires_at', s.expires_at))
    from app_shares s
    where s.workspace_id = w.id), '[]') as shares
from workspaces w
join builds b on b.id = w.latest_build_id
join template_versions v on v.id = b.template_version_id
where w.id = $1`,
  "look",
);

export interface WorkspaceApps {
  /** By agent, in the order of the template. */
  readonly agents: readonly { readonly name: string; readonly apps: readonly ManifestApp[] }[];
  readonly shares: readonly ShareRow[];
}

/** What a workspace's template says that it serves, and with whom its owner shares what. */
export async function workspaceApps(sql: Sql, id: WorkspaceId): Promise<WorkspaceApps> {
  const row = (await sql.query(appsStatement, [id]))[0];
  return {
    agents: (row?.agents ?? []).map(({ name, apps = [] }) => ({ name, apps })),
    shares: (row?.shares ?? []).map((share) => ({
      ...share,
      expires_at: share.expires_at === null ? null : new Date(share.expires_at),
    })),
  };
}
