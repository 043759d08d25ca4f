import { judgePlan, type JudgedPlan } from "../../../domain/replacement/plan-report.ts";
import type { PlanReport } from "../../../contracts/provisioner-protocol.ts";
import type { ApplyReport, BuildContext } from "../../driver.ts";
import { isSameValue } from "../../../domain/replacement/value-at-path.ts";
import type { BuildSession } from "./build-session.ts";
import { existing, ignoredFor, isSameBasis, type Kept, keptAfter } from "./coder/kept-instances.ts";
import type { BuiltAgent } from "../../../contracts/agent-settings.ts";
import { builtAgents } from "./coder/built-agents.ts";
import { coderProviderOf } from "./coder/provider-choice.ts";
import { blockKey, isCoderType, readOutline } from "./configuration-outline.ts";
import { keepsAtClaim } from "./claim-policy.ts";
import { replacementWarnings } from "./claim-warnings.ts";
import { resourcesOf } from "./resources.ts";
import { type Mask, maskOf, sensitiveTexts } from "./secrets.ts";
import type { MadePlan } from "./terraform-run.ts";
import { plannedCreations } from "./unfinished.ts";

/** Plans, and applies when there is something to change: a claim that changes nothing costs its plan alone. */
export async function applyBuild(session: BuildSession, context: BuildContext): Promise<ApplyReport> {
  const { run, keeper, phases, mask } = session;
  const isClaim = isClaimOf(context);
  const { plan, judged, isIdle } = await judgedPlan(session, context);
  if (isClaim) for (const line of replacementWarnings(judged)) context.log("warn", "replacement", line);
  // Before anything is done: of a claim that is cut off, the next build must know what it left alone.
  if (isClaim) await storeKept(session, keptByClaim(context, plan.priorValues));
  if (isIdle) {
    context.log("info", "plan", "nothing to change");
  } else {
    await keeper?.note({ planned: plannedCreations(plan.changes) });
    const deleted = new Set<string>();
    await run.apply((address) => {
      deleted.add(address);
      if (isClaim) context.notePlan?.(doneOf(judged.report, deleted));
    });
  }
  const values = isIdle ? plan.priorValues : await run.values();
  if (!isClaim) await storeKept(session, keptAfter(keeper?.state.kept ?? null, { ...basisOf(context), values }));
  const agents = agentsToldBy(context, values);
  return {
    resources: resourcesOf(values, mask),
    phases: phases.timings,
    ...(agents === null ? {} : { agents }),
    ...(isClaim ? { plan: judged.report } : {}),
  };
}

/** Null where the version itself says what its agents are to run, and when nothing is started. */
function agentsToldBy(context: BuildContext, values: unknown): readonly BuiltAgent[] | null {
  if (context.work.transition !== "start" || readOutline(context.versionState)?.isForCoder !== true) return null;
  const { agents, strays } = builtAgents(values);
  for (const address of strays) context.log("warn", "agents", `${address} belongs to no agent of this build`);
  return agents;
}

/** What of a plan is done for good once these resources have begun to be deleted. */
function doneOf(report: PlanReport, deleted: ReadonlySet<string>): PlanReport {
  return { ...report, replacements: report.replacements.filter(({ address }) => deleted.has(address)) };
}

function isClaimOf({ work }: BuildContext): boolean {
  return work.transition === "start" && work.stage === "claim";
}

/** The plan of a build, and what it does to what exists; without the secrets that the driver has given to it. */
export async function judgedPlan(
  session: Pick<BuildSession, "run" | "mask" | "ignore" | "keeper">,
  context: BuildContext,
): Promise<{ readonly plan: MadePlan; readonly judged: JudgedPlan; readonly isIdle: boolean }> {
  const plan = await planKeeping(session, context);
  // What the provider for Coder makes is nothing but entries of the state.
  const { report, unexplained } = judgePlan(plan.changes.filter(({ type }) => !isCoderType(type)));
  const isIdle = judgePlan(plan.changes).report.changes === 0 && !plan.hasOutputChanges && !isRefreshed(context);
  // A provider may hand a sensitive value on without its mark: `terraform_data` does so from `input` to `output`.
  const theirs = maskOf(
    plan.changes.flatMap(({ before, beforeSensitive, after, afterSensitive }) => [
      ...sensitiveTexts(before, beforeSensitive),
      ...sensitiveTexts(after, afterSensitive),
    ]),
  );
  return { plan, isIdle, judged: { unexplained, report: masked(report, (text) => theirs(session.mask(text))) } };
}

/**
 * The original provider has an agent's new token by the refresh, which is no change of the plan: the state has it once
 * the plan is applied.
 */
function isRefreshed({ manifest, work }: BuildContext): boolean {
  return coderProviderOf(manifest) === "registry" && work.agents.some(({ token }) => token !== null);
}

/** A claim leaves what exists as it is, where the template's policy says so; what it left is not replaced for that later. */
async function planKeeping(
  { run, ignore, keeper }: Pick<BuildSession, "run" | "ignore" | "keeper">,
  context: BuildContext,
): Promise<MadePlan> {
  const outline = readOutline(context.versionState);
  if (outline === null) return await run.plan();
  if (isClaimOf(context)) {
    if (!keepsAtClaim(context.manifest, outline)) return await run.plan();
    await ignore(
      new Map(outline.blocks.filter(({ type }) => !isCoderType(type)).map((block) => [blockKey(block), "all"])),
    );
    return await run.plan({ refresh: false });
  }
  const first = await run.plan();
  const kept = keeper?.state.kept ?? null;
  if (kept === null || !isSameBasis(kept, basisOf(context))) return first;
  let [plan, tried] = [first, new Map<string, readonly string[]>() as ReadonlyMap<string, readonly string[]>];
  for (let nth = 0; nth < keepingPlansMax; nth += 1) {
    const ignored = ignoredFor(kept, { first: first.changes, last: plan.changes }, tried);
    if (ignored === null) return plan;
    tried = ignored;
    await ignore(ignored);
    plan = await run.plan();
  }
  if (ignoredFor(kept, { first: first.changes, last: plan.changes }, tried) !== null) {
    context.log(
      "warn",
      "plan",
      "what the claim left as it was is replaced all the same: see which attributes the template says to be new",
    );
  }
  return plan;
}

/** Plans until nothing that a claim has kept is replaced: the second leaves it alone, the third what came up by that. */
const keepingPlansMax = 4;

function basisOf({ archiveHash, work }: BuildContext): Omit<Kept, "instances"> {
  return { archiveHash, parameters: work.parameters };
}

/** All that a claim finds and leaves as it is; null where it does what the template says. */
function keptByClaim(context: BuildContext, before: unknown): Kept | null {
  const outline = readOutline(context.versionState);
  if (outline === null || !keepsAtClaim(context.manifest, outline)) return null;
  return { ...basisOf(context), instances: existing(before) };
}

async function storeKept({ keeper }: BuildSession, kept: Kept | null): Promise<void> {
  if (keeper === null || isSameValue(kept, keeper.state.kept)) return;
  keeper.update({ kept });
  await keeper.flush();
}

function masked(report: PlanReport, mask: Mask): PlanReport {
  const replacements = report.replacements.map(({ address, reasons }) => ({
    address,
    reasons: reasons.map(({ path, before, after }) => ({ path, before: mask(before), after: mask(after) })),
  }));
  return { ...report, replacements };
}
