import type { JudgedPlan } from "../../../domain/replacement/plan-report.ts";

/** What a claim's plan is going to delete and make again, as lines of the build's log, sorted. */
export function replacementWarnings({ report, unexplained }: JudgedPlan): readonly string[] {
  const explained = report.replacements.flatMap(({ address, reasons }) =>
    reasons.map(({ path, before, after }) => `${address} is replaced: ${path} changes from ${before} to ${after}`),
  );
  const others = unexplained.map((address) => `${address} is replaced; the plan names no attribute as the reason`);
  // By code units, as the report itself.
  return [...explained, ...others].toSorted((one, other) => (one < other ? -1 : 1));
}
