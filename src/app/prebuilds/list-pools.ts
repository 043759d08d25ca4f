import type { Pool, PrebuildStatus } from "../../contracts/api/prebuilds.ts";
import type { PresetId } from "../../contracts/ids.ts";
import { demandSince, lastMisses, type PoolDemandRow } from "../../db/pools/pool-history.ts";
import { byAttention, type PoolCondition, poolCondition } from "../../domain/pool/pool-condition.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isTemplateAdmin } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { requireTemplate } from "../templates/templates.ts";
import { isEnabled, poolView, type SeenPool, seePools } from "./pools.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What the last cycle on this server did; the composition root connects it to the controller's status. */
export type LastCycle = () => Readonly<Record<string, unknown>> | null;

export interface ListPoolsQuery extends PageQuery {
  readonly organization?: string;
  readonly template?: string;
  readonly text?: string;
  readonly condition?: PoolCondition;
  readonly sort?: "name" | "attention" | "misses";
}

interface ListedPool {
  readonly seen: SeenPool;
  readonly condition: PoolCondition;
  readonly claimed: number;
  readonly missed: number;
}

/** A page of pools as the next cycle would treat them, with how they did in the last day. */
export async function listPools(
  context: AppContext,
  actor: Actor,
  query: ListPoolsQuery,
  lastCycle: LastCycle,
): Promise<PrebuildStatus> {
  const organization = await organizationOf(context, actor, query.organization);
  const template =
    query.template === undefined
      ? undefined
      : await requireTemplate(context, actor, { ...query, template: query.template });
  const isTold = isTemplateAdmin(actor, organization.id);
  const { pools, switches } = await seePools(context, { organizationId: organization.id, hidesErrors: !isTold });
  const since = new Date(context.clock.now().getTime() - dayMs);
  const every = withDemand(pools, await demandSince(context.db, since));
  const found = every.filter(isAskedFor({ ...query, templateId: template?.id ?? null })).toSorted(orderOf(query.sort));
  const { limit, offset } = pageOf(query);
  const page = found.slice(offset, offset + limit);
  return {
    isEnabled: isEnabled(context, switches),
    isOffByOption: !context.prebuildsSwitch.isAllowed,
    disabledAt: instant(switches.off.at),
    disabledBy: isTold ? switches.off.by : null,
    isPaused: switches.pause.isTurned,
    pausedAt: instant(switches.pause.at),
    pausedBy: isTold ? switches.pause.by : null,
    pools: await viewsOf(context, page, since),
    total: found.length,
    totals: totalsOf(every),
    lastCycle: lastCycle(),
  };
}

/** A name's creations are counted for it, whatever version they were of: they are shown with that of the active one. */
function withDemand(pools: readonly SeenPool[], demand: readonly PoolDemandRow[]): readonly ListedPool[] {
  const counted = new Map(demand.map((row) => [`${row.template_id}/${row.preset_name}`, row]));
  return pools.map((seen) => {
    const { preset } = seen.snapshot;
    const row = preset.versionIsActive ? counted.get(`${preset.templateId}/${preset.presetName}`) : undefined;
    return { seen, condition: poolCondition(seen), claimed: row?.claimed ?? 0, missed: row?.missed ?? 0 };
  });
}

function isAskedFor({
  templateId,
  text = "",
  condition,
}: ListPoolsQuery & { readonly templateId: string | null }): (pool: ListedPool) => boolean {
  const part = text.toLowerCase();
  return ({ seen: { snapshot }, condition: is }) =>
    (templateId === null || snapshot.preset.templateId === templateId) &&
    (condition === undefined || is === condition) &&
    nameOf(snapshot.preset).toLowerCase().includes(part);
}

function nameOf(preset: SeenPool["snapshot"]["preset"]): string {
  return `${preset.templateName}/${preset.presetName}`;
}

type Order = (one: ListedPool, other: ListedPool) => number;

/** What is alike stays in the order of the names, which is that of the pools as they are seen. */
function orderOf(sort: ListPoolsQuery["sort"]): Order {
  if (sort === "misses") return (one, other) => other.missed - one.missed;
  if (sort !== "attention") return () => 0;
  const facts = ({ seen: { snapshot, plan }, condition, missed }: ListedPool) => ({
    condition,
    missed,
    desired: plan.state.desired,
    eligible: plan.state.eligible,
    name: nameOf(snapshot.preset),
  });
  return (one, other) => byAttention(facts(one), facts(other));
}

async function viewsOf(context: AppContext, page: readonly ListedPool[], day: Date): Promise<Pool[]> {
  const asked = page.filter(({ missed }) => missed > 0).map(({ seen }) => seen.snapshot.preset.presetId);
  const recent = new Date(context.clock.now().getTime() - hourMs);
  const rows = asked.length === 0 ? [] : await lastMisses(context.db, asked, { day, recent });
  const misses = new Map<PresetId, (typeof rows)[number]>(rows.map((row) => [row.preset_id, row]));
  return page.map(({ seen, claimed, missed }) => {
    const miss = misses.get(seen.snapshot.preset.presetId);
    const asking = claimed + missed;
    return {
      ...poolView(seen),
      day: {
        claimed,
        missed,
        hitRate: asking === 0 ? null : claimed / asking,
        lastMiss: miss === undefined ? null : { at: instant(miss.at), reason: miss.reason },
      },
    };
  });
}

function totalsOf(pools: readonly ListedPool[]): NonNullable<PrebuildStatus["totals"]> {
  const sum = (of: (pool: SeenPool) => number): number => pools.reduce((total, { seen }) => total + of(seen), 0);
  const are = (condition: PoolCondition): number => pools.filter((pool) => pool.condition === condition).length;
  return {
    pools: pools.length,
    desired: sum(({ plan }) => plan.state.desired),
    eligible: sum(({ plan }) => plan.state.eligible),
    starting: sum(({ plan }) => plan.state.starting),
    conditions: {
      limited: are("limited"),
      held: are("held"),
      filling: are("filling"),
      healthy: are("healthy"),
      off: are("off"),
    },
  };
}
