import { readFileSync } from "node:fs";
import path from "node:path";
import { handOverFile } from "../load/templates.ts";
import type { CheckDeps } from "./check-deps.ts";
import { foldersOf } from "./leaks.ts";

/** A hook that is interrupted with its agent is run again: whatever chaos did to the workspace explains a second line. */
export function checkHandOvers({ system, facts, touched, log }: CheckDeps): void {
  for (const daemon of system.daemons) {
    for (const workspaceId of foldersOf(daemon.folder)) {
      const lines = linesOf(path.join(daemon.folder, "workspaces", workspaceId, "home", handOverFile));
      const fact = facts.of(workspaceId);
      const evidence = { workspaceId, lines, fact: fact ?? null, touched: touched.of(workspaceId) };
      if (lines.length > 1 && touched.of(workspaceId).length === 0) {
        const what = `the hand-over of ${workspaceId} ran ${lines.length} times`;
        log.violation("a hand-over runs once", workspaceId, { what, evidence });
      }
      const strangers = lines.filter((line) => fact !== undefined && !line.startsWith(`${fact.person} ${fact.name} `));
      if (strangers.length > 0) {
        const what = `${workspaceId} was handed over to somebody else than its owner`;
        log.violation("a hand-over is to the owner", workspaceId, { what, evidence });
      }
    }
  }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
