import type { Finding } from "./source.ts";

/** A place where a house rule is wrong. It is listed with its reason, and must go when it no longer applies. */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

const searchPath = "The one variable that a child program needs to be found; it is no configuration of ours.";

export const exceptions: readonly Exception[] = [
  { rule: "environment and exit at the composition roots", path: "src/db/embedded/cluster.ts", reason: searchPath },
  {
    rule: "the product uses its own files",
    path: "src/platform/ssh/ssh2-parts.d.ts",
    reason: "It declares modules of a package, and declarations are found without an import.",
  },
  {
    rule: "the product uses its own files",
    path: "src/dashboard/vite-globals.d.ts",
    reason: "It declares what the bundler writes into the page, and declarations are found without an import.",
  },
  {
    rule: "the product uses its own files",
    path: "src/dashboard/visible-jsx/jsx-runtime.ts",
    reason: "Every element of the page is made by it: the bundler imports it in place of React's own.",
  },
  {
    rule: "the product uses its own files",
    path: "src/db/retention/retention-table.ts",
    reason: "It states the bound of each table, which a test compares with the schema and the docs are written from.",
  },
];

/** What is left to report of one rule: findings that no exception covers, and exceptions that cover nothing. */
export function withoutExcepted(
  rule: string,
  findings: readonly Finding[],
  listed: readonly Exception[],
): readonly Finding[] {
  const ofRule = listed.filter((exception) => exception.rule === rule);
  const isExcepted = ({ path }: Finding): boolean => ofRule.some((exception) => exception.path === path);
  const stale = ofRule
    .filter((exception) => !findings.some(({ path }) => path === exception.path))
    .map(({ path }) => ({ path, message: `needs no exception from "${rule}" any more: remove it from the list.` }));
  return [...findings.filter((finding) => !isExcepted(finding)), ...stale];
}
