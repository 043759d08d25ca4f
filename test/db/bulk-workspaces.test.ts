// Acts upon many workspaces, and what a list says of all that it holds.
import { describe, expect, test } from "vitest";
import type { BulkRequest } from "../../src/contracts/api/workspaces-bulk.ts";
import type { Actor } from "../../src/app/authorize.ts";
import { bulkWorkspaces } from "../../src/app/workspaces/bulk-workspaces.ts";
import { changeDormancy } from "../../src/app/workspaces/dormancy.ts";
import { countVisibleWorkspaces, listVisibleWorkspaces } from "../../src/app/workspaces/list-workspaces.ts";
import { codeOf, create } from "../support/claims.ts";
import { failed, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { runningWorkspace } from "../support/lifecycle.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const hourMs = 3_600_000;
const goOn = new AbortController().signal;

async function bulk(fx: Fixture, request: BulkRequest, by: Actor = fx.alice) {
  const { results, ...sums } = await bulkWorkspaces(fx.context, by, request, goOn);
  return {
    ...sums,
    results: results.map(({ name, outcome, error }) => [name, outcome, ...(error ? [error.code] : [])]),
  };
}

describe("many workspaces", () => {
  test("are stopped each by itself: what is so already is passed over, and what is refused keeps no other", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    await runningWorkspace(fx, { name: "one" });
    await runningWorkspace(fx, { name: "two" });
    await bulk(fx, { workspaces: ["two"], action: "stop" });
    await runJobs(fx);
    await create(fx, { name: "waits" });
    await create(fx, { name: "theirs", by: fx.admin });
    const workspaces = ["one", "two", "waits", "admin/theirs", "one"];
    expect(await bulk(fx, { workspaces, action: "stop" })).toEqual({
      action: "stop",
      done: 1,
      skipped: 1,
      refused: 2,
      notTried: 0,
      results: [
        ["alice/one", "done"],
        ["alice/two", "skipped"],
        ["alice/waits", "refused", "build_in_progress"],
        ["admin/theirs", "refused", "not_found"],
      ],
    });
    expect(
      await fx.number("select count(*) from audit_log where action = 'workspace.stop' and actor_id = $1", [
        fx.alice.userId,
      ]),
    ).toBe(2);
  });

  test("are found by a query, and nothing is done when there are more of them than were seen", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    for (const name of ["one", "two"]) await runningWorkspace(fx, { name, ttlMs: 2 * hourMs });
    await create(fx, { name: "waits" });
    const query = { group: "running" } as const;
    const asked = { query, action: "extend", byMs: hourMs } as const;
    expect(await codeOf(bulk(fx, { ...asked, expectedCount: 1 }))).toBe("conflict");
    expect(await bulk(fx, { ...asked, expectedCount: 2 })).toMatchObject({ done: 2, refused: 0 });
    expect(await fx.number("select count(*) from audit_log where action = 'workspace.extend'")).toBe(2);
    expect(await codeOf(bulk(fx, { ...asked, query: { owner: "admin" }, expectedCount: 2 }))).toBe("forbidden");
  });

  test("are updated where they are outdated, and started where they failed", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    await runningWorkspace(fx, { name: "old" });
    await publishTemplate(fx, { presets: {} });
    await runningWorkspace(fx, { name: "new" });
    await create(fx, { name: "broken" });
    await runJobs(fx, () => failed);
    expect(await bulk(fx, { query: { outdated: true }, expectedCount: 1, action: "update" })).toMatchObject({
      results: [["alice/old", "done"]],
    });
    expect(await bulk(fx, { workspaces: ["new"], action: "update" })).toMatchObject({ skipped: 1 });
    expect(await bulk(fx, { workspaces: ["broken", "new"], action: "start" })).toMatchObject({ done: 1, skipped: 1 });
  });

  test.each([
    ["neither workspaces nor a query", { action: "stop" }],
    ["both", { workspaces: ["one"], query: {}, expectedCount: 1, action: "stop" }],
    ["a query without its number", { query: {}, action: "stop" }],
    ["an extension by nothing", { workspaces: ["one"], action: "extend" }],
    ["a stop by an hour", { workspaces: ["one"], action: "stop", byMs: hourMs }],
  ] as const)("are refused as a request with %s", async (_what, request) => {
    const fx = await testFixture();
    expect(await codeOf(bulk(fx, request as BulkRequest))).toBe("invalid_request");
  });

  test("are not begun after whoever asked has gone", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {} });
    await create(fx, { name: "one" });
    const request = { workspaces: ["one"], action: "delete" } as const;
    expect(
      await bulkWorkspaces(fx.context, fx.alice, { ...request, workspaces: ["one"] }, AbortSignal.abort()),
    ).toMatchObject({ notTried: 1, results: [{ outcome: "not_tried" }] });
  });
});

describe("a list of workspaces", () => {
  async function five(fx: Fixture): Promise<void> {
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    await putPrebuild(fx, template.preset());
    await runningWorkspace(fx, { name: "runs", ttlMs: 8 * hourMs });
    await runningWorkspace(fx, { name: "ends", ttlMs: hourMs });
    const { workspace } = await runningWorkspace(fx, { name: "sleeps" });
    await changeDormancy(fx.context, fx.alice, { workspace: workspace.id, dormant: true });
    await runJobs(fx);
    await create(fx, { name: "fails" });
    await runJobs(fx, () => failed);
    await create(fx, { name: "begins" });
  }

  test("says how many are in each group, by the same filter and to whom may see them", async () => {
    const fx = await testFixture();
    await five(fx);
    const count = async (filter: Parameters<typeof countVisibleWorkspaces>[2], by = fx.alice) =>
      await countVisibleWorkspaces(fx.context, by, filter);
    const groups = { running: 2, starting: 1, stopped: 0, failed: 1, dormant: 1 };
    expect(await count({})).toEqual({ groups, total: 5, isComplete: true });
    expect(await count({ search: "s" })).toMatchObject({ total: 5 });
    expect(await count({ search: "fail" })).toMatchObject({ groups: { failed: 1, running: 0 }, total: 1 });
    expect(await count({}, fx.admin)).toMatchObject({ total: 0 });
    expect(await count({ owner: "*" }, fx.admin)).toMatchObject({ groups, total: 5 });
    expect(await codeOf(count({ owner: "*" }))).toBe("forbidden");
    for (const [group, total] of Object.entries(groups) as [keyof typeof groups, number][]) {
      expect(await listVisibleWorkspaces(fx.context, fx.alice, { group })).toMatchObject({ total });
    }
  });

  test("is sorted by state and by deadline, and what has no deadline comes last both ways", async () => {
    const fx = await testFixture();
    await five(fx);
    const names = async (query: Parameters<typeof listVisibleWorkspaces>[2]) =>
      (await listVisibleWorkspaces(fx.context, fx.alice, query)).workspaces.map(({ name }) => name);
    expect(await names({ sort: "state" })).toEqual(["sleeps", "fails", "ends", "runs", "begins"]);
    expect((await names({ sort: "deadline" })).slice(0, 2)).toEqual(["ends", "runs"]);
    expect((await names({ sort: "deadline", order: "desc" })).slice(0, 2)).toEqual(["runs", "ends"]);
    expect(await names({ sort: "template", order: "desc" })).toHaveLength(5);
  });
});
