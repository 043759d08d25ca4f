import type { Static } from "typebox";
import type { Explanation, Pool, PrebuildRow, PrebuildStatus } from "../../contracts/api/prebuilds.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { PresetId } from "../../contracts/ids.ts";
import type { LedgerState } from "../../contracts/states.ts";
import { decisionHistory } from "../../db/pools/decisions.ts";
import { type LoadedPool, loadPools, type LoadPoolsInput } from "../../db/pools/load-pools.ts";
import { loadPoolQuota } from "../../db/people/quota.ts";
import { readRehearsals } from "../../db/jobs/rehearsals.ts";
import { listPrebuildRows } from "../../db/pools/prebuild-rows.ts";
import { type PrebuildsSwitches, readSwitches } from "../../db/settings/settings.ts";
import { decidePool } from "../../domain/pool/decide-pool.ts";
import { type DecisionRecord, explainPool } from "../../domain/pool/explain.ts";
import { limitByQuota } from "../../domain/pool/limit-by-quota.ts";
import { type PoolPlan, plannedCreates } from "../../domain/pool/pool-plan.ts";
import type { PoolSnapshot } from "../../domain/pool/pool-snapshot.ts";
import { renderExplanation } from "../../domain/pool/render-explanation.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { rehearsalView } from "./rehearsal-view.ts";
import { requireTemplate } from "../templates/templates.ts";

const historyShownMax = 10;

/** What the last cycle on this server did; the composition root connects it to the controller's status. */
export type LastCycle = () => Readonly<Record<string, unknown>> | null;

interface InOrganization {
  readonly organization?: string;
}

export interface SeenPool {
  readonly snapshot: PoolSnapshot;
  readonly plan: PoolPlan;
  readonly versionName: string;
}

/** The pools as the reconciler would see them now, decided by the same code. */
export async function seePools(
  context: AppContext,
  scope: Omit<LoadPoolsInput, "now" | "backoffLookbackMs">,
): Promise<{ readonly pools: SeenPool[]; readonly switches: PrebuildsSwitches }> {
  const at = context.clock.now();
  const { isQuotaEnabled } = context.options;
  // All pools of an organization share its quota, so what one of them may create is known only beside the others.
  const { templateId, ...organizationScope } = scope;
  const { switches, loaded } = await context.db.snapshot("pools", async (sql) => ({
    switches: await readSwitches(sql),
    loaded: await loadPools(sql, {
      ...(isQuotaEnabled ? organizationScope : scope),
      now: at,
      backoffLookbackMs: context.options.poolPolicy.backoffLookbackMs,
      isForPeople: true,
    }),
  }));
  const now = at.getTime();
  const policy = {
    ...context.options.poolPolicy,
    disabled: !isEnabled(context, switches),
    paused: switches.pause.isTurned,
  };
  const seen = loaded.map((pool: LoadedPool): SeenPool => {
    const { preset, prebuilds, history, surge } = pool;
    const snapshot = { preset, prebuilds, history, now, policy, ...(surge === undefined ? {} : { surge }) };
    return { snapshot, plan: decidePool(snapshot), versionName: pool.versionName };
  });
  const held = isQuotaEnabled ? await holdForQuota(context, seen) : seen;
  const pools = held.filter(({ snapshot }) => templateId === undefined || snapshot.preset.templateId === templateId);
  return { pools: pools.sort(byName), switches };
}

/** The stored switch, as far as the option of this server lets it. */
export function isEnabled(context: AppContext, { off }: PrebuildsSwitches): boolean {
  return context.prebuildsSwitch.isAllowed && !off.isTurned;
}

async function holdForQuota(context: AppContext, seen: readonly SeenPool[]): Promise<SeenPool[]> {
  const plans = seen.map(({ plan }) => plan);
  const wanting = plans.filter((plan) => plannedCreates(plan) > 0).map((plan) => plan.presetId);
  const limited = limitByQuota(plans, await loadPoolQuota(context.db, wanting));
  return seen.map((pool, place) => ({ ...pool, plan: limited[place] ?? pool.plan }));
}

