import { describe, expect, test } from "vitest";
import { insightsRange, isParameterShown } from "../../../src/domain/template/insights-range.ts";

const now = Date.parse("2030-03-05T10:00:00Z");
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);

describe("the days of insights", () => {
  test("are the thirty until today unless others are asked for", () => {
    const parsed = insightsRange({}, now);
    expect(parsed).toMatchObject({ kind: "ok", range: { fromMs: day("2030-02-04"), toMs: day("2030-03-06") } });
    expect(parsed.kind === "ok" ? parsed.range.days.length : 0).toBe(30);
  });

  test("have both ends in them, over the end of a month", () => {
    expect(insightsRange({ from: "2030-02-27", to: "2030-03-01" }, now)).toMatchObject({
      range: { days: ["2030-02-27", "2030-02-28", "2030-03-01"] },
    });
  });

  test("may be ninety and not one more", () => {
    expect(insightsRange({ from: "2029-12-06" }, now).kind).toBe("ok");
    expect(insightsRange({ from: "2029-12-05" }, now)).toMatchObject({ kind: "refused", field: "from" });
  });

  test.each([
    [{ from: "2030-02-30" }, "from"],
    [{ to: "2030-13-01" }, "to"],
    [{ from: "2030-03-02", to: "2030-03-01" }, "from"],
    [{ from: "2031-01-01", to: "2031-01-02" }, "from"],
  ])("are refused of %j, naming %s", (asked, field) => {
    expect(insightsRange(asked, now)).toMatchObject({ kind: "refused", field });
  });
});

test.each([
  ["region", true],
  ["monkey_count", true],
  ["git_token", false],
  ["DbPassword", false],
  ["api_key", false],
  ["API key", false],
  ["client-secret", false],
])("values of a parameter named %s are counted before others: %s", (name, isShown) => {
  expect(isParameterShown(name)).toBe(isShown);
});
