import { createHash } from "node:crypto";
import ts from "typescript";
import { fileRule, findInLines, type Finding, type Rule, type Source } from "./source.ts";
import { allNodes, findingAt } from "./syntax.ts";

/** Ours, by hand; `schema.sql` is written by PostgreSQL, in its own spelling. */
const isSql = (path: string): boolean => path.endsWith(".sql") && path !== "schema.sql";

/** Comments, strings and quoted names may hold capitals; they are blanked, and lines keep their number. */
function withoutTexts(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'[^']*'|"[^"]*"/g, (text) => text.replace(/[^\n]/g, " "));
}

export const lowerCaseSql: Rule = fileRule("lower case SQL", isSql, (source) => {
  const bare = { path: source.path, text: withoutTexts(source.text) };
  return findInLines(bare, /\w*[A-Z]\w*/, (word) => `${word}: SQL is written in lower case: ${word.toLowerCase()}.`);
});

/** Architecture §7: news is emitted by a `Tx` and published after the commit, never by a trigger. */
export const noNotifyInSql: Rule = fileRule("no notify in SQL", isSql, (source) =>
  findInLines(
    { path: source.path, text: withoutTexts(source.text) },
    /\bpg_notify\b|^\s*notify\s/i,
    (word) => `${word}: remove it and call \`tx.emit(event)\` in the transaction that makes the change.`,
  ),
);

const statement = /^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|DROP|LISTEN|NOTIFY)\s/;

export const lowerCaseSqlInCode: Rule = fileRule(
  "lower case SQL in code",
  (path) => path.startsWith("src/") && path.endsWith(".ts"),
  (source) =>
    allNodes(source).flatMap((node) => {
      const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node);
      const found = isText ? statement.exec(node.text)?.[1] : undefined;
      return found ? [findingAt(source, node, `${found}: SQL is written in lower case: ${found.toLowerCase()}.`)] : [];
    }),
);

interface Writer {
  readonly writes: RegExp;
  /** Where such SQL may stand. */
  readonly at: RegExp;
  readonly instead: string;
}

/** Tables with one writer each; what is too old is deleted by the pruner alone. */
const writers: readonly Writer[] = [
  {
    writes: /\b(?:insert into|update|delete from|merge into) prebuilds\b/,
    at: /^src\/db\/ledger\//,
    instead: "write the ledger through src/db/ledger/ledger-writes.ts, which knows the moves that there are",
  },
  {
    writes: /\binsert into jobs\b/,
    at: /^src\/db\/jobs\/insert-job\.ts$/,
    instead: "take `insertJobs` of src/db/jobs/insert-job.ts",
  },
  {
    writes: /\binsert into builds\b/,
    at: /^src\/db\/builds\/insert-build\.ts$/,
    instead: "take `insertBuilds` of src/db/builds/insert-build.ts",
  },
];
const pruner = /^src\/db\/retention\//;

export const oneWriter: Rule = fileRule(
  "one writer of the ledger, of jobs and of builds",
  (path) => path.startsWith("src/") && path.endsWith(".ts"),
  (source) =>
    allNodes(source).flatMap((node) => {
      if (!ts.isStringLiteralLike(node) && !ts.isTemplateLiteralToken(node)) return [];
      return writers.flatMap(({ writes, at, instead }) => {
        const found = writes.exec(node.text.replaceAll(/\s+/g, " "))?.[0];
        if (found === undefined || at.test(source.path)) return [];
        if (found.startsWith("delete") && pruner.test(source.path)) return [];
        return [findingAt(source, node, `${found}: ${instead}.`)];
      });
    }),
);

const frozenList = "migrations/frozen.json";

/** A migration that has run somewhere is history: another one may follow, this one may not change. */
export const frozenMigrations: Rule = {
  name: "frozen migrations",
  check: (sources) => {
    const list = sources.find(({ path }) => path === frozenList);
    return [...sameNumber(sources), ...(list ? changedOrMissing(list, sources) : [])];
  },
};

function changedOrMissing(list: Source, sources: readonly Source[]): readonly Finding[] {
  // A file of ours: name → SHA-256 in hex. Anything else fails below as a changed migration.
  const frozen = JSON.parse(list.text) as Readonly<Record<string, string>>;
  return Object.entries(frozen).flatMap(([name, expected]) => {
    const path = `migrations/${name}`;
    const migration = sources.find((source) => source.path === path);
    if (!migration) return [{ path: list.path, message: `${name} has landed and is gone: bring it back.` }];
    const actual = createHash("sha256").update(migration.text).digest("hex");
    if (actual === expected) return [];
    return [{ path, message: `has landed and was changed: undo that, and write the change as a new migration.` }];
  });
}

function sameNumber(sources: readonly Source[]): readonly Finding[] {
  const numbered = sources.filter(({ path }) => /^migrations\/\d+[^/]*\.sql$/.test(path));
  const numberOf = (path: string): number => Number.parseInt(path.slice("migrations/".length), 10);
  return numbered.flatMap(({ path }, index) => {
    const earlier = numbered.slice(0, index).find((other) => numberOf(other.path) === numberOf(path));
    return earlier ? [{ path, message: `has the number of ${earlier.path}: take the next free one.` }] : [];
  });
}
