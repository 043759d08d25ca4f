import type { DoctorFinding } from "../../contracts/api/system.ts";

/** Major versions of Node that all tests run on, the oldest and the newest whole (`.ci/run`). */
const testedMajors: readonly number[] = [20, 22, 24, 26];
/** Those of them that get no repairs any more. */
const endedMajors: readonly number[] = [20];

/** Whether the Node that this server runs on is one that Prewarm is tested on. */
export function nodeFinding(version: string): DoctorFinding {
  const check = "node";
  const major = Number(version.split(".")[0]);
  const best = testedMajors.filter((one) => !endedMajors.includes(one)).slice(-2);
  const next = `Install Node ${best.join(" or ")} and start the server again.`;
  if (!testedMajors.includes(major)) {
    const message = `The server runs on Node ${version}, on which Prewarm is not tested; it is on ${testedMajors.join(", ")}.`;
    return { check, severity: "warning", message, next };
  }
  if (endedMajors.includes(major)) {
    // It works, and is tested: no warning that an operator would learn to overlook.
    const message = `The server runs on Node ${version}, which gets no security repairs any more. ${next}`;
    return { check, severity: "ok", message, next: null };
  }
  return { check, severity: "ok", message: `The server runs on Node ${version}.`, next: null };
}
