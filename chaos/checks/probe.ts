import { sleep } from "../../src/platform/sleep.ts";
import type { CheckDeps } from "./check-deps.ts";

const usableTries = 12;
const usablePauseMs = 1_000;

/** What a person would try to see whether all is well: a claim must be had at once, and a command must run in it. */
export async function probe({ crew, facts, requests, log }: CheckDeps): Promise<void> {
  const [person] = [...crew.people].sort((one, other) => facts.countLiving(one.name) - facts.countLiving(other.name));
  if (person === undefined) return;
  const known = new Set(facts.all().map((fact) => fact.workspaceId));
  await requests.create(person, { pick: 0, mode: "warm_only", isRepeated: false });
  const made = facts.all().find((fact) => !known.has(fact.workspaceId));
  if (made === undefined) {
    const what = "a claim was refused though the pools are shown as full";
    log.violation("I5", `probe at ${log.elapsedMs}`, { what, evidence: null });
    return;
  }
  // Somebody's older ones, too: those have lived through the faults.
  const older = facts.choice(person.name, ["running"]).filter((fact) => fact.outcome === "claimed" && !fact.isTouched);
  for (const fact of [made, ...older.slice(0, 1)]) {
    let runs = false;
    for (let tries = 0; tries < usableTries && !runs; tries += 1) {
      if (tries > 0) await sleep(usablePauseMs);
      runs = await requests.exec(person, fact);
    }
    if (runs) continue;
    const what = `no command runs in ${person.name}'s workspace ${fact.name}, with everything in order`;
    log.violation("a workspace can be used", fact.workspaceId, { what, evidence: { ...fact } });
  }
  await requests.build(person, made, "delete");
}
