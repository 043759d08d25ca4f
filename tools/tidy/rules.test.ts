// Every house rule catches a violation and accepts what is right: a rule that finds nothing any more is a failure here.
import { describe, expect, test } from "vitest";
import { withoutExcepted } from "./exceptions.ts";
import { rules } from "./rules.ts";
import type { Source } from "./source.ts";

interface Example {
  readonly rule: string;
  readonly what: string;
  readonly sources: readonly Source[];
  /** What the findings hold, one entry each; empty where the rule must be silent. */
  readonly says: readonly string[];
}

const file = (path: string, text = "export const answer = 42;\n"): Source => ({ path, text });
const lines = (count: number): string => "const line = 1;\n".repeat(count);
const bodyOf = (count: number): string => `export function work(): void {\n${"  step();\n".repeat(count)}}\n`;

function example(rule: string, what: string, says: readonly string[], ...sources: readonly Source[]): Example {
  return { rule, what, sources, says };
}

const one = "claim.ts";
const sha256OfSelect1 = "4a45092ccf992ea92250053a80b931b787924ba61648f420555511b84f10ab6c";

const naming: readonly Example[] = [
  example("file names", "capitals", ["kebab-case"], file("src/app/claimWorkspace.ts")),
  example("file names", "an underscore in a folder", ["kebab-case"], file("src/app/use_cases/claim.ts")),
  example("file names", "a drawer for everything", ["says nothing"], file("src/app/utils.ts")),
  example("file names", "a folder for everything", ["says nothing"], file("src/app/helpers/claim.ts")),
  example("file names", "a file of types", ["says nothing"], file("test/support/types.ts")),
  example(
    "file names",
    "ordinary names",
    [],
    file("src/app/claim-workspace.test.ts"),
    file("README.md"),
    file("bin/prewarm"),
  ),
  example("no barrels", "an index", ["barrel"], file("src/app/index.ts")),
  example("no barrels", "re-exports only", ["barrel"], file("src/app/all.ts", `export * from "./${one}";\n`)),
  example(
    "no barrels",
    "a re-export beside code",
    [],
    file("src/app/a.ts", `export * from "./${one}";\nexport const b = 1;\n`),
  ),
  example(
    "placeholders go with the first real file",
    "a placeholder in company",
    ["remove the placeholder"],
    file("src/app/placeholder.ts", "export {};\n"),
    file("src/app/claims/claim.ts"),
  ),
  example("placeholders go with the first real file", "code in one", ["holds code"], file("src/app/placeholder.ts")),
  example(
    "placeholders go with the first real file",
    "an empty layer",
    [],
    file("src/app/placeholder.ts", "export {};\n"),
  ),
];

const lengths: readonly Example[] = [
  example("file length", "501 lines", ["501 lines"], file("test/db/claim.test.ts", lines(501))),
  example("file length", "500 lines", [], file("test/db/claim.test.ts", lines(500))),
  example(
    "few long files",
    "two of forty",
    [],
    ...Array.from({ length: 40 }, (_, index) => file(`src/app/a-${index}.ts`, lines(index < 2 ? 351 : 10))),
  ),
  example(
    "few long files",
    "three of forty",
    ["351 lines", "351 lines", "351 lines"],
    ...Array.from({ length: 40 }, (_, index) => file(`src/app/a-${index}.ts`, lines(index < 3 ? 351 : 10))),
  ),
  example("function length", "71 lines", ["work has 71 lines"], file("src/app/a.ts", bodyOf(69))),
  example("function length", "70 lines", [], file("src/app/a.ts", bodyOf(68))),
  example("function length", "the cases of a test", [], file("test/unit/a.test.ts", bodyOf(200))),
];

const imports = (path: string, ...specifiers: readonly string[]): Source =>
  file(path, specifiers.map((specifier) => `import "${specifier}";\n`).join(""));

