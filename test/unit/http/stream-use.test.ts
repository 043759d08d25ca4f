import { expect, test } from "vitest";
import { StreamUse } from "../../../src/http/tunnel/stream-use.ts";
import { inStream } from "../../../src/tunnel/terminal-records.ts";

test.each(["tcp", "ssh"] as const)("a stream of %s is used by a kibibyte within a minute, and not by less", (kind) => {
  let nowMs = 0;
  const use = new StreamUse(kind, () => nowMs);
  // A sign of life every 15 seconds, for an hour.
  for (; nowMs < 3_600_000; nowMs += 15_000) expect(use.isUse(Buffer.alloc(100))).toBe(false);
  nowMs += 60_001;
  expect(use.isUse(Buffer.alloc(1_023))).toBe(false);
  expect(use.isUse(Buffer.alloc(1))).toBe(true);
  expect(use.isUse(Buffer.alloc(1))).toBe(true);
  nowMs += 60_001;
  expect(use.isUse(Buffer.alloc(1_023))).toBe(false);
});

test("in a terminal a key is use, and what comes by itself is none", () => {
  const use = new StreamUse("terminal", () => 0);
  expect(use.isUse(inStream({ kind: "ack", position: 1_000_000 }))).toBe(false);
  expect(use.isUse(inStream({ kind: "resize", cols: 80, rows: 24 }))).toBe(false);
  expect(use.isUse(inStream({ kind: "bytes", bytes: Buffer.from("l") }))).toBe(true);
  expect(use.isUse(Buffer.alloc(2))).toBe(false);
});
