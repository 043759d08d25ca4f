// The linter itself runs here on snippets, under this repository's own configuration: a plugin that no longer loads,
// an override that no longer matches or a type-aware rule that went silent fails a test instead of passing everything.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const publishRule = "no-publish-in-transaction";
const clockRule = "no-ambient-clock";

interface Snippet {
  readonly name: string;
  readonly folder: string;
  readonly rule: string;
  readonly code: string;
  /** Words that each expected report holds, in the order of the code; empty for a snippet that is fine. */
  readonly reports: readonly string[];
}

const inTransaction = (body: string, handle = "db"): string =>
  `export const run = () => ${handle}.transaction("t", async (tx) => { ${body} });`;

const snippets: readonly Snippet[] = [
  {
    name: "publish on the outer handle",
    folder: "src/app",
    rule: publishRule,
    code: inTransaction("await db.publish(event);"),
    reports: ["tx.emit(event)"],
  },
  {
    name: "publish on anything else",
    folder: "src/app",
    rule: publishRule,
    code: inTransaction("await bus.publish(event);"),
    reports: ["tx.emit(event)"],
  },
  {
    name: "publish taken off the handle beforehand",
    folder: "src/app",
    rule: publishRule,
    code: `const { publish } = db; ${inTransaction("await publish(event);")}`,
    reports: ["tx.emit(event)"],
  },
  {
    name: "publish in a nested arrow function",
    folder: "src/controllers",
    rule: publishRule,
    code: inTransaction("const later = () => rows.forEach((row) => { hub.publish(row); }); later();"),
    reports: ["tx.emit(event)"],
  },
  {
    name: "a query on the outer handle",
    folder: "src/app",
    rule: publishRule,
    code: inTransaction("await db.query(sql);"),
    reports: ["`db` is the outer handle"],
  },
  {
    name: "the outer handle passed on",
    folder: "src/app",
    rule: publishRule,
    code: inTransaction("await audit(deps.db, tx);", "deps.db"),
    reports: ["`deps.db` is the outer handle"],
  },
  {
    name: "another handle than the one that opened the transaction",
    folder: "src/app",
    rule: publishRule,
    code: inTransaction("await deps.db.query(sql);", "store"),
    reports: ["`deps.db` is the outer handle"],
  },
  {
    name: "a field of the class as the outer handle",
    folder: "src/app",
    rule: publishRule,
    code: `export class Claims { run() { return this.store.transaction("t", async (tx) => { await this.store.query(tx); }); } }`,
    reports: ["`this.store` is the outer handle"],
  },
  {
    name: "a transaction in a transaction, whose callback is looked at once",
    folder: "src/app",
    rule: publishRule,
    code: inTransaction(`await other.transaction("u", async (inner) => { await inner.publish(event); });`),
    reports: ["second connection", "tx.emit(event)"],
  },
  {
    name: "a callback that is a function of the same file",
    folder: "src/app",
    rule: publishRule,
    code: `async function claim(tx) { await bus.publish(tx); } export const run = () => db.transaction("t", claim);`,
    reports: ["tx.emit(event)"],
  },
  {
    name: "pg_notify in a string",
    folder: "src/db",
    rule: publishRule,
    code: `export const sql = "select pg_notify('jobs', '')";`,
    reports: ["only src/bus"],
  },
  {
    name: "a notify statement in a template literal",
    folder: "src/db",
    rule: publishRule,
    code: "export const sql = (channel) => `update job set state = 'done';\n  notify ${channel}, 'x'`;",
    reports: ["only src/bus"],
  },
  {
    name: "emit and query on the transaction",
    folder: "src/app",
    rule: publishRule,
    code: inTransaction("await tx.query(sql); tx.emit(event);"),
    reports: [],
  },
  {
    name: "publish and query outside of the transaction",
    folder: "src/app",
    rule: publishRule,
    code: `export async function run() { await db.query(sql); await db.transaction("t", async (tx) => { tx.emit(event); }); await db.publish(event); }`,
    reports: [],
  },
  {
    name: "a parameter that happens to have the handle's name",
    folder: "src/app",
    rule: publishRule,
    code: `export const run = () => db.transaction("t", async (db) => { await db.query(sql); });`,
    reports: [],
  },
  {
    name: "a member and a key that happen to have the handle's name",
    folder: "src/app",
    rule: publishRule,
    code: inTransaction("await tx.query({ db: 1 }); return names.dbName;"),
    reports: [],
  },
  {
    name: "pg_notify in the bus",
    folder: "src/bus",
    rule: publishRule,
    code: `export const sql = "select pg_notify($1, $2)";`,
    reports: [],
  },
  {
    name: "a sentence with the word notify",
    folder: "src/app",
    rule: publishRule,
    code: `export const text = "notify the owner of the template, then wait";`,
    reports: [],
  },
  ...["src/domain", "src/controllers", "src/app", "src/db"].map((folder) => ({
    name: "the clock and the dice of the machine",
    folder,
    rule: clockRule,
    code: "export const all = [Date.now(), new Date(), Math.random(), performance.now()];",
    reports: ["`Date.now`", "`new Date()`", "`Math.random`", "`performance.now`"],
  })),
  {
    name: "the clock by another way",
    folder: "src/domain",
    rule: clockRule,
    code: `const { now } = Date; export const all = [now(), globalThis.Date.now, Date["now"](), Date()];`,
    reports: ["`Date.now`", "`Date.now`", "`Date.now`", "`Date()`"],
  },
  {
    name: "a date made from a value, and arithmetic",
    folder: "src/domain",
    rule: clockRule,
    code: "export const all = (clock) => [new Date(clock.now()), Math.max(1, 2), Date.UTC(2025, 1), clock.now()];",
    reports: [],
  },
  {
    name: "the machine's clock where the Clock is made",
    folder: "src/platform",
    rule: clockRule,
    code: "export const systemClock = { now: () => Date.now() };",
    reports: [],
  },
];