const importing: readonly Example[] = [
  example("layer imports", "the bus in db", ["take a `Publish` function"], imports("src/db/store.ts", "../bus/bus.ts")),
  example("layer imports", "app in controllers", ["database"], imports("src/controllers/a.ts", "../app/claim.ts")),
  example("layer imports", "controllers in app", ["database"], imports("src/app/a.ts", "../controllers/a.ts")),
  example("layer imports", "db in http", ["add one to app"], imports("src/http/routes/a.ts", "../../db/store.ts")),
  example("layer imports", "a package in domain", ["is pure"], imports("src/domain/a.ts", "typebox")),
  example("layer imports", "Node in domain", ["is pure"], imports("src/domain/a.ts", "node:fs")),
  example("layer imports", "Node in contracts", ["typebox"], imports("src/contracts/a.ts", "node:fs")),
  example(
    "layer imports",
    "the world outside",
    ["outside of src/"],
    imports("src/app/a.ts", "../../test/support/a.ts"),
  ),
  example("layer imports", "no layer", ["lies in no layer"], file("src/claim.ts")),
  example(
    "layer imports",
    "every way to import",
    ["../db/a.ts", "../db/b.ts", "../db/c.ts"],
    file(
      "src/http/a.ts",
      `export { a } from "../db/a.ts";\nconst b = await import("../db/b.ts");\ntype C = import("../db/c.ts").C;\n`,
    ),
  ),
  example(
    "layer imports",
    "what the table allows",
    [],
    imports("src/app/a.ts", "../db/store.ts", "./b.ts", "node:crypto"),
  ),
  example("layer imports", "schemas in contracts", [], imports("src/contracts/a.ts", "typebox", "typebox/value")),
  example("layer imports", "an import in a comment", [], file("src/domain/a.ts", `// import "../db/store.ts";\n`)),
  example(
    "no circles of imports",
    "two files of each other, one by its types alone",
    ["src/app/a.ts → src/app/b.ts → src/app/a.ts"],
    imports("src/app/a.ts", "./b.ts"),
    file("src/app/b.ts", `import type { A } from "./a.ts";\n`),
  ),
  example(
    "no circles of imports",
    "a circle of three, reached from outside",
    ["bench/b.ts → bench/c.ts → bench/d.ts → bench/b.ts"],
    imports("bench/a.ts", "./b.ts"),
    imports("bench/b.ts", "./c.ts"),
    imports("bench/c.ts", "./d.ts"),
    imports("bench/d.ts", "./b.ts"),
  ),
  example(
    "no circles of imports",
    "two ways to one file",
    [],
    imports("src/app/a.ts", "./b.ts", "./c.ts"),
    imports("src/app/b.ts", "./c.ts"),
    file("src/app/c.ts"),
  ),
  example(
    "the product uses its own files",
    "a file that a test alone imports",
    ["used by tests alone"],
    file("src/domain/pool/a.ts"),
    imports("test/unit/a.test.ts", "../../src/domain/pool/a.ts"),
  ),
  example(
    "the product uses its own files",
    "a program, and what it imports",
    [],
    imports("src/main/server.ts", "../app/a.ts"),
    file("src/app/a.ts"),
  ),
  example("import endings", "a .js ending", ["real ending"], imports("src/app/a.ts", "./b.js")),
  example("import endings", "no ending", ["real ending"], imports("test/unit/a.test.ts", "./b")),
  example("import endings", "the file's own", [], imports("src/app/a.ts", "./b.ts", "pg")),
];

const language: readonly Example[] = [
  example(
    "environment and exit at the composition roots",
    "env in app",
    ["process.env"],
    file("src/app/a.ts", "const a = process.env.HOME;\n"),
  ),
  example(
    "environment and exit at the composition roots",
    "exit in cli",
    ["process.exit"],
    file("src/cli/a.ts", "process.exit(1);\n"),
  ),
  example(
    "environment and exit at the composition roots",
    "both, imported",
    ["process.env", "process.exit"],
    file("src/cli/a.ts", `import { env, exit as leave } from "node:process";\n`),
  ),
  example(
    "environment and exit at the composition roots",
    "both where they belong",
    [],
    file("src/main/a.ts", "process.exit(process.env.A ? 1 : 0);\n"),
    file("tools/a.ts", "process.exit(1);\n"),
  ),
  example(
    "environment and exit at the composition roots",
    "the exit code, and a comment",
    [],
    file("src/cli/a.ts", "// process.env is read in main.\nprocess.exitCode = 1;\n"),
  ),
  example("patterns are written out", "a made one", ["RegExp"], file("src/app/a.ts", "const a = new RegExp(b);\n")),
  example("patterns are written out", "a renamed one", ["RegExp"], file("src/app/a.ts", "const Make = RegExp;\n")),
  example("patterns are written out", "a text", ["indexOf"], file("src/app/a.ts", 'const a = b.match("x");\n')),
  example(
    "patterns are written out",
    "a literal, a type, and a test",
    [],
    file("src/app/a.ts", "const a: RegExp = /b/;\nconst c = d.match(a);\n"),
    file("test/support/a.ts", "const a = new RegExp(b);\n"),
  ),
  example(
    "folders are made by makeFolder",
    "all of a path at once",
    ["makeFolder"],
    file("src/app/a.ts", "mkdirSync(folder, { recursive: true, mode: 0o700 });\n"),
  ),
  example(
    "folders are made by makeFolder",
    "with its module",
    ["makeFolder"],
    file("src/app/a.ts", "void fs.mkdir(a, { recursive: true });\n"),
  ),
  example(
    "folders are made by makeFolder",
    "one folder",
    [],
    file("src/app/a.ts", "mkdirSync(folder, { mode: 0o700 });\n"),
  ),
  example("plain TypeScript", "as any", ["as any"], file("src/app/a.ts", "const a = b as any;\n")),
  example("plain TypeScript", "an enum", ["union"], file("src/app/a.ts", "enum A { B }\n")),
  example(
    "plain TypeScript",
    "a namespace",
    ["namespace"],
    file("src/app/a.ts", "namespace A { export const b = 1; }\n"),
  ),
  example(
    "plain TypeScript",
    "a parameter property",
    ["declare the field"],
    file("src/app/a.ts", "class A { constructor(private readonly b: string) {} }\n"),
  ),
  example(
    "plain TypeScript",
    "ordinary code and a string",
    [],
    file("src/app/a.ts", `const a = "enum as any"; const b = a as string;\n`),
  ),
];

