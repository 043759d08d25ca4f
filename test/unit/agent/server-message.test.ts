import { Check } from "typebox/value";
import { describe, expect, test } from "vitest";
import { parseServerMessage } from "../../../src/agent/server-message.ts";
import { ServerToAgent } from "../../../src/contracts/agent-protocol.ts";

const frames: readonly unknown[] = [
  { kind: "poke" },
  { kind: "exec_start", execId: "1", command: ["a", "b"], env: { A: "b" } },
  { kind: "exec_start", execId: "1", command: ["a", 2], env: {} },
  { kind: "exec_start", execId: "1", command: ["a"], env: { A: 1 } },
  { kind: "exec_start", execId: "1", command: ["a"] },
  { kind: "exec_start", execId: 1, command: ["a"], env: {} },
  { kind: "exec_input", execId: "1", data: "", end: true },
  { kind: "exec_input", execId: "1", data: "", end: "yes" },
  { kind: "exec_input", execId: "1", end: true },
  { kind: "exec_flow", execId: "1", isHeld: true },
  { kind: "exec_flow", execId: "1", isHeld: "yes" },
  { kind: "exec_flow", execId: "1" },
  ...["SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGUSR1", 9].map((signal) => ({
    kind: "exec_signal",
    execId: "1",
    signal,
  })),
  { kind: "unknown", execId: "1" },
  { execId: "1" },
  null,
  [],
  "poke",
  7,
];

describe("a frame of the server", () => {
  test.each(
    frames.map((frame) => [JSON.stringify(frame), frame] as const),
  )("%s is taken exactly when the schema takes it", (text, frame) => {
    const parsed = parseServerMessage(text);
    expect(parsed !== undefined).toBe(Check(ServerToAgent, frame));
    if (parsed !== undefined) expect(parsed).toEqual(frame);
  });

  test("that is no JSON is not understood", () => {
    expect(parseServerMessage("{")).toBeUndefined();
  });
});
