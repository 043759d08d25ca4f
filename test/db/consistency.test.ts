import { describe, expect, it } from "vitest";
import { createConsistency } from "../../src/controllers/consistency.ts";
import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import { type JobStatus, jobStatuses, ledgerStates, type Transition, transitions } from "../../src/contracts/states.ts";
import { divergentLedger, repairLedger } from "../../src/db/pools/consistency.ts";
import { strayRows } from "../../src/db/pools/consistency-pages.ts";
import { expectedLedgerState } from "../../src/domain/ledger/ledger-state.ts";
import { agentsReady, runJobs } from "../support/daemon.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const goOn = new AbortController().signal;
const rowsMax = 1_000;

interface Facts {
  readonly transition: Transition;
  readonly jobStatus: JobStatus;
  readonly agents: { readonly total: number; readonly ready: number };
  readonly claimed: boolean;
  readonly deleted: boolean;
}

const agentCounts = [
  { total: 0, ready: 0 },
  { total: 1, ready: 0 },
  { total: 2, ready: 1 },
  { total: 2, ready: 2 },
];

const combinations: readonly Facts[] = transitions.flatMap((transition) =>
  jobStatuses.flatMap((jobStatus) =>
    agentCounts.flatMap((agents) =>
      [false, true].flatMap((claimed) =>
        [false, true].map((deleted) => ({ transition, jobStatus, agents, claimed, deleted })),
      ),
    ),
  ),
);

function consistency(fx: Fixture) {
  const { clock, logger, id: serverId, store: db } = fx;
  return createConsistency({ db, clock, logger, serverId, monotonicMs: () => performance.now() });
}

describe("what a ledger row must say", () => {
  it("is the same in SQL and in the domain, for every combination of facts", async () => {
    const fx = await testFixture();
    fx.breakOnPurpose();
    const presetId = (await publishTemplate(fx)).preset();
    const expected = new Map<string, string>();
    for (const facts of combinations) {
      const id = await putPrebuild(fx, presetId, facts);
      const state = expectedLedgerState(facts);
      expected.set(id, state);
      // Whatever is not right and is still looked at: a row that says claimed or deleted is not questioned again.
      const wrong = state === "parked" ? "starting" : "parked";
      await fx.rows(
        "update prebuilds set state = $2, claimed_at = case when $3 then created_at end where workspace_id = $1",
        [id, wrong, facts.claimed],
      );
      await fx.rows("update workspaces set deleted_at = case when $2 then created_at end where id = $1", [
        id,
        facts.deleted,
      ]);
    }
    const divergent = await divergentLedger(fx.store, rowsMax);
    expect(new Map(divergent.map((row) => [row.workspace_id, row.expected]))).toEqual(expected);
    expect(expected.size).toBe(288);
    for (const row of divergent)
      await fx.store.transaction("test", (tx) => repairLedger(tx, row.workspace_id, fx.clock.now()));
    expect(await divergentLedger(fx.store, rowsMax)).toEqual([]);
    const repaired = await fx.rows<{ workspace_id: string; state: string }>(
      "select workspace_id, state from prebuilds",
    );
    expect(new Map(repaired.map((row) => [row.workspace_id, row.state]))).toEqual(expected);
  });

  it("is not questioned for agents that are ready but whose connection is gone: those are not ready", async () => {
    const fx = await testFixture();
    fx.breakOnPurpose();
    const id = await putPrebuild(fx, (await publishTemplate(fx)).preset());
    await fx.rows("update agents set server_id = null, connection_id = null");
    expect(await divergentLedger(fx.store, rowsMax)).toEqual([
      { workspace_id: id, state: "ready", expected: "starting" },
    ]);
  });
});

describe("the consistency controller", () => {
  it("repairs what is wrong, at most 200 rows a run, says each as an error, and then finds nothing more", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    for (let nth = 0; nth < 201; nth += 1) await putPrebuild(fx, presetId);
    await fx.rows("update prebuilds set state = 'starting'");
    const controller = consistency(fx);
    expect(await controller.run(goOn)).toMatchObject({ fields: { repairedTotal: 200, strays: 0 } });
    expect(await controller.run(goOn)).toMatchObject({ fields: { repairedTotal: 201 } });
    expect(await controller.run(goOn)).toMatchObject({ fields: { repairedTotal: 201 } });
    expect(fx.logger.entries.filter((entry) => entry.level === "error")).toHaveLength(201);
    expect(await ledgerCounts(fx, presetId)).toEqual({ ready: 201 });
  });

  it("repairs nothing in a whole life: created, claimed, deleted, replaced", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 3 } });
    const controller = consistency(fx);
    const step = async (work: Promise<unknown>): Promise<void> => {
      await work;
      expect(await controller.run(goOn)).toMatchObject({ fields: { repairedTotal: 0, strays: 0 } });
    };
    await step(reconcile(fx));
    const jobs = await runJobs(fx);
    await step(Promise.resolve());
    await step(
      agentsReady(
        fx,
        jobs.map((job) => job.workspace_id),
      ),
    );
    await step(create(fx));
    await step(reconcile(fx));
    await step(publishTemplate(fx));
    await step(reconcile(fx));
    await step(runJobs(fx));
    await step(reconcile(fx));
    await step(runJobs(fx));
    expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 1, deleted: 3 });
  });

  it("does not touch what is claimed, or gone, whatever the facts say", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    const id = await putPrebuild(fx, template.preset());
    await create(fx);
    expect(await fx.store.transaction("test", (tx) => repairLedger(tx, id, fx.clock.now()))).toBeUndefined();
    expect(await ledgerState(fx, id)).toBe("claimed");
  });
});

describe("rows without their other half", () => {
  const breakages: readonly { readonly kind: string; readonly text: string }[] = [
    { kind: "prebuild_without_ledger", text: "delete from prebuilds" },
    { kind: "claimed_but_owned_by_pool", text: "update prebuilds set state = 'claimed', claimed_at = created_at" },
    {
      kind: "unclaimed_but_owned_by_person",
      text: "update workspaces set owner_id = (select id from users where username = 'alice')",
    },
    { kind: "workspace_without_template", text: "update workspaces set template_id = gen_random_uuid()" },
    { kind: "workspace_without_owner", text: "update workspaces set owner_id = gen_random_uuid()" },
    { kind: "workspace_without_build", text: "update workspaces set latest_build_id = gen_random_uuid()" },
    { kind: "build_without_job", text: "update builds set job_id = gen_random_uuid()" },
    { kind: "deleted_in_ledger_only", text: "update prebuilds set state = 'deleted'" },
    { kind: "prebuild_without_preset", text: "update prebuilds set preset_id = gen_random_uuid()" },
  ];
  it.each(breakages)("$kind is found, and logged", async ({ kind, text }) => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx)).preset());
    expect(await strayRows(fx.store, prebuildsUserId, rowsMax)).toEqual([]);
    fx.breakOnPurpose();
    await fx.rows(text);
    expect((await strayRows(fx.store, prebuildsUserId, rowsMax)).map((row) => row.kind)).toContain(kind);
    await consistency(fx).run(goOn);
    expect(fx.logger.entries.some((entry) => entry.message === "rows without their other half")).toBe(true);
  });
});

it("every state of the ledger is one that the facts can ask for", () => {
  expect([...new Set(combinations.map(expectedLedgerState))].sort()).toEqual([...ledgerStates].sort());
});
