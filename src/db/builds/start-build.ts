import type { BuildId, JobId, TemplateVersionId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import type { ManifestParameter } from "../../contracts/manifest-parameter.ts";
import { isJobFinished, type JobStatus, type LedgerState, type Transition } from "../../contracts/states.ts";
import { parameterText } from "../../platform/manifest-parameters.ts";
import { ledgerCan } from "../../domain/ledger/ledger-transitions.ts";
import { type Statement, statement } from "../statement.ts";
import { insertJobs, tagsOfVersion } from "../jobs/insert-job.ts";
import { ledgerMove } from "../ledger/ledger-writes.ts";
import type { Tx } from "../store.ts";
import { insertBuilds } from "./insert-build.ts";
import { cancelPending, deleteAtOnceIfUnbegun } from "./unbegun.ts";

interface CurrentRow {
  readonly number: number;
  readonly transition: Transition;
  readonly template_version_id: TemplateVersionId;
  readonly parameters: Record<string, string>;
  readonly status: JobStatus | null;
  readonly is_deleted: boolean;
  readonly ledger_state: LedgerState | null;
  /** The active version, where the workspace takes updates by itself and has another one. */
  readonly update_to: TemplateVersionId | null;
  /** The defaults of its version's ephemeral parameters, as they stand in the manifest; null for none. */
  readonly ephemeral: Readonly<Record<string, ManifestParameter["default"]>> | null;
}

const lockLedgerStatement: Statement<{ readonly state: string }> = statement(
  "workspace_lock_ledger",
  // So that nobody claims what is being stopped. The ledger's row before the workspace's, as a claim and a delete take
  // them: the other way round, a stop and a claim of one prebuild wait for each other.
  `select state
from prebuilds
where workspace_id = $1
for update`,
);

const lockStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "workspace_lock",
  // One build of a workspace at a time.
  `select id
from workspaces
where id = $1
for no key update`,
);

const currentStatement: Statement<CurrentRow> = statement(
  "workspace_current_build",
  `select b.number, b.transition, b.template_version_id, b.parameters, j.status, w.deleted_at is not null as is_deleted,
  l.state as ledger_state,
  case when w.automatic_updates and t.active_version_id <> b.template_version_id then t.active_version_id end
    as update_to,
  (
    select jsonb_object_agg(p ->> 'name', p -> 'default')
    from jsonb_array_elements(v.manifest -> 'parameters') p
    where p ->> 'ephemeral' = 'true' and p ? 'default'
  ) as ephemeral
from workspaces w
join templates t on t.id = w.template_id
join builds b on b.id = w.latest_build_id
join template_versions v on v.id = b.template_version_id
left join jobs j on j.id = b.job_id
left join prebuilds l on l.workspace_id = w.id
where w.id = $1`,
);

const insertStatement: Statement<object> = statement(
  "build_start",
  // An unclaimed prebuild has no lifecycle: what an administrator does to it is no use by anybody (spec §6). A start
  // wakes what is dormant, and begins a run with a deadline of its own.
  `with build as (
  ${insertBuilds({
    id: "$2",
    workspaceId: "w.id",
    number: "$3",
    transition: "$4",
    stage: "case when l.state is null or l.state = 'claimed' then 'ordinary' else 'prebuild' end",
    templateVersionId: "$5",
    presetId: "w.preset_id",
    initiatorId: "$6",
    jobId: "$7",
    parameters: "$8",
    reason: "$10",
    createdAt: "$9",
    source: "workspaces w left join prebuilds l on l.workspace_id = w.id where w.id = $1",
  })}
), job as (
  ${insertJobs({
    id: "$7",
    organizationId: "w.organization_id",
    kind: "build",
    initiatorId: "$6",
    isPrebuild: false,
    templateId: "w.template_id",
    templateVersionId: "$5",
    buildId: "$2",
    workspaceId: "w.id",
    driver: "v.driver",
    tags: tagsOfVersion,
    createdAt: "$9",
    source: "workspaces w join template_versions v on v.id = $5 where w.id = $1",
  })}
), ledger as (
  ${ledgerMove({
    name: "build_start",
    steps: {
      starting: ["building", "stopping", "draining"],
      ready: ["building", "stopping", "draining"],
      failed: ["building", "stopping", "draining"],
      parked: ["building", "stopping", "draining"],
      // One whose delete failed: `startBuild` has refused anything but another delete.
      draining: ["draining"],
    },
    state: "case $4 when 'start' then 'building' when 'stop' then 'stopping' else 'draining' end",
    set: ["unready_because = case when $4 <> 'start' then b.unready_because end"],
    where: "b.workspace_id = $1",
  })}
)
update workspaces w
set latest_build_id = $2, failed_at = null,
  last_used_at = case when $11 and persons.is_it then $9 else w.last_used_at end,
  deadline_at = case when $4 = 'start' and persons.is_it then $9::timestamptz + w.ttl_ms * interval '1 ms' end,
  dormant_at = case when $4 <> 'start' then w.dormant_at end,
  deleting_at = case when $4 <> 'start' then w.deleting_at end,
  deletion_noted_at = case when $4 <> 'start' then w.deletion_noted_at end
from (
  select not exists (select 1 from prebuilds where workspace_id = $1 and state <> 'claimed') as is_it) persons
where w.id = $1`,
);

