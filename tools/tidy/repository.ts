import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Source } from "./source.ts";

const sourceBytesMax = 4 * 1024 * 1024;
const ignoredFolders = new Set([".git", "node_modules", "dist", ".prewarm", "coverage", "test-results"]);

/** Every text file that is, or would be, under version control. */
export function readRepository(root: string): readonly Source[] {
  const paths = listedByGit(root) ?? listedOnDisk(root, "");
  return paths.flatMap((file) => {
    const full = path.join(root, file);
    if (!existsSync(full) || !statSync(full).isFile() || statSync(full).size > sourceBytesMax) return [];
    const text = readFileSync(full, "utf8");
    return text.includes("\0") ? [] : [{ path: file, text }];
  });
}

function listedByGit(root: string): readonly string[] | undefined {
  const list = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  return list.status === 0 ? [...new Set(list.stdout.split("\0").filter(Boolean))] : undefined;
}

/** For a copy without history (an unpacked archive): everything but what is generated. */
function listedOnDisk(root: string, folder: string): readonly string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : listedOnDisk(root, file);
    return entry.isFile() ? [file] : [];
  });
}
