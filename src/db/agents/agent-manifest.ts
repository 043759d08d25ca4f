import type { AgentId, ServerId, WorkspaceId } from "../../contracts/ids.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface AgentManifestRow {
  readonly template_name: string;
  readonly manifest: Manifest;
  readonly parameters: Record<string, string>;
  readonly stage: string;
  readonly workspace_name: string;
  /** Of whom the workspace was handed over to; while it was not, of the pools' own user. */
  readonly owner_name: string;
  /** Whether it is a prebuild's of which nobody has told yet what its image is like. */
  readonly is_image_wanted: boolean;
  readonly tells_agent_settings: boolean;
  readonly settings_sealed: Buffer | null;
  readonly settings_key_id: string | null;
  readonly settings_generation: number | null;
  /** Of the newest claim, also while it is not handed over. */
  readonly generation: number;
  /** Whether a build that starts the workspace, or claims it, has not come to its end. */
  readonly is_building: boolean;
}

const manifestStatement: Statement<AgentManifestRow> = statement(
  "agent_manifest",
  `select t.name as template_name, v.manifest, b.parameters, b.stage,
  w.name as workspace_name, u.username as owner_name,
  w.owner_id = $2 and not coalesce(p.image_reports ? a.name, true) as is_image_wanted,
  v.tells_agent_settings, a.settings_sealed, a.settings_key_id, a.settings_generation,
  case when l.workspace_id is null then 1 else l.claim_generation end as generation,
  coalesce(n.transition = 'start' and j.status in ('pending', 'running', 'canceling'), false) as is_building
from agents a
join workspaces w on w.id = a.workspace_id
left join presets p on p.id = w.preset_id
left join prebuilds l on l.workspace_id = w.id
left join builds n on n.id = w.latest_build_id
left join jobs j on j.id = n.job_id
join users u on u.id = case when l.workspace_id is not null and l.handed_over_at is null then $2 else w.owner_id end
join builds b on b.id = a.build_id
join template_versions v on v.id = b.template_version_id
join templates t on t.id = v.template_id
where a.id = $1`,
);

/** What the build that made an agent says that it is to run. */
export async function agentManifestRow(sql: Sql, agentId: AgentId): Promise<AgentManifestRow | undefined> {
  return (await sql.query(manifestStatement, [agentId, prebuildsUserId]))[0];
}

export interface AgentPlace {
  readonly id: AgentId;
  readonly name: string;
  readonly server_id: ServerId | null;
  readonly server_url: string | null;
  /** With which that server seals, and so signs. */
  readonly server_key_id: string | null;
  /** One of the release before takes the person's own credential only. */
  readonly takes_tickets: boolean;
}

const placesStatement: Statement<AgentPlace> = statement(
  "agent_places",
  `select a.id, a.name, a.server_id, s.url as server_url, s.report ->> 'stateKeyId' as server_key_id,
  coalesce((s.report ->> 'takesRelayTickets')::boolean, false) as takes_tickets
from agents a
left join servers s on s.id = a.server_id
where a.workspace_id = $1
  and a.retired_at is null
order by a.position`,
);

/** The agents of a workspace, and the server that each is connected to. */
export async function agentPlaces(sql: Sql, workspaceId: WorkspaceId): Promise<AgentPlace[]> {
  return await sql.query(placesStatement, [workspaceId]);
}
