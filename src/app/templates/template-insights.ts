import type { TemplateInsights, UsableTimes } from "../../contracts/api/template-insights.ts";
import { CodedError } from "../../contracts/errors.ts";
import { workspacesCountedMax } from "../../contracts/limits.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import type { WorkspaceGroup } from "../../contracts/workspace-groups.ts";
import {
  type DemandRow,
  type DetailRow,
  insightsDemand,
  insightsDetails,
  type InsightsDetails,
  insightsOwners,
  insightsStored,
  insightsValues,
  type ValueRow,
} from "../../db/templates/template-insights.ts";
import type { TemplateRow } from "../../db/templates/templates.ts";
import type { Sql } from "../../db/store.ts";
import { countWorkspaces } from "../../db/workspaces/workspace-list.ts";
import { type InsightsRange, insightsRange, isParameterShown } from "../../domain/template/insights-range.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireTemplateAdmin } from "../authorize.ts";
import { requireTemplate } from "./templates.ts";

interface Asked {
  readonly organization?: string;
  readonly template: string;
  readonly from?: string;
  readonly to?: string;
}

/**
 * How a template is used, for those who look after it.
 * Errors: `not_found`, `forbidden`; `invalid_request` for a range that is none, or has too many days.
 */
export async function templateInsights(context: AppContext, actor: Actor, input: Asked): Promise<TemplateInsights> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "see how templates are used");
  const now = context.clock.now();
  const range = rangeOf(input, now);
  const of = { templateId: template.id, from: new Date(range.fromMs), to: new Date(range.toMs) };
  return await context.db.snapshot("template insights", async (sql) => {
    const details = await insightsDetails(sql, of);
    const stored = await insightsStored(sql);
    return {
      from: range.days.at(0) ?? "",
      to: range.days.at(-1) ?? "",
      since: sinceOf(range, stored, details),
      ...demandView(range, await insightsDemand(sql, of)),
      usable: { warm: timesOf(details.rows, "claimed"), cold: timesOf(details.rows, "cold") },
      failures: details.rows.reduce((sum, { failures }) => sum + failures, 0),
      people: { creating: details.rows[0]?.people ?? 0, owning: await insightsOwners(sql, template.id) },
      workspaces: await workspacesNow(sql, template),
      parameters: parameterView(await insightsValues(sql, template.id)),
    };
  });
}

function rangeOf(asked: Asked, now: Date): InsightsRange {
  const parsed = insightsRange(asked, now.getTime());
  if (parsed.kind === "ok") return parsed.range;
  const { field, reason } = parsed;
  throw new CodedError("invalid_request", `There is nothing to tell for \`${field}\`: ${reason}.`, {
    problems: [{ field, reason }],
  });
}

/** Not before something is stored at all: what came earlier was removed, or there was nothing. */
function sinceOf(
  { fromMs }: InsightsRange,
  stored: { readonly hour: Date | null; readonly at: Date | null },
  { rows, isCut }: InsightsDetails,
): TemplateInsights["since"] {
  const each = Math.max(fromMs, stored.at?.getTime() ?? fromMs);
  const summed = Math.max(fromMs, Math.min(each, stored.hour?.getTime() ?? each));
  const oldest = rows[0]?.oldest.getTime() ?? each;
  return {
    creations: new Date(summed).toISOString(),
    details: new Date(isCut ? Math.max(each, oldest) : each).toISOString(),
  };
}

function demandView(
  { days }: InsightsRange,
  rows: readonly DemandRow[],
): Pick<TemplateInsights, "creations" | "hitRate" | "misses" | "days"> {
  const counted = rows.filter((row) => row.day !== null);
  const numbers = (some: readonly DemandRow[]) => {
    const of = (outcome: DemandRow["outcome"]): number =>
      some.filter((row) => row.outcome === outcome).reduce((sum, { count }) => sum + count, 0);
    return { warm: of("claimed"), cold: of("cold"), refused: of("refused") };
  };
  const creations = numbers(counted);
  const all = creations.warm + creations.cold + creations.refused;
  const misses = new Map<string, TemplateInsights["misses"][number]>();
  for (const { preset_name: preset, reason, count } of rows.filter((row) => row.day === null)) {
    const key = JSON.stringify([preset, reason]);
    const known = misses.get(key)?.count ?? 0;
    misses.set(key, { preset: preset === "" ? null : preset, reason: reason ?? "", count: known + count });
  }
  return {
    creations,
    hitRate: all === 0 ? null : creations.warm / all,
    misses: [...misses.values()].toSorted((one, other) => other.count - one.count),
    days: days.map((day) => ({ day, ...numbers(counted.filter((row) => row.day === day)) })),
  };
}

function timesOf(rows: readonly DetailRow[], outcome: DetailRow["outcome"]): UsableTimes {
  const row = rows.find((one) => one.outcome === outcome);
  if (row === undefined || row.samples === 0) return null;
  const { p50_ms: p50, p90_ms: p90, p99_ms: p99, samples } = row;
  return { p50Ms: Math.round(p50 ?? 0), p90Ms: Math.round(p90 ?? 0), p99Ms: Math.round(p99 ?? 0), samples };
}

async function workspacesNow(sql: Sql, template: TemplateRow): Promise<TemplateInsights["workspaces"]> {
  const selection = {
    systemUserId: prebuildsUserId,
    ownerId: null,
    organizationId: template.organization_id,
    template: template.name,
    status: null,
    group: null,
    isDormant: null,
    isOutdated: null,
    search: null,
    ids: null,
  };
  const rows = await countWorkspaces(sql, selection, workspacesCountedMax);
  const counted = new Map(rows.map(({ group, count }) => [group, count]));
  const of = (group: WorkspaceGroup): number => counted.get(group) ?? 0;
  return {
    running: of("running"),
    starting: of("starting"),
    stopped: of("stopped"),
    failed: of("failed"),
    dormant: of("dormant"),
  };
}

function parameterView(rows: readonly ValueRow[]): TemplateInsights["parameters"] {
  const names = [...new Set(rows.map(({ name }) => name))];
  return names.filter(isParameterShown).map((name) => {
    const values = rows.filter((row) => row.name === name);
    return {
      name,
      values: values.map(({ value, count }) => ({ value, count })),
      others: (values[0]?.total ?? 0) - values.reduce((sum, { count }) => sum + count, 0),
    };
  });
}