interface Report {
  readonly file: string;
  readonly rule: string;
  readonly message: string;
  readonly at: number;
}

interface OxlintOutput {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly message: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly offset: number } }[];
  }[];
}

/** Runs the real binary in `folder` and returns what it reports, in the order of the code. */
function lint(folder: string): readonly Report[] {
  const binary = path.join(root, "node_modules/oxlint/bin/oxlint");
  const done = spawnSync(process.execPath, [binary, "--type-aware", "--format=json", "src"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (!done.stdout.startsWith("{")) throw new Error(`oxlint did not run: ${done.stdout}${done.stderr}`);
  // The shape is oxlint's own JSON format; a change of it fails every test below.
  const output = JSON.parse(done.stdout) as OxlintOutput;
  return output.diagnostics
    .map(({ code, message, filename, labels }) => ({
      file: filename,
      rule: code.replace(/^.*\((.*)\)$/, "$1"),
      message,
      at: labels[0]?.span.offset ?? 0,
    }))
    .sort((one, other) => one.at - other.at);
}

const folder = mkdtempSync(path.join(tmpdir(), "prewarm-lint-"));
const fileOf = (snippet: Snippet): string => `${snippet.folder}/snippet-${snippets.indexOf(snippet)}.ts`;
let reports: readonly Report[] = [];

function write(name: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

beforeAll(() => {
  copyFileSync(path.join(root, ".oxlintrc.json"), path.join(folder, ".oxlintrc.json"));
  cpSync(path.join(root, "tools/lint"), path.join(folder, "tools/lint"), { recursive: true });
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  copyFileSync(path.join(root, "tsconfig.base.json"), path.join(folder, "tsconfig.base.json"));
  write("src/cli/tsconfig.json", `{ "extends": "../../tsconfig.base.json", "include": ["**/*.ts"] }`);
  write(
    "src/cli/promise.ts",
    `const later = async (): Promise<void> => {};\nexport function run(): void {\n  later();\n}\n`,
  );
  write(
    "src/cli/exhaustive.ts",
    `export function name(state: "on" | "off"): string | undefined {\n  switch (state) {\n    case "on":\n      return "on";\n  }\n  return undefined;\n}\n`,
  );
  for (const snippet of snippets) write(fileOf(snippet), `${snippet.code}\n`);
  reports = lint(folder);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function check(snippet: Snippet): void {
  const found = reports.filter((report) => report.file === fileOf(snippet) && report.rule === snippet.rule);
  const messages = found.map((report) => report.message);
  expect(messages).toEqual(snippet.reports.map((words) => expect.stringContaining(words)));
}

describe("prewarm's lint rules", () => {
  const bad = snippets.filter((snippet) => snippet.reports.length > 0);
  const good = snippets.filter((snippet) => snippet.reports.length === 0);
  test.each(bad)("$rule reports $name in $folder", check);
  test.each(good)("$rule accepts $name in $folder", check);
});

describe("type-aware rules", () => {
  test("a promise that nobody waits for is reported", () => {
    expect(reports).toContainEqual(
      expect.objectContaining({ file: "src/cli/promise.ts", rule: "no-floating-promises" }),
    );
  });

  test("a switch that forgets a case is reported", () => {
    expect(reports).toContainEqual(
      expect.objectContaining({ file: "src/cli/exhaustive.ts", rule: "switch-exhaustiveness-check" }),
    );
  });
});