function byName(one: SeenPool, other: SeenPool): number {
  const key = ({ snapshot: { preset } }: SeenPool): string =>
    `${preset.templateName}/${preset.presetName}/${preset.versionIsActive ? 0 : 1}/${preset.templateVersionId}`;
  return key(one) < key(other) ? -1 : 1;
}

export function poolView({ snapshot, plan, versionName }: SeenPool): Pool {
  const { preset } = snapshot;
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
  };
}

export async function listPools(
  context: AppContext,
  actor: Actor,
  query: InOrganization & PageQuery & { readonly template?: string },
  lastCycle: LastCycle,
): Promise<PrebuildStatus> {
  const organization = await organizationOf(context, actor, query.organization);
  const template =
    query.template === undefined
      ? undefined
      : await requireTemplate(context, actor, { ...query, template: query.template });
  const { pools, switches } = await seePools(context, {
    organizationId: organization.id,
    ...(template === undefined ? {} : { templateId: template.id }),
  });
  const { limit, offset } = pageOf(query);
  return {
    isEnabled: isEnabled(context, switches),
    isOffByOption: !context.prebuildsSwitch.isAllowed,
    disabledAt: instant(switches.off.at),
    disabledBy: switches.off.by,
    isPaused: switches.pause.isTurned,
    pausedAt: instant(switches.pause.at),
    pausedBy: switches.pause.by,
    pools: pools.slice(offset, offset + limit).map(poolView),
    total: pools.length,
    lastCycle: lastCycle(),
  };
}

interface PoolName extends InOrganization {
  readonly template: string;
  readonly preset: string;
}

/** The pool of the active version's preset of that name. Errors: `not_found`. */
export async function requirePool(context: AppContext, actor: Actor, input: PoolName): Promise<SeenPool> {
  const template = await requireTemplate(context, actor, input);
  const { pools } = await seePools(context, { templateId: template.id });
  const found = pools.find(({ snapshot }) => snapshot.preset.presetName === input.preset);
  if (found === undefined) {
    const names = [...new Set(pools.map(({ snapshot }) => snapshot.preset.presetName))].join(", ");
    throw new CodedError("not_found", `The template "${template.name}" has no pool "${input.preset}".`, {
      next: names === "" ? "Give a preset `prebuilds` in template.yaml and push it." : `Its pools are: ${names}.`,
    });
  }
  return found;
}

/** Why the pool is as it is: the decision as it would be taken now, and the latest ones that were stored. */
export async function explain(context: AppContext, actor: Actor, input: PoolName): Promise<Static<typeof Explanation>> {
  const pool = await requirePool(context, actor, input);
  const record = explainPool(pool.snapshot, pool.plan);
  const presetId: PresetId = pool.snapshot.preset.presetId;
  const history = await decisionHistory(context.db, presetId, historyShownMax);
  return {
    pool: poolView(pool),
    sentences: [...renderExplanation(record, { now: pool.snapshot.now })],
    record: { ...record },
    rehearsal: rehearsalView((await readRehearsals(context.db, [presetId])).get(presetId)),
    history: history.map((row) => ({
      at: instant(row.at),
      record: row.record,
      // What was stored is a decision record of format version 1, written by this code.
      sentences: [...renderExplanation(row.record as unknown as DecisionRecord, { now: row.at.getTime() })],
    })),
  };
}

export async function listPrebuilds(
  context: AppContext,
  actor: Actor,
  query: InOrganization &
    PageQuery & { readonly template?: string; readonly preset?: string; readonly state?: LedgerState },
): Promise<{ prebuilds: PrebuildRow[]; total: number }> {
  const organization = await organizationOf(context, actor, query.organization);
  const rows = await listPrebuildRows(context.db, {
    organizationId: organization.id,
    template: query.template ?? null,
    preset: query.preset ?? null,
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
    error: row.error,
    createdAt: instant(row.created_at),
    readyAt: instant(row.ready_at),
  }));
  return { prebuilds, total: rows[0]?.total ?? 0 };
}
