/** SQL of each column of new builds: placeholders, columns of the source, or constants. */
export interface NewBuilds {
  readonly id: string;
  readonly workspaceId: string;
  readonly number: string;
  readonly transition: string;
  readonly stage: string;
  readonly templateVersionId: string;
  readonly presetId: string;
  readonly initiatorId: string;
  readonly jobId: string;
  readonly parameters: string;
  /** Why, when nobody asked for it. */
  readonly reason?: string;
  /** Of what is made cold for somebody: why no prebuild served him. */
  readonly missReason?: string;
  readonly createdAt: string;
  /** What follows `from`. */
  readonly source: string;
}

/** SQL that enters builds, one for each row of the source. Every statement that makes builds is made of it. */
export function insertBuilds(build: NewBuilds): string {
  const columns: readonly (readonly [name: string, sql: string | undefined])[] = [
    ["id", build.id],
    ["workspace_id", build.workspaceId],
    ["number", build.number],
    ["transition", build.transition],
    ["stage", build.stage],
    ["template_version_id", build.templateVersionId],
    ["preset_id", build.presetId],
    ["initiator_id", build.initiatorId],
    ["job_id", build.jobId],
    ["parameters", build.parameters],
    ["reason", build.reason],
    ["miss_reason", build.missReason],
    ["created_at", build.createdAt],
  ];
  const written = columns.filter(([, sql]) => sql !== undefined);
  return `insert into builds (${written.map(([name]) => name).join(", ")})
  select ${written.map(([, sql]) => sql).join(", ")}
  from ${build.source}`;
}
