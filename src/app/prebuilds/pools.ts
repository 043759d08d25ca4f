import type { Static } from "typebox";
import type { Explanation, Pool, PrebuildRow } from "../../contracts/api/prebuilds.ts";
import { CodedError } from "../../contracts/errors.ts";
import { calledBy } from "../../contracts/free-name.ts";
import type { OrganizationId, PresetId, TemplateId } from "../../contracts/ids.ts";
import type { LedgerState } from "../../contracts/states.ts";
import { unservedVersions } from "../../db/daemons/unserved-versions.ts";
import { decisionHistory } from "../../db/pools/decisions.ts";
import { loadDeployment } from "../../db/pools/load-deployment.ts";
import { loadPresets } from "../../db/pools/load-pools.ts";
import { readImageReports } from "../../db/pools/image-reports.ts";
import { poolImages } from "../ides/workspace-ides.ts";
import { openRehearsal, readRehearsals } from "../../db/jobs/rehearsals.ts";
import { readPools } from "../../db/templates/set-pools.ts";
import { findTemplate } from "../../db/templates/templates.ts";
import { listPrebuildRows } from "../../db/pools/prebuild-rows.ts";
import type { PrebuildsSwitches } from "../../db/settings/settings.ts";
import type { PoolFacts } from "../../domain/pool/deployment-snapshot.ts";
import { type DecisionRecord, explainPool } from "../../domain/pool/explain.ts";
import { type LastFailure, lastErrorLine } from "../../domain/pool/last-failure.ts";
import { type PlannedPool, planDeployment } from "../../domain/pool/plan-deployment.ts";
import { poolCondition } from "../../domain/pool/pool-condition.ts";
import type { PresetSnapshot } from "../../domain/pool/pool-snapshot.ts";
import { renderExplanation } from "../../domain/pool/render-explanation.ts";
import { inTurns } from "../../platform/in-turns.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isTemplateAdmin } from "../authorize.ts";
import { daemonsSeenSince } from "../jobs/jobs.ts";
import { organizationOf } from "../organization.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { openRehearsalSentences, rehearsalView } from "./rehearsal-view.ts";
import { toldToTemplateAdmins } from "../templates/member-views.ts";
import { requireTemplate } from "../templates/templates.ts";

const historyShownMax = 10;

interface InOrganization {
  readonly organization?: string;
}

export interface SeenPool extends PlannedPool {
  readonly versionName: string;
}

interface Scope {
  readonly organizationId?: OrganizationId;
  readonly templateId?: TemplateId;
  /** Whether the last words of failed builds are left out, in which a template's secrets may be: for members. */
  readonly hidesErrors?: boolean;
}

/**
 * The pools as the next cycle of the reconciler would find and treat them: loaded and planned by the same code. Always
 * all pools are planned, as what one may create depends on the others; the scope only says which of them are given.
 */
export async function seePools(
  context: AppContext,
  scope: Scope,
): Promise<{ readonly pools: SeenPool[]; readonly switches: PrebuildsSwitches }> {
  const { snapshot, switches, pools } = await context.db.snapshot(
    "pools",
    async (sql) =>
      await loadDeployment(sql, { limits: context.options.poolLimits, now: context.clock.now(), isForPeople: true }),
  );
  const shown = scope.hidesErrors === true ? { ...snapshot, pools: snapshot.pools.map(withoutError) } : snapshot;
  const planned = await inTurns(planDeployment(shown));
  const seen = planned.map((pool, nth): SeenPool => ({ ...pool, versionName: pools[nth]?.versionName ?? "" }));
  return { pools: seen.filter(isWithin(scope)).sort(byName), switches };
}

function withoutError(pool: PoolFacts): PoolFacts {
  const { lastFailure } = pool;
  return lastFailure === undefined ? pool : { ...pool, lastFailure: { ...lastFailure, error: toldToTemplateAdmins } };
}

