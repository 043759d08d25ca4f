import type { DoctorFinding, DoctorReport } from "../../contracts/api/system.ts";
import { CodedError } from "../../contracts/errors.ts";
import { ides } from "../../contracts/ides.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { findingLines, summaryLine } from "../doctor/finding-lines.ts";
import { localFindings } from "../doctor/local-findings.ts";
import {
  isSomethingMissing,
  renderWorkspaceReport,
  type WorkspaceWish,
  workspaceReport,
} from "../doctor/workspace-report.ts";
import { exitCodes } from "../exit-codes.ts";
import { clientFor, type Invocation } from "../invocation.ts";
import type { Output } from "../output/output.ts";
import { resolveAccess } from "../session.ts";

const ideChoices = [...ides, "all"] as const;

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

function render(findings: readonly DoctorFinding[], output: Output): string {
  return [...findings.flatMap((finding) => findingLines(finding, output)), summaryLine(findings)].join("\n");
}

/** The deployment is looked at unless a workspace is named. */
function read(input: CommandInput): WorkspaceWish | undefined {
  const workspace = input.text("workspace");
  const ide = input.choice("ide", ideChoices);
  const agent = input.text("agent");
  if (workspace === undefined) {
    const flag = ide === undefined ? (agent === undefined ? undefined : "agent") : "ide";
    return flag === undefined ? undefined : input.refuse(`--${flag} needs --workspace.`);
  }
  return { workspace, agent, ide: ide === "all" ? undefined : ide };
}

async function lookAtWorkspace(wish: WorkspaceWish, invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const report = await workspaceReport(wish, invocation);
  output.result(report, () => renderWorkspaceReport(report, output));
  return isSomethingMissing(report) ? exitCodes.failed : exitCodes.done;
}

export const doctorCommand = defineCommand<WorkspaceWish | undefined>({
  usage: "doctor",
  summary: "check the deployment, or what a workspace's image lacks for editors, and say what to do",
  notes:
    "Of the deployment: whether it is well, or why it cannot be reached. With --workspace: whether what editors run over " +
    "SSH works in it, as its agent sees it at this moment; nothing is run there. Exits 1 when there is an error among the findings.",
  example: "prewarm doctor --workspace dev --ide vscode",
  options: [
    { flags: "--workspace <name>", about: "look into this workspace instead of the deployment" },
    {
      flags: "--ide <editor>",
      choices: ideChoices,
      about: `for one editor: ${ideChoices.join(", ")}; all unless said`,
    },
    { flags: "--agent <name>", about: "the workspace's agent; its first unless said" },
  ],
  isOrganizational: true,
  read,
  async run(wish, invocation) {
    if (wish !== undefined) return await lookAtWorkspace(wish, invocation);
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