const words: readonly Example[] = [
  example("no leftovers", "a note to oneself", ["TODO"], file("docs/guide.md", "TODO: explain\n")),
  example("no leftovers", "each of the words", ["FIXME", "XXX"], file("src/app/a.ts", "// FIXME\n// XXX here\n")),
  example("no leftovers", "words that hold them", [], file(".ci/run", "mktemp -d /tmp/prewarm.XXXXXX\n# todos\n")),
  example("checks stay on", "@ts-ignore", ["@ts-ignore"], file("src/app/a.ts", "// @ts-ignore\nwrong();\n")),
  example(
    "checks stay on",
    "an unexplained error",
    ["without a reason"],
    file("test/unit/a.ts", "// @ts-expect-error\nwrong();\n"),
  ),
  example(
    "checks stay on",
    "lint switched off",
    ["without a reason"],
    file("src/app/a.ts", "// oxlint-disable-next-line no-console\n"),
  ),
  example(
    "checks stay on",
    "explained ones",
    [],
    file(
      "src/app/a.ts",
      "// @ts-expect-error a Tx has no publish\n// oxlint-disable-next-line no-console -- the only output there is\n",
    ),
  ),
  example("tests run", "an only", [".only"], file("test/unit/a.test.ts", `test.only("a", () => {});\n`)),
  example(
    "tests run",
    "a chained only",
    [".only"],
    file("test/unit/a.test.ts", `describe.concurrent.only("a", () => {});\n`),
  ),
  example("tests run", "a skip", ["skipped because"], file("test/unit/a.test.ts", `test.skip("a", () => {});\n`)),
  example(
    "tests run",
    "a table of skips",
    ["skipped because"],
    file("test/unit/a.test.ts", `it.skip.each([1])("a", () => {});\n`),
  ),
  example(
    "tests run",
    "a skip at run time",
    ["as a string"],
    file("test/unit/a.test.ts", `test("a", (context) => { context.skip(); });\n`),
  ),
  example(
    "tests run",
    "explained ones, and a word in a string",
    [],
    file(
      "test/unit/a.test.ts",
      `// skipped because the host has no Docker.\ntest.skip("a .only(", () => {});\ntest("b", (context) => { context.skip("no Docker"); });\n`,
    ),
  ),
];

const portability: readonly Example[] = [
  example("no machine paths", "a checkout", ["/work/main"], file("docs/guide.md", "cd /work/main\n")),
  example(
    "no machine paths",
    "the home of root",
    ["/root/.cache"],
    file("vitest.config.ts", `const cache = "/root/.cache";\n`),
  ),
  example(
    "no machine paths",
    "relative ones, and addresses",
    [],
    file("docs/guide.md", "src/work/a.ts https://example.org/work/a ~/root\n"),
  ),
  example(
    "no registry hosts",
    "npm's",
    ["registry.npmjs.org"],
    file("README.md", "from https://registry.npmjs.org/\n"),
  ),
  example("no registry hosts", "a setting", ["registry=https:"], file(".npmrc", "registry=https://example.org\n")),
  example("no registry hosts", "a mirror", ["npm.jfrog"], file(".ci/run", "curl https://npm.jfrog.io\n")),
  example("no registry hosts", "a registry in code", [], file("src/main/a.ts", "const registry = new Registry();\n")),
  example(
    "the lock file is portable",
    "an address",
    ["resolved"],
    file("package-lock.json", `{\n "resolved": "https://example.org/a.tgz"\n}`),
  ),
  example(
    "the lock file is portable",
    "a version and a hash",
    [],
    file("package-lock.json", `{ "version": "1.0.0", "integrity": "sha512-TODO" }`),
  ),
];

const migration = "migrations/0001-first.sql";

