import { describe, expect, test } from "vitest";
import { compareFact, unknownWorkspaces, type WorkspaceRow } from "../../../chaos/checks/facts-hold.ts";
import type { Fact } from "../../../chaos/load/facts.ts";
import { defaultTtlMs } from "../../../chaos/load/templates.ts";

const fact = (change: Partial<Fact> = {}): Fact => ({
  workspaceId: "one",
  person: "ann",
  name: "w-1",
  key: "key",
  outcome: "claimed",
  createdAtMs: 0,
  wanted: "running",
  maybe: null,
  isTouched: false,
  isBusy: false,
  ...change,
});
const row = (change: Partial<WorkspaceRow> = {}): WorkspaceRow => ({
  id: "one",
  name: "w-1",
  owner: "ann",
  is_deleted: false,
  ttl_ms: String(defaultTtlMs),
  transition: "start",
  status: "succeeded",
  builds: 2,
  is_claimed: true,
  ...change,
});
const said = (one: Fact, stored: WorkspaceRow | undefined): readonly string[] =>
  compareFact(one, stored).map((finding) => finding.what.replace("ann's workspace w-1: ", ""));

describe("what people were told, against what is stored", () => {
  test("a claimed workspace that runs and is its owner's is right", () => {
    expect(said(fact(), row())).toEqual([]);
  });

  test.each<[string, Fact, WorkspaceRow | undefined]>([
    ["it was acknowledged, and there is no row", fact(), undefined],
    ["it belongs to ben (I2)", fact(), row({ owner: "ben" })],
    ["it was answered as cold", fact({ outcome: "cold" }), row()],
    ["its TTL is null (I7)", fact(), row({ ttl_ms: null })],
    ["it is deleted, and nobody asked for that", fact(), row({ is_deleted: true })],
    ["it is to run, and its latest build is a stop", fact(), row({ transition: "stop" })],
    ["it was claimed, and its build is failed", fact(), row({ status: "failed" })],
    ["it was stopped, and is start", fact({ wanted: "stopped" }), row()],
    ["its delete was acknowledged, and it is not deleted", fact({ wanted: "deleted" }), row({ transition: "delete" })],
  ])("%s", (what, one, stored) => {
    expect(said(one, stored)).toEqual([what]);
  });

  test("a build that somebody waited for may fail with its daemon", () => {
    expect(said(fact({ outcome: "cold" }), row({ is_claimed: false, status: "failed" }))).toEqual([]);
    expect(said(fact({ isTouched: true }), row({ status: "failed" }))).toEqual([]);
  });

  test("after a request without an answer either state is right", () => {
    expect(said(fact({ maybe: "deleted" }), row({ is_deleted: true }))).toEqual([]);
    expect(said(fact({ maybe: "deleted" }), row())).toEqual([]);
  });
});

describe("workspaces of which nobody was told", () => {
  const nobody = { isKnown: () => false, unanswered: new Set<string>() };

  test("are there when a creation made one and nobody heard of it, and only then", () => {
    expect(unknownWorkspaces([row()], nobody)).toMatchObject([{ about: "ann/w-1" }]);
    expect(unknownWorkspaces([row()], { ...nobody, unanswered: new Set(["ann/w-1"]) })).toEqual([]);
    expect(unknownWorkspaces([row()], { ...nobody, isKnown: (id) => id === "one" })).toEqual([]);
  });

  test("are never two of one creation", () => {
    const twice = [row(), row({ id: "two", is_deleted: true })];
    expect(unknownWorkspaces(twice, { ...nobody, isKnown: () => true })).toMatchObject([
      { what: "ann/w-1: one creation made 2 workspaces" },
    ]);
  });
});