function isWithin({ organizationId, templateId }: Scope): (pool: SeenPool) => boolean {
  return ({ snapshot: { preset } }) =>
    (organizationId === undefined || preset.organizationId === organizationId) &&
    (templateId === undefined || preset.templateId === templateId);
}

/** The stored switch, as far as the option of this server lets it. */
export function isEnabled(context: AppContext, { off }: PrebuildsSwitches): boolean {
  return context.prebuildsSwitch.isAllowed && !off.isTurned;
}

function byName({ snapshot: { preset: one } }: SeenPool, { snapshot: { preset: other } }: SeenPool): number {
  return presetKey(one) < presetKey(other) ? -1 : 1;
}

/** That of the active version comes first. */
function presetKey(preset: PresetSnapshot): string {
  return `${preset.templateName}/${preset.presetName}/${preset.versionIsActive ? 0 : 1}/${preset.templateVersionId}`;
}

export function poolView(pool: SeenPool): Pool {
  const { snapshot, plan, versionName } = pool;
  const { preset, lastFailure } = snapshot;
  const { state } = plan;
  return {
    presetId: preset.presetId,
    template: preset.templateName,
    preset: preset.presetName,
    version: versionName,
    isActive: preset.versionIsActive && !preset.templateDeleted && !preset.templateDeprecated,
    health: plan.health.kind,
    desired: state.desired,
    actual: state.actual,
    eligible: state.eligible,
    expired: state.expired,
    extraneous: state.extraneous,
    starting: state.starting,
    stopping: state.stopping,
    deleting: state.deleting,
    failed: state.failed,
    parked: state.parked,
    held: plan.held.map((held) => ({
      reason: held.reason,
      until: held.until === undefined ? null : instant(new Date(held.until)),
      count: held.count,
      detail: held.detail,
    })),
    ...(lastFailure === undefined ? {} : { lastFailure: failureView(lastFailure) }),
    condition: poolCondition(pool),
  };
}

function failureView({ at, prebuild, error, command, jobId }: LastFailure): NonNullable<Pool["lastFailure"]> {
  const job = jobId === undefined ? {} : { jobId };
  return { at: instant(new Date(at)), prebuild, error: lastErrorLine(error), command, ...job };
}

interface PoolName extends InOrganization {
  readonly template: string;
  readonly preset: string;
}

/** The pool of the active version's preset of that name, or that slug (decision 0077), planned. Errors: `not_found`. */
export async function requirePool(context: AppContext, actor: Actor, input: PoolName): Promise<SeenPool> {
  const template = await requireTemplate(context, actor, input);
  const hidesErrors = !isTemplateAdmin(actor, template.organization_id);
  const { pools } = await seePools(context, { templateId: template.id, hidesErrors });
  return ofThatName(pools, ({ snapshot }) => snapshot.preset.presetName, input);
}

/** The preset of that pool. It is not planned, which takes all pools there are: for what is asked of its past. */
export async function requirePoolPreset(context: AppContext, actor: Actor, input: PoolName): Promise<PresetSnapshot> {
  const template = await requireTemplate(context, actor, input);
  const presets = await context.db.snapshot("presets", async (sql) => await loadPresets(sql, template.id));
  const sorted = presets.toSorted((one, other) => (presetKey(one) < presetKey(other) ? -1 : 1));
  return ofThatName(sorted, ({ presetName }) => presetName, input);
}

/**
 * The name of what a list or a clean-up is to be narrowed to. One that no pool has any more stays as it was said: its
 * prebuilds may still be there.
 */
export async function presetNameCalled(
  context: AppContext,
  templateId: TemplateId,
  preset: string | undefined,
): Promise<string | null> {
  if (preset === undefined) return null;
  const presets = await context.db.snapshot("presets", async (sql) => await loadPresets(sql, templateId));
  return calledBy(presets, ({ presetName }) => presetName, preset)?.presetName ?? preset;
}

