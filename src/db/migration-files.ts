import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MigrationError } from "./migration-error.ts";

const folderLevelsMax = 6;
const nameShape = /^(\d{4})_[a-z0-9]+(_[a-z0-9]+)*$/;

export interface MigrationFile {
  /** `NNNN_name`, as it is recorded in the database. */
  readonly name: string;
  readonly sql: string;
}

/** `migrations/` of this package, found from wherever the code runs: sources, `dist/`, or one bundled file. */
export function migrationsFolder(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < folderLevelsMax; level += 1) {
    const candidate = path.join(folder, "migrations");
    if (existsSync(candidate) && existsSync(path.join(folder, "package.json"))) return candidate;
    folder = path.dirname(folder);
  }
  throw new MigrationError(
    "migration_files_invalid",
    "The folder `migrations` of this installation is missing, so the database cannot be prepared. Install Prewarm again.",
  );
}

/** All migrations of a folder in the order of their numbers. */
export function readMigrationFiles(folder: string): readonly MigrationFile[] {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -".sql".length))
    .toSorted();
  const numbers = new Map<string, string>();
  return names.map((name) => {
    const number = nameShape.exec(name)?.[1];
    const other = number === undefined ? undefined : numbers.get(number);
    if (number === undefined || other !== undefined) {
      const why = other === undefined ? "is not named NNNN_words.sql" : `has the same number as ${other}.sql`;
      throw new MigrationError("migration_files_invalid", `The migration ${name}.sql in ${folder} ${why}. Rename it.`);
    }
    numbers.set(number, name);
    return { name, sql: readFileSync(path.join(folder, `${name}.sql`), "utf8") };
  });
}
