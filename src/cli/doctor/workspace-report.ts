import type { Client } from "../../client/client.ts";
import type { WorkspaceIdes } from "../../contracts/api/ides.ts";
import { CodedError } from "../../contracts/errors.ts";
import { type Ide, ideTable } from "../../contracts/ides.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { findingLines, summaryLine } from "./finding-lines.ts";

export interface WorkspaceWish {
  readonly workspace: string;
  readonly agent: string | undefined;
  /** All of them unless said. */
  readonly ide: Ide | undefined;
}

export interface WorkspaceReport extends WorkspaceIdes {
  readonly workspace: string;
}

/** What a workspace's image lacks for editors, as its agent sees it now. Errors: those of getting into a workspace. */
export async function workspaceReport(wish: WorkspaceWish, invocation: Invocation): Promise<WorkspaceReport> {
  const client: Client = await invocation.connect();
  const { id, name } = await findWorkspace(client, wish.workspace, invocation);
  const query = wish.agent === undefined ? {} : { agent: wish.agent };
  const answer = await client.call("listIdes", { params: { workspace: id }, query });
  if (answer.problem !== null) {
    const code = answer.problem.code === "agent_outdated" ? "agent_outdated" : "agent_unavailable";
    throw new CodedError(code, answer.problem.message);
  }
  const { ide } = wish;
  return { ...answer, workspace: name, ides: answer.ides.filter((one) => ide === undefined || one.ide === ide) };
}

export function isSomethingMissing({ sessions, ides }: WorkspaceReport): boolean {
  return [sessions, ...ides.map(({ findings }) => findings)].some((findings) =>
    findings.some(({ severity }) => severity === "error"),
  );
}

/** Editors of one family need the same, and stand together. */
export function renderWorkspaceReport({ sessions, ides }: WorkspaceReport, output: Output): string {
  const families = new Map<string, WorkspaceReport["ides"]>();
  for (const one of ides) {
    const { family } = ideTable[one.ide];
    families.set(family, [...(families.get(family) ?? []), one]);
  }
  const groups = [...families.values()].map((family) => ({
    title: family.map(({ displayName }) => printable(displayName)).join(", "),
    findings: family[0]?.findings ?? [],
  }));
  const all = [{ title: "Any session", findings: sessions }, ...groups];
  const lines = all.flatMap(({ title, findings }) => [
    output.paint.bold(title),
    ...findings.flatMap((finding) => findingLines(finding, output)),
    "",
  ]);
  return [...lines, summaryLine(all.flatMap(({ findings }) => findings))].join("\n");
}