function ofThatName<One>(all: readonly One[], nameOf: (one: One) => string, { template, preset }: PoolName): One {
  const found = calledBy(all, nameOf, preset);
  if (found !== undefined) return found;
  const names = [...new Set(all.map(nameOf))].join(", ");
  throw new CodedError("not_found", `The template "${template}" has no pool "${preset}".`, {
    next: names === "" ? "Give a preset `prebuilds` in template.yaml and push it." : `Its pools are: ${names}.`,
  });
}

/** Why the pool is as it is: the decision as it would be taken now, and the latest ones that were stored. */
export async function explain(context: AppContext, actor: Actor, input: PoolName): Promise<Static<typeof Explanation>> {
  const pool = await requirePool(context, actor, input);
  const record = explainPool(pool.snapshot, pool.plan);
  const presetId: PresetId = pool.snapshot.preset.presetId;
  const { templateVersionId } = pool.snapshot.preset;
  const unserved = (await unservedVersions(context.db, [templateVersionId], daemonsSeenSince(context))).get(
    templateVersionId,
  );
  const isTold = isTemplateAdmin(actor, pool.snapshot.preset.organizationId);
  // What was stored has the last words of failed builds in it.
  const history = isTold ? await decisionHistory(context.db, presetId, historyShownMax) : [];
  const rehearsing = isTold ? openRehearsalSentences(await openRehearsal(context.db, presetId)) : [];
  return {
    pool: poolView(pool),
    sentences: [
      ...renderExplanation(record, { now: pool.snapshot.now }),
      ...(await setBeside(context, pool.snapshot.preset)),
      ...(unserved === undefined ? [] : [`Nothing of it can be built now: ${unserved}.`]),
      ...rehearsing,
    ],
    record: { ...record },
    rehearsal: rehearsalView((await readRehearsals(context.db, [presetId])).get(presetId)),
    images: poolImages((await readImageReports(context.db, [presetId])).get(presetId)),
    history: history.map((row) => ({
      at: instant(row.at),
      record: row.record,
      // What was stored is a decision record of format version 1, written by this code.
      sentences: [...renderExplanation(row.record as unknown as DecisionRecord, { now: row.at.getTime() })],
    })),
  };
}

/** Whoever reads the template's files would look in vain for why its pool is as it is. */
async function setBeside(context: AppContext, { templateId, presetName }: PresetSnapshot): Promise<readonly string[]> {
  const pools = await readPools(context.db, templateId);
  if (!Object.hasOwn(pools, presetName)) return [];
  return ["Its size, age and schedule are set beside the template; `prewarm prebuilds unset` takes that back."];
}

/** A template that there is not has no prebuilds, which is no error of a list. */
async function presetOfList(
  context: AppContext,
  organizationId: OrganizationId,
  { template, preset }: { readonly template?: string; readonly preset?: string },
): Promise<string | null> {
  const row = template === undefined ? undefined : await findTemplate(context.db, organizationId, template);
  return row === undefined ? (preset ?? null) : await presetNameCalled(context, row.id, preset);
}

export async function listPrebuilds(
  context: AppContext,
  actor: Actor,
  query: InOrganization &
    PageQuery & { readonly template?: string; readonly preset?: string; readonly state?: LedgerState },
): Promise<{ prebuilds: PrebuildRow[]; total: number }> {
  const organization = await organizationOf(context, actor, query.organization);
  const isTold = isTemplateAdmin(actor, organization.id);
  const rows = await listPrebuildRows(context.db, {
    organizationId: organization.id,
    template: query.template ?? null,
    preset: await presetOfList(context, organization.id, query),
    state: query.state ?? null,
    now: context.clock.now(),
    ...pageOf(query),
  });
  const prebuilds = rows.map((row) => ({
    workspaceId: row.workspace_id,
    name: row.name,
    template: row.template,
    preset: row.preset,
    version: row.version,
    state: row.state,
    isExpired: row.is_expired,
    error: row.error === null || isTold ? row.error : toldToTemplateAdmins,
    createdAt: instant(row.created_at),
    readyAt: instant(row.ready_at),
  }));
  return { prebuilds, total: rows[0]?.total ?? 0 };
}
