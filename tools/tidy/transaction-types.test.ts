// Two of the four nets of the architecture, §7, with the compiler that builds the product: `Db` and `Tx` are different
// types and only `Db` publishes; `db/` cannot import `bus/`. Each is shown to hold, and to be what holds.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
/** What db and bus are compiled from. */
const rooms = ["contracts", "domain", "platform", "db", "bus"];
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-nets-"));
  for (const room of rooms) cpSync(path.join(root, "src", room), path.join(folder, "src", room), { recursive: true });
  cpSync(path.join(root, "tsconfig.base.json"), path.join(folder, "tsconfig.base.json"));
  cpSync(path.join(root, "package.json"), path.join(folder, "package.json"));
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Compiles a project and what it refers to. @returns the compiler's words, empty when it accepts everything. */
function compile(project: string): string {
  const native = path.dirname(createRequire(import.meta.url).resolve("@typescript/native/package.json"));
  const tsc = path.join(native, "bin/tsc");
  return spawnSync(process.execPath, [tsc, "-b", project], { cwd: folder, encoding: "utf8" }).stdout;
}

function write(name: string, text: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const imports = `import type { Db, Sql, Tx } from "../db/store.ts";\n`;

interface Fixture {
  readonly what: string;
  readonly code: string;
  /** What the compiler says of it. */
  readonly refusal: string;
}

const refused: readonly Fixture[] = [
  {
    what: "publishing on a transaction",
    code: `export const run = (db: Db) => db.transaction("t", async (tx) => tx.publish(["jobs"]));`,
    refusal: "Property 'publish' does not exist on type 'Tx'",
  },
  {
    what: "publishing in a snapshot",
    code: `export const run = (db: Db) => db.snapshot("s", async (sql) => sql.publish(["jobs"]));`,
    refusal: "Property 'publish' does not exist on type 'Sql'",
  },
  {
    what: "publishing on whatever one is given",
    code: `export const run = (sql: Sql): void => sql.publish(["jobs"]);`,
    refusal: "Property 'publish' does not exist on type 'Sql'",
  },
  {
    what: "a transaction where the database is wanted",
    code: `const tell = (db: Db): void => db.publish(["jobs"]);\nexport const run = (tx: Tx): void => tell(tx);`,
    refusal: "missing the following properties from type 'Db': transaction, snapshot, publish",
  },
  {
    what: "the database where a transaction is wanted",
    code: `const tell = (tx: Tx): void => tx.emit("jobs");\nexport const run = (db: Db): void => tell(db);`,
    refusal: "Property 'emit' is missing in type 'Db' but required in type 'Tx'",
  },
  {
    what: "a transaction in a transaction",
    code: `export const run = (db: Db) => db.transaction("t", async (tx) => tx.transaction("u", async () => 1));`,
    refusal: "Property 'transaction' does not exist on type 'Tx'",
  },
];

const accepted = `export async function run(db: Db): Promise<void> {
  await db.transaction("t", async (tx) => {
    tx.emit("jobs");
  });
  db.publish(["jobs"]);
}
export const read = (sql: Sql, db: Db, tx: Tx): readonly Sql[] => [sql, db, tx];
`;

describe("the types", () => {
  let words = "";
  beforeAll(() => {
    const compilerOptions = { rootDir: ".", outDir: "../../dist/fixtures", noUnusedLocals: false };
    const config = { extends: "../../tsconfig.base.json", compilerOptions };
    const references = rooms.map((room) => ({ path: `../${room}` }));
    write("src/fixtures/tsconfig.json", JSON.stringify({ ...config, include: ["*.ts"], references }));
    for (const [nth, { code }] of refused.entries()) write(`src/fixtures/refused-${nth}.ts`, `${imports}${code}\n`);
    write("src/fixtures/accepted.ts", `${imports}${accepted}`);
    words = compile("src/fixtures");
    expect(words, "the rooms themselves compile").not.toMatch(/^src\/(?!fixtures)/m);
  });

  test.each(refused.map((fixture, nth) => ({ ...fixture, nth })))("refuse $what", ({ nth, refusal }) => {
    const mine = words.split("\n").filter((line) => line.includes(`refused-${nth}.ts`));
    expect(mine.join("\n")).toContain(refusal);
  });

  test("accept emitting in a transaction, publishing outside of it, and queries everywhere", () => {
    expect(words).not.toContain("accepted.ts");
  });
});

describe("the import ban", () => {
  const offender = "src/db/agents/tells.ts";
  const code = `import { MemoryBus } from "../../bus/memory-bus.ts";\nexport const tell = (): void => new MemoryBus().publish(["jobs"]);\n`;

  test("db compiles without bus, does not compile with an import of it, and would if it referred to it", () => {
    expect(compile("src/db")).toBe("");
    write(offender, code);
    expect(compile("src/db")).toContain("bus/memory-bus.ts");
    // So it is the missing reference that refuses it, and nothing else.
    const config = path.join(folder, "src/db/tsconfig.json");
    const text = readFileSync(config, "utf8");
    writeFileSync(config, text.replace('"references": [', '"references": [{ "path": "../bus" },'));
    expect(compile("src/db")).toBe("");
  });
});
