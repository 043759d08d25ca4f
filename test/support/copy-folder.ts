import { chmodSync, cpSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

/**
 * A copy of a folder, with the modes of all folders in it: some versions of Node (24.21) make those anew with the usual
 * ones, and PostgreSQL refuses a cluster that others may enter.
 */
export function copyFolder(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  const inside = readdirSync(from, { withFileTypes: true, recursive: true }).filter((entry) => entry.isDirectory());
  const folders = inside.map((entry) => path.relative(from, path.join(entry.parentPath, entry.name)));
  for (const folder of ["", ...folders]) chmodSync(path.join(to, folder), statSync(path.join(from, folder)).mode);
}
