// The house rules, as a test over every file of the repository. Each message says what to write instead.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { exceptions, withoutExcepted } from "./tidy/exceptions.ts";
import { readRepository } from "./tidy/repository.ts";
import { rules } from "./tidy/rules.ts";

const sources = readRepository(path.resolve(import.meta.dirname, ".."));

describe("this repository keeps its house rules", () => {
  test("the rules see its files", () => {
    const paths = sources.map((source) => source.path);
    expect(paths).toEqual(expect.arrayContaining(["package.json", "tools/tidy.test.ts", "src/contracts/ids.ts"]));
    expect(paths.filter((file) => /^(node_modules|dist)\//.test(file))).toEqual([]);
  });

  test.each(rules)("$name", (rule) => {
    const findings = withoutExcepted(rule.name, rule.check(sources), exceptions);
    expect(findings.map(({ path: file, line, message }) => `${file}${line ? `:${line}` : ""}: ${message}`)).toEqual([]);
  });

  test("every exception names a rule and gives a reason", () => {
    const names = rules.map((rule) => rule.name);
    expect(exceptions.filter(({ rule, reason }) => !names.includes(rule) || reason.length < 20)).toEqual([]);
  });
});
