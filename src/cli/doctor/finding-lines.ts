import type { DoctorFinding } from "../../contracts/api/system.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";

export function findingLines(finding: DoctorFinding, output: Output): readonly string[] {
  const { paint } = output;
  const marks = { ok: paint.green("ok     "), warning: paint.yellow("warning"), error: paint.red("error  ") };
  const line = `${marks[finding.severity]}  ${paint.bold(printable(finding.check))}: ${printable(finding.message)}`;
  return finding.next === null ? [line] : [line, `         → ${printable(finding.next)}`];
}

export function summaryLine(findings: readonly DoctorFinding[]): string {
  const count = (severity: DoctorFinding["severity"]): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return `${count("error")} errors, ${count("warning")} warnings, ${count("ok")} ok`;
}