export interface CurrentBuild {
  readonly templateVersionId: TemplateVersionId;
  readonly parameters: Readonly<Record<string, string>>;
  /** The version that a start is to take by itself; null when it is to stay with its own. */
  readonly updateTo: TemplateVersionId | null;
  /** Whether it waits in its pool, which hands it out as what its preset says. */
  readonly isUnclaimed: boolean;
}

export interface ChosenBuild {
  readonly templateVersionId: TemplateVersionId;
  readonly parameters: Readonly<Record<string, string>>;
  /** Joins the build's reason: what its owner has to know about it. */
  readonly note?: string;
}

export interface StartBuildInput {
  readonly workspaceId: WorkspaceId;
  readonly transition: Transition;
  readonly initiatorId: UserId;
  /** Why, when nobody asked for it. */
  readonly reason?: string;
  /** Whether the workspace is used by it: true unless said. */
  readonly isUse?: boolean;
  readonly buildId: BuildId;
  readonly jobId: JobId;
  /** Chooses version and parameters of the build from those of the last one; may refuse by throwing. */
  readonly choose: (current: CurrentBuild) => Promise<ChosenBuild>;
  readonly now: Date;
}

export type StartBuildResult =
  | { readonly kind: "started" }
  | { readonly kind: "gone" }
  /** An unclaimed prebuild that may not go this way: one whose delete has failed is only deleted again. */
  | { readonly kind: "refused"; readonly ledgerState: LedgerState }
  | { readonly kind: "busy"; readonly transition: Transition; readonly status: JobStatus };

/** Locks a workspace, in the order in which everybody does: its ledger row, if it has one, before its own. */
export async function lockWorkspace(tx: Tx, workspaceId: WorkspaceId): Promise<void> {
  await tx.query(lockLedgerStatement, [workspaceId]);
  await tx.query(lockStatement, [workspaceId]);
}

/** Where a build takes an unclaimed prebuild. */
const ledgerTarget = { start: "building", stop: "stopping", delete: "draining" } as const satisfies Record<
  Transition,
  LedgerState
>;

/** What holds for one build only is not what the next one begins with. An unclaimed prebuild stays what its pool says. */
function withoutEphemeral({ parameters, ephemeral }: CurrentRow): Readonly<Record<string, string>> {
  const defaults = Object.entries(ephemeral ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, parameterText(value)] as const],
  );
  return { ...parameters, ...Object.fromEntries(defaults) };
}

/**
 * Starts a build of a workspace, for a person or for the lifecycle executor, one at a time. A delete does not wait for
 * what has not begun: that is cancelled; and where nothing was ever made it is done when the transaction commits.
 */
export async function startBuild(tx: Tx, input: StartBuildInput): Promise<StartBuildResult> {
  if (input.transition === "delete")
    await cancelPending(tx, input.workspaceId, { now: input.now, areDeletesToo: false });
  await lockWorkspace(tx, input.workspaceId);
  const [current] = await tx.query(currentStatement, [input.workspaceId]);
  if (current === undefined || current.is_deleted) return { kind: "gone" };
  if (current.status !== null && !isJobFinished(current.status)) {
    return { kind: "busy", transition: current.transition, status: current.status };
  }
  const { ledger_state: ledgerState } = current;
  const target = ledgerTarget[input.transition];
  if (ledgerState !== null && ledgerState !== "claimed" && ledgerState !== target && !ledgerCan(ledgerState, target)) {
    return { kind: "refused", ledgerState };
  }
  const isUnclaimed = ledgerState !== null && ledgerState !== "claimed";
  const chosen = await input.choose({
    templateVersionId: current.template_version_id,
    parameters: isUnclaimed ? current.parameters : withoutEphemeral(current),
    updateTo: current.update_to,
    isUnclaimed,
  });
  await tx.query(insertStatement, [
    input.workspaceId,
    input.buildId,
    current.number + 1,
    input.transition,
    chosen.templateVersionId,
    input.initiatorId,
    input.jobId,
    chosen.parameters,
    input.now,
    [input.reason, chosen.note].filter((part) => part !== undefined).join("; "),
    input.isUse ?? true,
  ]);
  tx.emit("jobs");
  tx.emit(`workspace:${input.workspaceId}`);
  if (current.ledger_state !== null && current.ledger_state !== "claimed") tx.emit("pools");
  if (input.transition === "delete") await deleteAtOnceIfUnbegun(tx, input.workspaceId, input.now);
  return { kind: "started" };
}
