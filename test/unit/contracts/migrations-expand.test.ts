// While servers are upgraded one by one, the release before works on the new schema (docs/decisions/0031).
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "../../support/server-process.ts";

const folder = path.join(root, "migrations");
/** From here on there are deployments with several servers. */
const first = "0011";
const taking =
  /\b(drop\s+(table|column|view|type|function)|rename\s+(to|column)|alter\s+column\s+\S+\s+(type|set\s+not\s+null|drop\s+default)|add\s+(constraint|check|unique)|truncate)\b/i;
const addedStrictly = /\badd\s+column\b(?=[^;,]*\bnot\s+null\b)(?![^;,]*\bdefault\b)/i;

/** Statements that the release before may trip over, and that do not say why it does not. */
function contracting(sql: string): readonly string[] {
  return sql
    .split(/;\s*$/m)
    .filter((text) => {
      const code = text.replaceAll(/--.*$/gm, "");
      const isIndex = /\balter\s+index\b/i.test(code);
      return !isIndex && (taking.test(code) || addedStrictly.test(code)) && !text.includes("-- contract:");
    })
    .map((text) => text.trim());
}

test("migrations only add, or say since when the release before does without what they take", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".sql") && name >= first);
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) expect(contracting(readFileSync(path.join(folder, file), "utf8")), file).toEqual([]);
});

test.each([
  ["alter table jobs drop column started_at;", 1],
  ["alter table jobs rename column a to b;", 1],
  ["alter table jobs alter column a set not null;", 1],
  ["alter table jobs add column a text not null;", 1],
  ["alter table jobs add column a text not null default '';", 0],
  ["alter table jobs add column a text;", 0],
  ["create index a on jobs (b);\nalter index a rename to c;", 0],
  ["-- contract: nobody reads it since 0014\nalter table jobs drop column started_at;", 0],
])("%s: %i of it takes something away", (sql, count) => {
  expect(contracting(sql)).toHaveLength(count);
});
