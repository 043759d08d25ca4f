import type { DoctorFinding, DoctorReport } from "../../contracts/api/system.ts";
import { CodedError } from "../../contracts/errors.ts";
import { defineCommand } from "../command.ts";
import { localFindings } from "../doctor/local-findings.ts";
import { exitCodes } from "../exit-codes.ts";
import { clientFor, type Invocation } from "../invocation.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { resolveAccess } from "../session.ts";

/** What the server finds about itself, or undefined with the reason when it cannot be asked. */
async function serverReport({ world }: Invocation): Promise<DoctorReport | CodedError> {
  try {
    const access = await resolveAccess(world);
    if (access?.token === undefined) return new CodedError("unauthenticated", "You are not signed in.");
    const client = await clientFor(access.url, access.token);
    return await client.call("doctor", {});
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

function findingLines(finding: DoctorFinding, output: Output): readonly string[] {
  const { paint } = output;
  const marks = { ok: paint.green("ok     "), warning: paint.yellow("warning"), error: paint.red("error  ") };
  const line = `${marks[finding.severity]}  ${paint.bold(printable(finding.check))}: ${printable(finding.message)}`;
  return finding.next === null ? [line] : [line, `         → ${printable(finding.next)}`];
}

function render(findings: readonly DoctorFinding[], output: Output): string {
  const count = (severity: DoctorFinding["severity"]): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const summary = `${count("error")} errors, ${count("warning")} warnings, ${count("ok")} ok`;
  return [...findings.flatMap((finding) => findingLines(finding, output)), summary].join("\n");
}

export const doctorCommand = defineCommand({
  usage: "doctor",
  summary: "check the deployment, or why it cannot be reached, and say what to do",
  notes: "Exits 1 when there is an error among the findings.",
  example: "prewarm doctor",
  read: () => undefined,
  async run(_options, invocation) {
    const { output, world } = invocation;
    const answer = await serverReport(invocation);
    const report: DoctorReport =
      answer instanceof CodedError
        ? {
            version: world.version,
            findings: [...(await localFindings(world, answer))],
            controllers: [],
            daemons: [],
            servers: [],
          }
        : answer;
    output.result(report, () => render(report.findings, output));
    return report.findings.some(({ severity }) => severity === "error") ? exitCodes.failed : exitCodes.done;
  },
});
