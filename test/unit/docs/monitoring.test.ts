import { expect, test } from "vitest";
import {
  dashboardExpressions,
  knownSeriesNames,
  ruleExpressions,
  rules,
  seriesNamesIn,
} from "../../support/monitoring.ts";

test.each([
  ["the alert rules", ruleExpressions()],
  ["the dashboard", dashboardExpressions()],
])("%s ask only for series that exist", async (_, expressions) => {
  const known = await knownSeriesNames();
  const unknown = expressions.flatMap(({ where, text }) =>
    seriesNamesIn(text)
      .filter((name) => !known.has(name))
      .map((name) => `${where}: ${name}`),
  );
  expect(unknown).toEqual([]);
  expect(expressions.length).toBeGreaterThan(10);
  for (const { where, text } of expressions) expect(seriesNamesIn(text).length, where).toBeGreaterThan(0);
});

test("every alert says what is wrong, and what to do", () => {
  for (const { alert, annotations } of rules()) {
    if (alert === undefined) continue;
    expect(annotations?.["summary"]?.length ?? 0, alert).toBeGreaterThan(20);
    expect(annotations?.["runbook"]?.length ?? 0, alert).toBeGreaterThan(40);
  }
});

test("an expression's series are found in it, and nothing else is", () => {
  const expression = 'sum by (le, route) (rate(a_bucket{route!="b_c"}[5m])) / on (d) max(e:f_g) > time() - 60';
  expect(seriesNamesIn(expression)).toEqual(["a_bucket", "e:f_g"]);
});
