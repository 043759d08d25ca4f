import type { AgentId, PresetId, WorkspaceId } from "../../contracts/ids.ts";
import type { ImageFacts } from "../../contracts/image-facts.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** As `jsonb` has it. */
export interface ImageReport {
  readonly at: string;
  readonly facts: ImageFacts;
}

export type ImageReports = Readonly<Record<string, ImageReport>>;

const storeStatement: Statement<{ readonly id: PresetId }> = statement(
  "image_report_store",
  // The first word counts. A workspace that somebody owns has none: what he has made of it is not what others get.
  `update presets p
set image_reports = p.image_reports || jsonb_build_object(a.name, jsonb_build_object('at', $2::text, 'facts', $3::jsonb))
from agents a
join workspaces w on w.id = a.workspace_id
where a.id = $1
  and w.owner_id = $4
  and p.id = w.preset_id
  and not p.image_reports ? a.name
returning p.id`,
);

/** Keeps what an agent of a prebuild says of its image. @returns whether it was the first to say so. */
export async function storeImageReport(
  tx: Tx,
  input: { readonly agentId: AgentId; readonly facts: ImageFacts; readonly now: Date },
): Promise<boolean> {
  const { agentId, facts, now } = input;
  const rows = await tx.query(storeStatement, [agentId, now.toISOString(), JSON.stringify(facts), prebuildsUserId]);
  return rows.length > 0;
}

interface ReportsRow {
  readonly id: PresetId;
  readonly image_reports: ImageReports;
}

const readStatement: Statement<ReportsRow> = statement(
  "image_reports_read",
  `select id, image_reports
from presets
where id = any($1::uuid[])`,
);

/** What is known of the images of presets. */
export async function readImageReports(sql: Sql, presetIds: readonly PresetId[]): Promise<Map<PresetId, ImageReports>> {
  const rows = await sql.query(readStatement, [presetIds]);
  return new Map(rows.map((row) => [row.id, row.image_reports]));
}

export interface IdeAgentRow {
  readonly name: string;
  /** As the template says it; empty for the home. */
  readonly directory: string;
  /** What a prebuild of the workspace's pool has said; null where there is none. */
  readonly report: ImageReport | null;
}

const agentsStatement: Statement<IdeAgentRow> = statement(
  "ide_agents",
  `select m.agent ->> 'name' as name, coalesce(m.agent ->> 'directory', '') as directory,
  p.image_reports -> (m.agent ->> 'name') as report
from workspaces w
join builds b on b.id = w.latest_build_id
join template_versions v on v.id = b.template_version_id
cross join lateral jsonb_array_elements(coalesce(v.manifest -> 'agents', '[]')) with ordinality as m(agent, position)
left join presets p on p.id = w.preset_id
where w.id = $1
order by m.position`,
  "look",
);

/** A workspace's agents in the order of the template. */
export async function ideAgents(sql: Sql, workspaceId: WorkspaceId): Promise<readonly IdeAgentRow[]> {
  return await sql.query(agentsStatement, [workspaceId]);
}
