import { describe, expect, test } from "vitest";
import {
  type AgentRow,
  type AgentSeen,
  compareAgents,
  type Mismatch,
  MismatchClock,
  mismatchLimitMs,
} from "../../../chaos/checks/agent-comparison.ts";

const row = (change: Partial<AgentRow> = {}): AgentRow => ({
  id: "agent",
  workspace_id: "one",
  workspace: "w-1",
  is_shown: true,
  is_live: true,
  is_started: true,
  is_open: false,
  ...change,
});
const seen = (change: Partial<AgentSeen> = {}): AgentSeen => ({
  pid: 1,
  workspaceId: "one",
  isFrozen: false,
  connectedSinceMs: 5_000,
  ...change,
});
const kinds = (rows: readonly AgentRow[], processes: readonly AgentSeen[]): readonly string[] =>
  compareAgents(rows, processes).map((mismatch) => mismatch.kind);

describe("what is stored of agents, against the processes that there are", () => {
  test.each<[string, readonly AgentRow[], readonly AgentSeen[], readonly string[]]>([
    ["a connected one that is shown so is right", [row()], [seen()], []],
    ["a connected one that is not shown so", [row({ is_shown: false })], [seen()], ["connected, and not shown so"]],
    [
      "one that is shown and has no socket",
      [row()],
      [seen({ connectedSinceMs: null })],
      ["shown as connected, and it is not"],
    ],
    ["one that is shown and has no process", [row()], [], ["shown as connected, and it is not"]],
    [
      "one that lives and has no socket",
      [row({ is_shown: false })],
      [seen({ connectedSinceMs: null })],
      ["lives, and does not connect"],
    ],
    [
      "one that is frozen cannot connect, which is right",
      [row({ is_shown: false })],
      [seen({ connectedSinceMs: null, isFrozen: true })],
      [],
    ],
    ["one whose workspace runs and that has no process", [row({ is_shown: false })], [], ["should live, and does not"]],
    [
      "one of a stopped workspace has no process, which is right",
      [row({ is_shown: false, is_started: false })],
      [],
      [],
    ],
    [
      "one of a stopped workspace that lives",
      [row({ is_shown: false, is_started: false })],
      [seen({ connectedSinceMs: null })],
      ["lives, and should not"],
    ],
    [
      "one whose build is under way may live",
      [row({ is_shown: false, is_started: false, is_open: true })],
      [seen({ connectedSinceMs: null })],
      [],
    ],
    ["one of no workspace at all", [], [seen()], ["lives, and should not"]],
    ["two of one workspace", [row()], [seen(), seen({ pid: 2 })], ["lives twice"]],
  ])("%s", (_, rows, processes, expected) => {
    expect(kinds(rows, processes)).toEqual(expected);
  });
});

describe("how long a difference may last", () => {
  const mismatch: Mismatch = { kind: "connected, and not shown so", workspaceId: "one", sinceMs: 0, evidence: null };
  const limitMs = mismatchLimitMs[mismatch.kind];

  test("it is late when it was seen for longer than its limit with nothing wrong", () => {
    const clock = new MismatchClock();
    expect(clock.tick([mismatch], { nowMs: 1_000, calmSinceMs: 0 })).toEqual([]);
    expect(clock.tick([mismatch], { nowMs: 1_000 + limitMs, calmSinceMs: 0 })).toEqual([]);
    expect(clock.tick([mismatch], { nowMs: 1_001 + limitMs, calmSinceMs: 0 })).toMatchObject([mismatch]);
  });

  test("a fault that is under way, and a moment without it, begin the time anew", () => {
    const clock = new MismatchClock();
    clock.tick([mismatch], { nowMs: 0, calmSinceMs: 0 });
    clock.tick([mismatch], { nowMs: limitMs, calmSinceMs: null });
    expect(clock.tick([mismatch], { nowMs: 2 * limitMs, calmSinceMs: limitMs })).toEqual([]);
    clock.tick([], { nowMs: 2 * limitMs + 1, calmSinceMs: limitMs });
    expect(clock.tick([mismatch], { nowMs: 4 * limitMs, calmSinceMs: limitMs })).toEqual([]);
  });

  test("who connected a moment ago is given the whole of it", () => {
    const clock = new MismatchClock();
    const late = { ...mismatch, sinceMs: limitMs };
    clock.tick([late], { nowMs: 0, calmSinceMs: 0 });
    expect(clock.tick([late], { nowMs: 2 * limitMs, calmSinceMs: 0 })).toEqual([]);
    expect(clock.tick([late], { nowMs: 2 * limitMs + 1, calmSinceMs: 0 })).toHaveLength(1);
  });
});
