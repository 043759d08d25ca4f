import { judgePlan, type JudgedPlan } from "../../../domain/replacement/plan-report.ts";
import type { PlanReport } from "../../../contracts/provisioner-protocol.ts";
import type { ApplyReport, BuildContext } from "../../driver.ts";
import type { BuildSession } from "./build-session.ts";
import { replacementWarnings } from "./claim-warnings.ts";
import { resourcesOf } from "./resources.ts";
import { type Mask, maskOf, sensitiveTexts } from "./secrets.ts";
import type { MadePlan } from "./terraform-run.ts";
import { plannedCreations } from "./unfinished.ts";

/** Plans, and applies when there is something to change: a claim that changes nothing costs its plan alone. */
export async function applyBuild(session: BuildSession, context: BuildContext): Promise<ApplyReport> {
  const { run, keeper, phases, mask } = session;
  const isClaim = context.work.transition === "start" && context.work.stage === "claim";
  const { plan, judged } = await judgedPlan(session);
  if (isClaim) for (const line of replacementWarnings(judged)) context.log("warn", "replacement", line);
  const isIdle = judged.report.effect === "nothing" && !plan.hasOutputChanges;
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
  return {
    resources: resourcesOf(values, mask),
    phases: phases.timings,
    ...(isClaim ? { plan: judged.report } : {}),
  };
}

/** What of a plan is done for good once these resources have begun to be deleted. */
function doneOf(report: PlanReport, deleted: ReadonlySet<string>): PlanReport {
  return { ...report, replacements: report.replacements.filter(({ address }) => deleted.has(address)) };
}

/** The plan of a session, and what it does to what exists; without the secrets that the driver has given to it. */
export async function judgedPlan(
  session: Pick<BuildSession, "run" | "mask">,
): Promise<{ readonly plan: MadePlan; readonly judged: JudgedPlan }> {
  const plan = await session.run.plan();
  const { report, unexplained } = judgePlan(plan.changes);
  // A provider may hand a sensitive value on without its mark: `terraform_data` does so from `input` to `output`.
  const theirs = maskOf(
    plan.changes.flatMap(({ before, beforeSensitive, after, afterSensitive }) => [
      ...sensitiveTexts(before, beforeSensitive),
      ...sensitiveTexts(after, afterSensitive),
    ]),
  );
  return { plan, judged: { unexplained, report: masked(report, (text) => theirs(session.mask(text))) } };
}

function masked(report: PlanReport, mask: Mask): PlanReport {
  const replacements = report.replacements.map(({ address, reasons }) => ({
    address,
    reasons: reasons.map(({ path, before, after }) => ({ path, before: mask(before), after: mask(after) })),
  }));
  return { ...report, replacements };
}
