/** SQL of each column of new jobs: placeholders, columns of the source, or constants. */
export interface NewJobs {
  readonly id: string;
  readonly organizationId: string;
  readonly kind: "build" | "template_import" | "rehearsal";
  readonly initiatorId: string;
  /** Whether it is a job of the pools and not of a person: that decides its place in the queue. */
  readonly isPrebuild: boolean;
  /** A pool's delete, which comes before any create. */
  readonly isPoolRemoval?: true;
  readonly templateId: string;
  readonly templateVersionId: string;
  /** Of a build. */
  readonly buildId?: string;
  /** Of a build and of a rehearsal. */
  readonly workspaceId?: string;
  readonly driver: string;
  readonly tags: string;
  readonly createdAt: string;
  /** What follows `from`; without it one job is inserted. */
  readonly source?: string;
}

/** SQL that queues jobs, one for each row of the source. Every statement that makes jobs is made of it. */
export function insertJobs(job: NewJobs): string {
  const columns: readonly (readonly [name: string, sql: string | undefined])[] = [
    ["id", job.id],
    ["organization_id", job.organizationId],
    ["kind", `'${job.kind}'`],
    ["initiator_id", job.initiatorId],
    ["is_prebuild", String(job.isPrebuild)],
    ["is_pool_removal", job.isPoolRemoval === true ? "true" : undefined],
    ["status", "'pending'"],
    ["template_id", job.templateId],
    ["build_id", job.buildId],
    ["workspace_id", job.workspaceId],
    ["template_version_id", job.templateVersionId],
    ["driver", job.driver],
    ["tags", job.tags],
    ["created_at", job.createdAt],
  ];
  const written = columns.filter(([, sql]) => sql !== undefined);
  const from = job.source === undefined ? "" : `\n  from ${job.source}`;
  return `insert into jobs (${written.map(([name]) => name).join(", ")})
  select ${written.map(([, sql]) => sql).join(", ")}${from}`;
}

/** SQL of the tags of a template version `v`. */
export const tagsOfVersion = "coalesce(v.manifest -> 'tags', '{}')";
