import { expect, test } from "vitest";
import { keys, keysOfTopic } from "../../../src/dashboard/api/keys.ts";
import { topicsOf } from "../../../src/dashboard/live/topics-of-keys.ts";
import { ageWords, shortValue } from "../../../src/dashboard/pages/workspace/metadata-words.ts";

test("a short value of one line is shown as it is", () => {
  expect(shortValue("12 %")).toEqual({ text: "12 %", isCut: false });
  expect(shortValue("x".repeat(80))).toEqual({ text: "x".repeat(80), isCut: false });
});

test("of a long value its beginning is shown, without half a character", () => {
  expect(shortValue("𝄞".repeat(81))).toEqual({ text: `${"𝄞".repeat(80)}…`, isCut: true });
});

test.each(["first\nsecond", "first\r\nsecond", "first\rsecond"])("of the lines of %j the first is shown", (value) => {
  expect(shortValue(value)).toEqual({ text: "first…", isCut: true });
});

test("an age is said to the second, and that it should be newer", () => {
  const nowMs = Date.parse("2030-01-01T12:00:00.000Z");
  const age = (collectedAt: string | null, isStale = false) => ageWords({ collectedAt, isStale }, nowMs);
  expect(age(null)).toBe("not found yet");
  expect(age("2030-01-01T12:00:01.000Z")).toBe("now");
  expect(age("2030-01-01T11:59:48.000Z")).toBe("12 s ago");
  expect(age("2030-01-01T11:57:55.000Z", true)).toBe("2 min 5 s ago, stale");
});

test("whoever sees an agent's metadata hears of its workspace's, and nothing else is asked for by that", () => {
  const seen = [{ queryKey: keys.metadata("an-id", "main"), data: undefined }];
  expect(topicsOf(seen, ["default"])).toEqual(["metadata:an-id"]);
  expect(keysOfTopic("metadata:an-id")).toEqual([["metadata"]]);
});
