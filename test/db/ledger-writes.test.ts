// The ledger's writers and the domain's table of transitions, held against each other.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { LedgerState } from "../../src/contracts/states.ts";
import { ledgerStates } from "../../src/contracts/states.ts";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import { ledgerMove, ledgerMoves } from "../../src/db/ledger/ledger-writes.ts";
import { ledgerTransitions } from "../../src/domain/ledger/ledger-transitions.ts";
import { codeOf } from "../support/claims.ts";
import { failed, runJobs } from "../support/daemon.ts";
import { testFixture } from "../support/fixture.ts";
import { ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

/** Every statement of the program declares its moves when its file is loaded. */
async function loadStatements(): Promise<void> {
  const root = new URL("../../src/db/", import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  await Promise.all(files.map((file) => import(new URL(file, root).href)));
}

describe("writers of the ledger", () => {
  it("make every move of the table of transitions, and no other", async () => {
    await loadStatements();
    const made = new Set<string>();
    for (const { steps } of ledgerMoves()) {
      if (steps === "repair") continue;
      for (const from of ledgerStates) {
        for (const to of steps[from] ?? []) if (to !== from) made.add(`${from} → ${to}`);
      }
    }
    const table = ledgerStates.flatMap((from) => ledgerTransitions[from].map((to) => `${from} → ${to}`));
    expect([...made].sort()).toEqual(table.sort());
  });

  it("repair in one place alone", async () => {
    await loadStatements();
    const repairs = ledgerMoves().filter(({ steps }) => steps === "repair");
    expect(repairs.map(({ name }) => name)).toEqual(["ledger_repair"]);
  });

  it("are refused at the start when they would make another move", () => {
    const move = (from: LedgerState, to: LedgerState) => () =>
      ledgerMove({ name: "wrong", steps: { [from]: [to] }, where: "b.workspace_id = $1" });
    expect(move("claimed", "ready")).toThrow('"wrong" goes from claimed to ready');
    expect(move("draining", "building")).toThrow("from draining to building");
  });

  it("ask for the state that they move from, and count the generation", () => {
    const text = ledgerMove({ name: "example", steps: { building: ["deleted"] }, where: "b.workspace_id = $1" });
    expect(text.replaceAll(/\s+/g, " ")).toBe(
      "update prebuilds b set state = 'deleted', generation = b.generation + 1 where b.workspace_id = $1 and b.state in ('building')",
    );
  });
});

describe("a prebuild whose delete has failed", () => {
  it("cannot be started or stopped by an administrator, and can be deleted again", async () => {
    const fx = await testFixture();
    const preset = (await publishTemplate(fx, { presets: { large: 0 } })).preset();
    const workspace = await putPrebuild(fx, preset, { transition: "delete", jobStatus: "failed" });
    for (const transition of ["start", "stop"] as const) {
      expect(await codeOf(createBuild(fx.context, fx.admin, { workspace, transition }))).toBe("build_in_progress");
    }
    expect(await ledgerState(fx, workspace)).toBe("draining");
    await createBuild(fx.context, fx.admin, { workspace, transition: "delete" });
    await runJobs(fx, () => failed);
    expect(await ledgerState(fx, workspace)).toBe("draining");
    await createBuild(fx.context, fx.admin, { workspace, transition: "delete" });
    await runJobs(fx);
    expect(await ledgerState(fx, workspace)).toBe("deleted");
  });
});