const sql: readonly Example[] = [
  example("lower case SQL", "a keyword", ["CREATE"], file(migration, "CREATE table a (b int);\n")),
  example(
    "lower case SQL",
    "capitals in texts",
    [],
    file(migration, `-- A table\nselect 'UTC', "Name" /* Why\nNOT */ from a;\n`),
  ),
  example(
    "one writer of the ledger, of jobs and of builds",
    "writes elsewhere, over lines and between placeholders",
    ["update prebuilds", "insert into jobs", "insert into builds", "delete from prebuilds"],
    file("src/db/a.ts", "const a = `with x as (\n  update\n  prebuilds b set ${b})`;\n"),
    file("src/db/b.ts", "const b = `${a}, insert into jobs (id) ${c}`;\n"),
    file("src/db/c.ts", 'const c = "insert into builds (id)";\n'),
    file("src/db/d.ts", 'const d = "delete from prebuilds";\n'),
  ),
  example(
    "one writer of the ledger, of jobs and of builds",
    "the writers, the pruner, and what is no write",
    [],
    file("src/db/ledger/a.ts", 'const a = "update prebuilds b";\n'),
    file("src/db/jobs/insert-job.ts", "const a = `insert into jobs (${b})`;\n"),
    file("src/db/retention/prune.ts", 'const a = "delete from prebuilds where";\n'),
    file("src/db/a.ts", 'const a = "select 1 from prebuilds for update"; const b = "update jobs set a = 1";\n'),
  ),
  example(
    "lower case SQL in code",
    "a statement",
    ["SELECT"],
    file("src/db/a.ts", "const sql = `SELECT 1 from ${table}`;\n"),
  ),
  example(
    "lower case SQL in code",
    "a statement, and a sentence",
    [],
    file("src/db/a.ts", `const sql = "select 1"; const text = "UPDATES follow";\n`),
  ),
  example(
    "no notify in SQL",
    "a trigger",
    ["tx.emit"],
    file(migration, "begin\n  perform pg_notify('a', '');\nend;\n"),
  ),
  example("no notify in SQL", "a statement", ["tx.emit"], file(migration, "notify jobs;\n")),
  example(
    "no notify in SQL",
    "a column",
    [],
    file(migration, "alter table a add notify_owner bool; -- never pg_notify\n"),
  ),
  example(
    "frozen migrations",
    "a changed one",
    ["write the change as a new migration"],
    file("migrations/frozen.json", `{ "0001-first.sql": "${sha256OfSelect1}" }`),
    file(migration, "select 2;\n"),
  ),
  example(
    "frozen migrations",
    "a lost one",
    ["bring it back"],
    file("migrations/frozen.json", `{ "0001-first.sql": "00" }`),
  ),
  example("frozen migrations", "a number twice", ["next free one"], file(migration), file("migrations/0001-other.sql")),
  example("frozen migrations", "no list yet", [], file(migration, "select 1;\n")),
  example(
    "frozen migrations",
    "an unchanged one, and one that has not landed",
    [],
    file("migrations/frozen.json", `{ "0001-first.sql": "${sha256OfSelect1}" }`),
    file(migration, "select 1;\n"),
    file("migrations/0002-second.sql", "select 2;\n"),
  ),
];

const examples = [...naming, ...lengths, ...importing, ...language, ...words, ...portability, ...sql];

function check({ rule, sources, says }: Example): void {
  const found = rules.find(({ name }) => name === rule)?.check(sources);
  expect(found?.map((finding) => finding.message)).toEqual(says.map((part) => expect.stringContaining(part)));
}

describe("house rules", () => {
  test.each(examples.filter(({ says }) => says.length > 0))("$rule: $what is caught", check);
  test.each(examples.filter(({ says }) => says.length === 0))("$rule: $what is accepted", check);

  test.each(rules)("$name has an example of both kinds", ({ name }) => {
    const kinds = examples.filter(({ rule }) => rule === name).map(({ says }) => says.length > 0);
    expect(new Set(kinds)).toEqual(new Set([true, false]));
  });

  test("a finding names its line", () => {
    const found = rules
      .find(({ name }) => name === "plain TypeScript")
      ?.check([file("src/app/a.ts", "\n\nenum A { B }\n")]);
    expect(found?.map(({ line }) => line)).toEqual([3]);
  });
});

describe("exceptions from house rules", () => {
  const listed = [{ rule: "file length", path: "src/app/a.ts", reason: "a table that is one idea" }];
  const about = (path: string) => ({ path, message: "too long" });

  test("an exception covers its file only", () => {
    const left = withoutExcepted("file length", [about("src/app/a.ts"), about("src/app/b.ts")], listed);
    expect(left.map(({ path }) => path)).toEqual(["src/app/b.ts"]);
  });

  test("an exception that covers nothing must go", () => {
    expect(withoutExcepted("file length", [], listed)).toEqual([
      { path: "src/app/a.ts", message: expect.stringContaining("remove it from the list") },
    ]);
  });

  test("an exception from one rule is none from another", () => {
    expect(withoutExcepted("file names", [about("src/app/a.ts")], listed)).toHaveLength(1);
  });
});
